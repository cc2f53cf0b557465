//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ended is how a process ended.
type ended struct {
	code   int
	signal unix.Signal // 0: none
}

// reap waits for the child pid and, since they keep it from ending, for its
// traced threads. ok is false if somebody else was faster.
func reap(pid int) (e ended, ok bool) {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return ended{}, false
		case got == pid && status.Exited():
			return ended{code: status.ExitStatus()}, true
		case got == pid && status.Signaled():
			return ended{signal: status.Signal()}, true
		}
	}
}

// endLike makes this process end as e says; the exit code that it returns is
// for the case that it goes on. A signal's action must be the kernel's default:
// Go's runtime would write a trace.
func endLike(e ended) (code int) {
	if e.signal == 0 {
		return e.code
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) // the app's core is the one that counts
	// A struct sigaction of zeros (SIG_DFL, no flags, no mask) on every
	// architecture, which is at most 32 bytes long; sigset_t has 8.
	var dfl [32]byte
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(e.signal), uintptr(unsafe.Pointer(&dfl)), 0, 8, 0, 0)
	runtime.LockOSThread() // a signal to the own thread comes before the call returns
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), e.signal)
	return 128 + int(e.signal)
}

// hasEnded reports whether the process is gone or a zombie. One whose first
// thread alone has ended would be taken for that: Go's never does.
func hasEnded(pid int) bool {
	switch stateOf(pid) {
	case 0, 'Z', 'X':
		return true
	}
	return false
}

// stateOf returns the state of the process, proc_pid_stat(5); 0 if it is gone.
func stateOf(pid int) byte {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	return stat[bytes.LastIndexByte(stat, ')')+2] // the program's name may have parentheses
}

// pending reports whether the signal is pending for the process or one of its
// threads: proc_pid_status(5).
func pending(pid int, sig unix.Signal) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for line := range bytes.Lines(text) {
			name, value, _ := bytes.Cut(line, []byte{':'})
			if string(name) != "SigPnd" && string(name) != "ShdPnd" {
				continue
			}
			mask, _ := strconv.ParseUint(string(bytes.TrimSpace(value)), 16, 64)
			if mask&(1<<(sig-1)) != 0 {
				return true
			}
		}
	}
	return false
}
