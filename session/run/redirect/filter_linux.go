//go:build amd64 || arm64

package redirect

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// install puts the filter on the calling thread and returns the notification
// descriptor. It asks for no_new_privs only where the kernel does not allow a
// filter without.
func install() (int, error) {
	raw, err := bpf.Assemble(filter())
	if err != nil {
		return -1, fmt.Errorf("assembling the filter: %w", err)
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	try := func(flags uintptr) (int, unix.Errno) {
		fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
			unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|flags, uintptr(unsafe.Pointer(&program)))
		return int(fd), errno
	}
	// A killable wait keeps Go's preemption signals from interrupting a bind
	// that is being answered (Linux 5.19); serve copes without it.
	flags := uintptr(unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
	fd, errno := try(flags)
	if errno == unix.EINVAL {
		flags = 0
		fd, errno = try(flags)
	}
	if errno == unix.EACCES {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return -1, fmt.Errorf("setting no_new_privs: %w", err)
		}
		fd, errno = try(flags)
	}
	runtime.KeepAlive(code)
	if errno != 0 {
		return -1, os.NewSyscallError("seccomp", errno)
	}
	return fd, nil
}

// filter notifies of bind and listen and allows everything else. A call of a foreign
// architecture (32-bit code on a 64-bit kernel) has other numbers and passes.
func filter() []bpf.Instruction {
	const numberOffset, archOffset = 0, 4 // in struct seccomp_data
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: archOffset, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipFalse: 4},
		bpf.LoadAbsolute{Off: numberOffset, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_BIND, SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_LISTEN, SkipFalse: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_USER_NOTIF},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
	}
}
