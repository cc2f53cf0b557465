package build

import (
	"os/exec"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"
)

// tree is a command with its descendants: a job object. It ends with its last
// handle, so that nothing outlives hotdev; what a [build] command leaves behind
// ends with the command as well.
type tree struct {
	cmd    *exec.Cmd
	job    windows.Handle
	killed atomic.Bool
}

func newTree(cmd *exec.Cmd) (*tree, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		_ = windows.CloseHandle(job)
		return nil, err
	}
	return &tree{cmd: cmd, job: job}, nil
}

// started puts the command into the job, before it has children. Where that is
// refused, only the command itself is killed.
func (t *tree) started() {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(t.cmd.Process.Pid))
	if err != nil {
		return // it has ended
	}
	defer windows.CloseHandle(process)
	_ = windows.AssignProcessToJobObject(t.job, process)
}

// kill kills the job. The command itself is killed too: it may not be in it yet.
func (t *tree) kill() error {
	t.killed.Store(true)
	err := t.cmd.Process.Kill()
	if jobErr := windows.TerminateJobObject(t.job, 1); jobErr != nil {
		return jobErr
	}
	return err
}

// waitGone has nothing to wait for: only the command itself, which has ended,
// writes executables, and one that is still open makes its slot be passed over.
func (t *tree) waitGone() {}

func (t *tree) close() { _ = windows.CloseHandle(t.job) }

// lowPriority does nothing: no command gives way on Windows.
func lowPriority(*exec.Cmd) {}
