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
	if err := traceChild(o.Exe); err != nil {
		return []Finding{{"ptrace", Warn, fmt.Sprintf("processes can't be traced, so debugging will not work: %v (%s)", err, scope),
			"sudo sysctl kernel.yama.ptrace_scope=0; in a container add the capability SYS_PTRACE"}}
	}
	child := Finding{"ptrace", OK, "a debugger can start the app (" + scope + ")", ""}
	if err := attachToOther(ctx, o.Exe); err != nil {
		return []Finding{child, {"attach", Warn, fmt.Sprintf("a debugger can't join an app that runs: %v (%s)", err, scope),
			`sudo sysctl kernel.yama.ptrace_scope=0, in a container add the capability SYS_PTRACE; or set [debug] mode = "always" in hotdev.toml, to start the app in the debugger`}}
	}
	return []Finding{child, {"attach", OK, "a debugger can join an app that runs", ""}}
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

// attachToOther lets one child attach to another, which is no child of its own.
func attachToOther(ctx context.Context, exe string) error {
	ctx, cancel := context.WithTimeout(ctx, attachTime)
	defer cancel()
	other := exec.CommandContext(ctx, exe, helperArg, "wait")
	end, err := other.StdinPipe()
	if err != nil {
		return err
	}
	if err := other.Start(); err != nil {
		return errors.Join(err, end.Close())
	}
	_, err = exec.CommandContext(ctx, exe, helperArg, "attach", strconv.Itoa(other.Process.Pid)).Output()
	if err != nil {
		err = errors.New(reason(err))
	}
	return errors.Join(err, end.Close(), other.Wait())
}

// attach traces a process (ptrace(2), PTRACE_SEIZE), which goes on when this one
// ends.
func attach(pid int) error {
	runtime.LockOSThread()
	return os.NewSyscallError("ptrace", unix.PtraceSeize(pid))
}
