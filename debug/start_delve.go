//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of two waits for what nothing tells of.
const (
	busyEvery = 5 * time.Millisecond   // between tries of an executable that is open for writing
	busyTime  = time.Second            // for all of them
	stopEvery = 100 * time.Microsecond // between looks whether a process stands
	stopTime  = 100 * time.Millisecond // for all of them
)

// startStopped starts a program that SIGSTOP stops before it has run.
func startStopped(args []string, streams [3]*os.File) (pid int, err error) {
	if pid, err = startChild(args, streams, true); err != nil {
		return 0, err
	}
	if err := waitStopped(pid, unix.WALL); err != nil {
		return 0, err
	}
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_DETACH, uintptr(pid), 0, uintptr(unix.SIGSTOP), 0, 0); errno != 0 {
		return 0, fmt.Errorf("stopping process %d at its entry: %w", pid, errno)
	}
	return pid, waitStopped(pid, unix.WUNTRACED)
}

// start starts a program.
func start(args []string, streams [3]*os.File) (pid int, err error) {
	return startChild(args, streams, false)
}

// startChild starts a program as a child that this thread traces if traced is
// true. The goroutine stays on the thread for good: the child is killed when
// that ends. ETXTBSY is tried again: the linker may not have closed the
// executable yet (go.dev/issue/22315).
func startChild(args []string, streams [3]*os.File, traced bool) (pid int, err error) {
	runtime.LockOSThread()
	retry := time.NewTicker(busyEvery)
	defer retry.Stop()
	for giveUp := time.Now().Add(busyTime); ; <-retry.C {
		cmd := &exec.Cmd{
			Path:   args[0],
			Args:   args,
			Stdin:  streams[0],
			Stdout: streams[1],
			Stderr: streams[2],
			SysProcAttr: &syscall.SysProcAttr{
				Ptrace:    traced,
				Setpgid:   true,
				Pdeathsig: syscall.SIGKILL,
			},
		}
		err := cmd.Start()
		if err == nil {
			return cmd.Process.Pid, nil
		}
		if !errors.Is(err, unix.ETXTBSY) || time.Now().After(giveUp) {
			return 0, err
		}
	}
}

// waitStopped waits until the child has stopped.
func waitStopped(pid, options int) error {
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(pid, &status, options, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return fmt.Errorf("waiting for process %d: %w", pid, err)
		case status.Stopped():
			return nil
		default:
			return fmt.Errorf("process %d ended before it had begun", pid)
		}
	}
}

// stop stops a process that is no child; that takes as long as its threads need
// to come back to the kernel.
func stop(pid int) {
	if unix.Kill(pid, unix.SIGSTOP) != nil {
		return // Delve will say why
	}
	tick := time.NewTicker(stopEvery)
	defer tick.Stop()
	for giveUp := time.Now().Add(stopTime); stateOf(pid) != 'T' && time.Now().Before(giveUp); {
		<-tick.C
	}
}

// warm reads the program of the process, so that it need not stand still while
// Delve reads debug information from the disk.
func warm(pid int) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return // Delve will say it better
	}
	defer f.Close()
	_, _ = io.Copy(io.Discard, f)
}
