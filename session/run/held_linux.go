package run

import (
	"fmt"
	"os"
	"syscall"
)

// stopAtEntry makes a process stop at its exec, traced by the thread that starts it:
// PTRACE_TRACEME, ptrace(2).
func stopAtEntry(attr *syscall.SysProcAttr) { attr.Ptrace = true }

// hold lets go of a process that stopAtEntry has stopped, and leaves it stopped.
// It is to be called by the thread that has started it.
func hold(pid int) error {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &status, syscall.WALL, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("wait4", err)
		case !status.Stopped():
			return fmt.Errorf("process %d has ended before it had begun", pid)
		}
		break
	}
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, syscall.PTRACE_DETACH, uintptr(pid), 0, uintptr(syscall.SIGSTOP), 0, 0)
	if errno != 0 {
		return fmt.Errorf("holding process %d at its entry: %w", pid, errno)
	}
	return nil
}
