package run_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pidfd opens a descriptor of the living process pid. What is seen through it
// is that process, even if the number is used again.
func pidfd(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	t.Cleanup(func() {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // in case the test failed
		unix.Close(fd)
	})
	return fd
}

// ends reports whether the process of the descriptor has ended or does within
// the time.
func ends(t *testing.T, fd int, within time.Duration) bool {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(max(time.Until(deadline), 0)/time.Millisecond))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return n > 0
	}
}

// marked returns the living processes whose environment holds the entry.
func marked(t *testing.T, entry string) (pids []int) {
	t.Helper()
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		var pid int
		if _, err := fmt.Sscan(d.Name(), &pid); err != nil {
			continue
		}
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err == nil && bytes.Contains(env, []byte(entry)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestWholeTreeEndsWithTheMainProcess(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []string // print the pid of one process of the tree that ignores SIGTERM
	}{
		{"child", []string{"child", "ignore-term", "print-pid", "block"}},
		{"session of its own, parent gone", []string{"daemon", "ignore-term", "print-pid", "block"}},
		{"session of its own, no marker", []string{"blank-child", "ignore-term", "print-pid", "block"}},
	} {
		t.Run(tt.name+"/stop", func(t *testing.T) {
			out := newLines()
			p := start(t, newRunner(t), spec(t, out, tt.steps...))
			fd := pidfd(t, out.pid(t))
			if exit := p.Stop(t.Context()); exit.Signal != "terminated" || exit.Killed {
				t.Errorf("exit = %+v, want terminated", exit)
			}
			if !ends(t, fd, 0) {
				t.Error("Stop returned while a process of the tree lived")
			}
		})
		t.Run(tt.name+"/kill", func(t *testing.T) {
			out := newLines()
			s := spec(t, out, append([]string{"ignore-term"}, tt.steps...)...)
			s.StopTimeout = 0
			p := start(t, newRunner(t), s)
			fd := pidfd(t, out.pid(t))
			p.Stop(t.Context())
			if !ends(t, fd, 0) {
				t.Error("Stop returned while a process of the tree lived")
			}
		})
	}
}

func TestWholeTreeEndsWithACrash(t *testing.T) {
	out := newLines()
	s := spec(t, out, "and", "print-pid", "daemon", "print-pid", "block", "end", "read-line", "panic")
	s.Stderr = nil
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s.Stdin = in
	p := start(t, newRunner(t), s)
	child, daemon := pidfd(t, out.pid(t)), pidfd(t, out.pid(t))
	feed.Close() // now it panics
	wait(t, p.Exited(), "Exited does not wait for a child that holds the output open")
	if exit := p.Exit(); exit.Code != 2 || exit.Stopped {
		t.Errorf("exit = %+v, want code 2, not stopped", exit)
	}
	if !ends(t, child, 0) || !ends(t, daemon, 0) {
		t.Error("the app exited while a process of its tree lived")
	}
}

func TestOtherVersionsTreeLivesOn(t *testing.T) {
	r := newRunner(t)
	out1, out2 := newLines(), newLines()
	steps := []string{"daemon", "print-pid", "block"}
	first := start(t, r, spec(t, out1, steps...))
	second := start(t, r, spec(t, out2, steps...))
	fd1, fd2 := pidfd(t, out1.pid(t)), pidfd(t, out2.pid(t))
	first.Stop(t.Context())
	if !ends(t, fd1, 0) {
		t.Error("the first version's daemon lives")
	}
	if ends(t, fd2, 0) {
		t.Error("the second version's daemon was ended with the first")
	}
	stillOpen(t, second.Exited(), "the second version was ended with the first")
}

// TestEscapedProcessDoesNotHoldExited uses the one kind of process that a tree
// does not know, unless the tree was looked at before it had escaped: then it
// is tried again.
func TestEscapedProcessDoesNotHoldExited(t *testing.T) {
	for range 10 {
		if escapes(t) {
			return
		}
	}
	t.Error("no process escaped: the test shows nothing")
}

// escapes runs an app that leaves an escaped process behind, and reports
// whether that outlived it.
func escapes(t *testing.T) bool {
	out := newLines()
	s := spec(t, out, "and", "lost-daemon", "print-pid", "block", "end", "read-line", "exit", "0")
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s.Stdin = in
	p := start(t, newRunner(t), s)
	fd := pidfd(t, out.pid(t))
	feed.Close()
	wait(t, p.Exited(), "the app ends while an escaped process holds its output open")
	return !ends(t, fd, 0)
}
