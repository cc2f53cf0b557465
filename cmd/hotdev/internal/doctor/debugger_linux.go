package doctor

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// yama is the policy for ptrace (the kernel's Documentation, LSM/Yama).
const yama = "/proc/sys/kernel/yama/ptrace_scope"

// debugger checks that a child process can be traced, which debugging needs.
func debugger() Finding {
	scope := "no Yama"
	if data, err := os.ReadFile(yama); err == nil {
		scope = "Yama's ptrace_scope " + strings.TrimSpace(string(data))
	}
	if err := tryTrace(); err != nil {
		return Finding{"ptrace", Warn, fmt.Sprintf("processes can't be traced, so debugging will not work: %v (%s)", err, scope),
			"sudo sysctl kernel.yama.ptrace_scope=1; in a container add the capability SYS_PTRACE"}
	}
	return Finding{"ptrace", OK, "child processes can be traced (" + scope + ")", ""}
}

// tryTrace starts a child that lets itself be traced (ptrace(2),
// PTRACE_TRACEME) and ends it at its first stop. Such a child belongs to the
// thread that started it.
func tryTrace() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command(exe, "version")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	_, err = cmd.Process.Wait()
	return err
}
