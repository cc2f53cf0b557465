package run_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHeld holds that an app that is to be held has not run an instruction of its
// own, is traced by nobody, and goes on, or ends, as any other.
func TestHeld(t *testing.T) {
	t.Run("goes on", func(t *testing.T) {
		var out bytes.Buffer
		s := spec(t, &out, "print", "hello", "exit", "3")
		s.Held = true
		p := start(t, newRunner(t), s)
		awaitHeld(t, p.PID())
		if err := syscall.Kill(p.PID(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		wait(t, p.Exited(), "the app ends")
		if exit := p.Exit(); exit.Code != 3 || out.String() != "hello\n" {
			t.Errorf("exit %+v after the output %q", exit, out.String())
		}
	})
	t.Run("is stopped", func(t *testing.T) {
		var out bytes.Buffer
		s := spec(t, &out, "print", "hello", "block")
		s.Held = true
		p := start(t, newRunner(t), s)
		awaitHeld(t, p.PID())
		if exit := p.Stop(t.Context()); exit.Signal == "" || exit.Killed || out.Len() > 0 {
			t.Errorf("exit %+v after the output %q, want one by SIGTERM, at once", exit, out.String())
		}
	})
}

// awaitHeld waits until a process is stopped by a signal, not by a tracer.
func awaitHeld(t *testing.T, pid int) {
	t.Helper()
	awaitState(t, pid, "T (stopped)")
}

// awaitZombie waits until a process has ended that nobody has waited for.
func awaitZombie(t *testing.T, pid int) {
	t.Helper()
	awaitState(t, pid, "Z (zombie)")
}

func awaitState(t *testing.T, pid int, state string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(status), "\nState:\t"+state+"\n") && strings.Contains(string(status), "\nTracerPid:\t0\n") {
			return
		}
		<-tick.C
	}
	t.Fatalf("process %d is not in the state %s", pid, state)
}
