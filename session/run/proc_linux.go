package run

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dieWithParent has the system kill the process when the thread that starts it
// ends: PR_SET_PDEATHSIG(2const).
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// processes returns the process table. A process that ends meanwhile may be
// missing.
func processes() ([]proc, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return nil, err
	}
	list := make([]proc, 0, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, err := lookUp(pid); err == nil {
			list = append(list, p)
		}
	}
	return list, nil
}

// lookUp returns the entry of pid.
func lookUp(pid int) (proc, error) {
	data, err := readProc(pid, "stat", 4<<10)
	if err != nil {
		return proc{}, err
	}
	return parseStat(pid, data)
}

// parseStat reads /proc/pid/stat: proc_pid_stat(5). The second field, the
// program's name, may hold anything; the last parenthesis ends it.
func parseStat(pid int, data []byte) (proc, error) {
	// Indices of the fields behind the name: those of the manual less three.
	const state, ppid, pgrp, threads, starttime = 0, 1, 2, 17, 19
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) <= starttime {
		return proc{}, fmt.Errorf("/proc/%d/stat has %d fields behind the name", pid, len(fields))
	}
	number := func(i int) uint64 {
		n, _ := strconv.ParseUint(string(fields[i]), 10, 64)
		return n
	}
	p := proc{pid: pid, ppid: int(number(ppid)), pgid: int(number(pgrp)), start: number(starttime)}
	// A first thread that has ended looks like a zombie while others run on.
	ended := fields[state][0] == 'Z' || fields[state][0] == 'X'
	p.gone = ended && number(threads) <= 1
	p.stopped = fields[state][0] == 'T'
	return p, nil
}

// carries reports whether an entry of the environment that pid was started
// with begins with marker. It is false for processes of other users.
func carries(pid int, marker string) bool {
	env, err := readProc(pid, "environ", 8<<20)
	if err != nil {
		return false
	}
	return bytes.HasPrefix(env, []byte(marker)) || bytes.Contains(env, []byte("\x00"+marker))
}

// readProc reads a file of /proc/pid up to limit bytes. It goes past package
// os, whose files ask the poller first: a scan reads hundreds.
func readProc(pid int, name string, limit int) ([]byte, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/" + name
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	data := make([]byte, 0, min(limit, 4<<10))
	for len(data) < limit {
		data = slices.Grow(data, 1)
		n, err := unix.Read(fd, data[len(data):min(cap(data), limit)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return data, nil
		}
		data = data[:len(data)+n]
	}
	return data, nil
}

// stillOurs reports whether pid, found by its number and start time, is a main
// process with the marker.
func stillOurs(pid int, marker string) bool { return carries(pid, marker) }

// killProcesses kills the processes in list that still are what they were, and
// waits until they have ended, at most for the time patience. It returns why
// some can't be killed, by pid.
func killProcesses(list []proc, patience time.Duration) (refused map[int]error) {
	refused = map[int]error{}
	var fds []unix.PollFd
	for _, p := range list {
		fd, err := unix.PidfdOpen(p.pid, 0)
		if err == unix.ESRCH {
			continue
		}
		if err == nil {
			defer unix.Close(fd)
		}
		// From here on the descriptor, not the number, names the process.
		if now, lost := lookUp(p.pid); lost != nil || now.start != p.start {
			continue
		}
		if err == nil {
			err = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
		} else { // before Linux 5.3, or forbidden by a sandbox
			fd, err = -1, unix.Kill(p.pid, unix.SIGKILL)
		}
		switch {
		case err == nil && fd >= 0:
			fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		case err != nil && err != unix.ESRCH:
			refused[p.pid] = fmt.Errorf("killing process %d: %w", p.pid, err)
		}
	}
	awaitEnds(fds, patience)
	return refused
}

// awaitEnds waits until the processes of the pid descriptors fds have ended, at
// most for the time patience. Without descriptors it waits for a moment.
func awaitEnds(fds []unix.PollFd, patience time.Duration) {
	if len(fds) == 0 {
		<-time.After(min(patience, time.Millisecond))
		return
	}
	deadline := time.Now().Add(patience)
	for len(fds) > 0 && time.Now().Before(deadline) {
		_, err := unix.Poll(fds, int(time.Until(deadline)/time.Millisecond)+1)
		if err != nil && err != unix.EINTR {
			return
		}
		fds = slices.DeleteFunc(fds, func(f unix.PollFd) bool { return f.Revents != 0 })
	}
}
