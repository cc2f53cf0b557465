package run

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// killTime bounds the wait for killed processes to be gone.
const killTime = 5 * time.Second

// tree is a job object: all processes of an app, which end with its last
// handle, this process's. Its methods may be called by several goroutines,
// release last.
type tree struct {
	job windows.Handle
}

func newTree(string) (*tree, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("making a job object: %w", err)
	}
	t := &tree{job}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info))); err != nil {
		t.release()
		return nil, fmt.Errorf("limiting the job object: %w", err)
	}
	return t, nil
}

// configure has the process start suspended, so that it can't start children
// outside of the job, and in a console group of its own, for terminate.
func (t *tree) configure(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_SUSPENDED,
	}
}

// adopt puts the suspended main process into the job and lets it run.
func (t *tree) adopt(main *os.Process) error {
	var assignErr error
	if err := main.WithHandle(func(handle uintptr) {
		assignErr = windows.AssignProcessToJobObject(t.job, windows.Handle(handle))
	}); err != nil {
		return fmt.Errorf("finding the new process %d: %w", main.Pid, err)
	}
	if assignErr != nil {
		return fmt.Errorf("putting process %d into its job object: %w", main.Pid, assignErr)
	}
	if err := resume(uint32(main.Pid)); err != nil {
		return fmt.Errorf("resuming process %d: %w", main.Pid, err)
	}
	return nil
}

// resume resumes the only thread of the suspended process pid.
func resume(pid uint32) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(snapshot, &entry); err == nil; err = windows.Thread32Next(snapshot, &entry) {
		if entry.OwnerProcessID != pid {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return err
		}
		defer windows.CloseHandle(thread)
		_, err = windows.ResumeThread(thread)
		return err
	}
	return err
}

// terminate asks the main process to end. Without a console there is no way to.
func (t *tree) terminate(main *os.Process) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(main.Pid))
}

// kill kills the tree and waits until nothing of it is left.
func (t *tree) kill() error {
	if err := windows.TerminateJobObject(t.job, 1); err != nil {
		return fmt.Errorf("ending the job object: %w", err)
	}
	for deadline := time.Now().Add(killTime); ; {
		n, err := t.active()
		switch {
		case err != nil:
			return err
		case n == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%d processes do not end", n)
		}
		<-time.After(time.Millisecond) // the count is nothing that can be waited for
	}
}

// active returns how many processes of the job have not ended.
func (t *tree) active() (uint32, error) {
	var info struct { // JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
		TotalUserTime, TotalKernelTime, ThisPeriodTotalUserTime, ThisPeriodTotalKernelTime int64

		TotalPageFaultCount, TotalProcesses, ActiveProcesses, TotalTerminatedProcesses uint32
	}
	err := windows.QueryInformationJobObject(t.job, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	if err != nil {
		return 0, fmt.Errorf("asking the job object: %w", err)
	}
	return info.ActiveProcesses, nil
}

// release gives back the job object.
func (t *tree) release() { _ = windows.CloseHandle(t.job) }
