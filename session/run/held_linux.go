package run

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// canHold tells that a process can be made to wait at its entry.
const canHold = true

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

// letGo lets a process run that hold has left stopped.
func letGo(pid int) error { return os.NewSyscallError("kill", syscall.Kill(pid, syscall.SIGCONT)) }

// executable returns what the system calls the executable of a process; "" if the
// process has ended.
func executable(pid int) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return path
}

// waits reports whether a process that hold has left stopped is so still, is of an
// executable that is still there, by the name exe, and works in what dir is now; ""
// is where this process works.
func waits(pid int, exe, dir string) bool {
	if p, err := lookUp(pid); err != nil || !p.stopped {
		return false
	}
	is, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	wanted, err := os.Stat(cmp.Or(dir, "."))
	return err == nil && os.SameFile(is, wanted) && executable(pid) == exe
}

// pageTouch is how far apart the reads of a mapping are that bring in all of it: the
// kernel maps the pages around one that is read (fault_around_bytes).
const pageTouch = 64 << 10

// warm has the kernel map what the executable of a process that hold has left stopped
// consists of, which the process would otherwise have to wait for page by page: to
// read another process's memory (process_vm_readv(2)) brings in its pages, and to
// write there what was read gives it copies of those that it will write to.
func warm(pid int) {
	maps, err := readProc(pid, "maps", 64<<10)
	if err != nil {
		return
	}
	var read, written []unix.RemoteIovec
	for line := range strings.Lines(string(maps)) { // proc_pid_maps(5)
		var from, to uintptr
		var perms, file string
		if n, _ := fmt.Sscanf(line, "%x-%x %s %s %s %s %s", &from, &to, &perms, new(string), new(string), new(string), &file); n < 7 || file[0] != '/' {
			continue
		}
		switch perms {
		case "r--p", "r-xp":
			for ; from < to; from += pageTouch {
				read = append(read, unix.RemoteIovec{Base: from, Len: 1})
			}
		case "rw-p":
			for ; from < to; from += uintptr(os.Getpagesize()) {
				written = append(written, unix.RemoteIovec{Base: from, Len: 1})
			}
		}
	}
	touch(pid, read, false)
	touch(pid, written, true)
}

// touch reads bytes of a process, and writes them back if write is set, until one
// can't be read.
func touch(pid int, at []unix.RemoteIovec, write bool) {
	const most = 1024 // IOV_MAX
	var buf [most]byte
	for some := range slices.Chunk(at, most) {
		local := []unix.Iovec{{Base: &buf[0]}}
		local[0].SetLen(len(some))
		if n, err := unix.ProcessVMReadv(pid, local, some, 0); err != nil || n < len(some) {
			return
		}
		if write {
			_, _ = unix.ProcessVMWritev(pid, local, some, 0)
		}
	}
}
