package debug

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// onlyParents reports whether only an ancestor may attach to a process:
// kernel.org/doc/Documentation/admin-guide/LSM/Yama.rst, ptrace_scope 1.
func onlyParents() bool {
	scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	return err == nil && bytes.HasPrefix(scope, []byte("1")) && !mayTraceAll()
}

// mayTraceAll reports whether this process has CAP_SYS_PTRACE in effect.
func mayTraceAll() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // capabilities 0–31 and 32–63
	err := unix.Capget(&header, &data[0])
	return err == nil && data[0].Effective&(1<<unix.CAP_SYS_PTRACE) != 0
}
