package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// yama is the policy for ptrace (the kernel's Documentation, LSM/Yama).
const yama = "/proc/sys/kernel/yama/ptrace_scope"

// attachTime bounds the try to attach to a process.
const attachTime = 10 * time.Second

// debugger checks that a debugger can start the app, and join one that runs.
func debugger(ctx context.Context, o Options) []Finding {
	scope := "no Yama"
	if data, err := os.ReadFile(yama); err == nil {
		scope = "Yama's ptrace_scope is " + strings.TrimSpace(string(data))
	}
	err := traceChild(o.Exe)
	if err == nil {
		err = attachToChild(ctx, o.Exe)
	}
	if err != nil {
		return []Finding{{"ptrace", Warn, fmt.Sprintf("child processes can't be traced, so debugging will not work: %v (%s)", err, scope),
			"sudo sysctl kernel.yama.ptrace_scope=1; in a container add the capability SYS_PTRACE"}}
	}
	child := Finding{"ptrace", OK, "a debugger can start the app (" + scope + ")", ""}
	other := Finding{"attach", OK, "a debugger can join an app that runs", ""}
	if err := attachToOther(ctx, o.Exe); err != nil {
		other.Message += fmt.Sprintf(", but only as its parent, so hotdev starts every app below one (another process: %v)", err)
	}
	return []Finding{child, other}
}

// traceChild starts a child that lets itself be traced (ptrace(2),
// PTRACE_TRACEME) and ends it at its first stop. Such a child belongs to the
// thread that started it.
func traceChild(exe string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(exe, helperArg, "wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	_, err := cmd.Process.Wait()
	return err
}

// attachToChild attaches to a child that runs already.
func attachToChild(ctx context.Context, exe string) error {
	return beside(ctx, exe, func(pid int) error {
		// The thread that traces it ends with this goroutine, which lets it go.
		tried := make(chan error)
		go func() { tried <- attach(pid) }()
		return <-tried
	})
}

// attachToOther lets one child attach to another, which is no child of its own.
func attachToOther(ctx context.Context, exe string) error {
	return beside(ctx, exe, func(pid int) error {
		if _, err := exec.CommandContext(ctx, exe, helperArg, "attach", strconv.Itoa(pid)).Output(); err != nil {
			return errors.New(reason(err))
		}
		return nil
	})
}

// beside does f while a child with the given process ID waits.
func beside(ctx context.Context, exe string, f func(pid int) error) error {
	ctx, cancel := context.WithTimeout(ctx, attachTime)
	defer cancel()
	child := exec.CommandContext(ctx, exe, helperArg, "wait")
	end, err := child.StdinPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return errors.Join(err, end.Close())
	}
	err = f(child.Process.Pid)
	return errors.Join(err, end.Close(), child.Wait())
}

// attach traces a process (ptrace(2), PTRACE_SEIZE) for as long as this thread
// lives, which is no longer than the calling goroutine.
func attach(pid int) error {
	runtime.LockOSThread()
	return os.NewSyscallError("ptrace", unix.PtraceSeize(pid))
}
