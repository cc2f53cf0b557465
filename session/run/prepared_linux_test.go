//go:build amd64 || arm64

package run_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

// waiting is an app that was prepared, seen from outside.
type waiting struct {
	letGo func()
	pid   int
	fd    int // of the process
	end   context.CancelFunc
}

// prepare lets an app of s wait, and makes sure that it does.
func prepare(t *testing.T, r *run.Runner, s target.Spec) waiting {
	t.Helper()
	const key = "TEST_PREPARED="
	before := marked(t, key+t.Name())
	ctx, end := context.WithCancel(t.Context())
	letGo, err := r.Prepare(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	now := slices.DeleteFunc(marked(t, key+t.Name()), func(pid int) bool { return slices.Contains(before, pid) })
	if len(now) != 1 {
		t.Fatalf("%v wait", now)
	}
	awaitHeld(t, now[0])
	return waiting{letGo: letGo, pid: now[0], fd: pidfd(t, now[0]), end: end}
}

// preparedSpec is a spec whose processes prepare finds.
func preparedSpec(t *testing.T, out io.Writer, steps ...string) target.Spec {
	s := spec(t, out, steps...)
	s.Env = append(s.Env, "TEST_PREPARED="+t.Name())
	s.Binary.BuildID = "app"
	return s
}

// anew returns s for one more process.
func anew(s target.Spec, out io.Writer) target.Spec {
	s.Stdout = out
	return s
}

// TestPrepared holds that a Start takes the process that waits, which then is as any
// other, whether it was let go before or not.
func TestPrepared(t *testing.T) {
	for _, early := range []bool{false, true} {
		r := newRunner(t)
		s := preparedSpec(t, io.Discard, "print-pid", "read-line", "print-err", "something else", "listen-on", "tcp", "127.0.0.1:1234", "read-line", "exit", "3")
		s.Stdin, s.Stderr, s.Ports = new(bytes.Buffer), new(bytes.Buffer), &target.Ports{}
		w := prepare(t, r, s)
		if early {
			w.letGo()
			w.letGo()
		}
		out, errors, door := newLines(), newLines(), &front{}
		in, feed := io.Pipe()
		s = anew(s, out)
		s.Stdin, s.Stderr, s.Ports = in, errors, door.ports()
		p := start(t, r, s)
		w.letGo() // it is too late
		w.end()   // and so is this
		if pid := out.pid(t); pid != w.pid || p.PID() != pid {
			t.Errorf("process %d is called %d; %d waited", pid, p.PID(), w.pid)
		}
		io.WriteString(feed, "\n")
		errors.next(t, "something else")
		waitReady(t, p)
		claims, bound := door.told()
		if got := p.Listeners(); len(got) != 1 || got[0].Asked != "127.0.0.1:1234" || !slices.Equal(got, bound) || len(claims) != 1 {
			t.Errorf("listeners %v, bound %v, claims %v", got, bound, claims)
		}
		io.WriteString(feed, "\n")
		feed.Close()
		wait(t, p.Exited(), "the app ends")
		if exit := p.Exit(); exit.Code != 3 || exit.Stopped {
			t.Errorf("exit %+v", exit)
		}
	}
}

// TestPreparedIsWarm holds that a process that waits has its executable mapped, which
// one that was only stopped has not.
func TestPreparedIsWarm(t *testing.T) {
	r := newRunner(t)
	s := preparedSpec(t, io.Discard, "block")
	mapped := func(pid int) (kilobytes int) {
		t.Helper()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "\nRssFile:")
		if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
			t.Fatal(err)
		}
		return kilobytes
	}
	held := s
	held.Held, held.Binary.BuildID = true, ""
	cold, warm := mapped(start(t, r, held).PID()), mapped(prepare(t, r, s).pid)
	if warm < 4*cold {
		t.Errorf("%d kB are mapped, %d of one that is only held", warm, cold)
	}
}

// TestPreparedForADebugger holds that an app that is to be held is taken as it waits,
// but not if it was let go.
func TestPreparedForADebugger(t *testing.T) {
	r := newRunner(t)
	s := preparedSpec(t, io.Discard, "print", "hello", "exit", "0")
	for _, early := range []bool{false, true} {
		w := prepare(t, r, s)
		if early {
			w.letGo()
		}
		var out bytes.Buffer
		held := anew(s, &out)
		held.Held = true
		p := start(t, r, held)
		if (p.PID() == w.pid) == early {
			t.Errorf("let go %v: %d waited, %d was started", early, w.pid, p.PID())
		}
		awaitHeld(t, p.PID())
		if err := syscall.Kill(p.PID(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		wait(t, p.Exited(), "the app ends")
		if out.String() != "hello\n" {
			t.Errorf("the app printed %q", out.String())
		}
	}
}

// TestPreparedInVain holds that a process that waits ends, without an instruction of
// its own, when it is of no use any more, and that a Start then makes another one.
func TestPreparedInVain(t *testing.T) {
	dir := t.TempDir()
	copied := filepath.Join(dir, "app")
	place := filepath.Join(dir, "place")
	renew := func() {
		t.Helper()
		for _, err := range []error{os.RemoveAll(copied), os.RemoveAll(place), exec.Command("cp", exe(t), copied).Run(), os.Mkdir(place, 0o700)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, change := range map[string]func(s *target.Spec, w waiting){
		"another program":          func(s *target.Spec, _ waiting) { s.Binary.BuildID = "other" },
		"another path":             func(s *target.Spec, _ waiting) { s.Binary.Path = exe(t) },
		"other arguments":          func(s *target.Spec, _ waiting) { s.Args = append(slices.Clone(s.Args), "more") },
		"another environment":      func(s *target.Spec, _ waiting) { s.Env = append(slices.Clone(s.Env), "MORE=1") },
		"another directory":        func(s *target.Spec, _ waiting) { s.Dir = dir },
		"one output":               func(s *target.Spec, _ waiting) { s.Stderr = s.Stdout },
		"no input":                 func(s *target.Spec, _ waiting) { s.Stdin = nil },
		"ports":                    func(s *target.Spec, _ waiting) { s.Ports = (&front{}).ports() },
		"the executable is new":    func(*target.Spec, waiting) { renew() },
		"the directory is new":     func(*target.Spec, waiting) { os.Remove(place); os.Mkdir(place, 0o700) },
		"the context ended":        func(_ *target.Spec, w waiting) { w.end() },
		"somebody killed it":       func(_ *target.Spec, w waiting) { syscall.Kill(w.pid, syscall.SIGKILL) },
		"somebody has let it live": func(_ *target.Spec, w waiting) { syscall.Kill(w.pid, syscall.SIGCONT); ends(t, w.fd, 20*time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			renew()
			r := newRunner(t)
			s := preparedSpec(t, io.Discard, "print", "hello", "exit", "0")
			s.Binary, s.Dir, s.Stdin, s.Stderr = target.Binary{Path: copied, BuildID: "one"}, place, new(bytes.Buffer), new(bytes.Buffer)
			w := prepare(t, r, s)
			var out, errors bytes.Buffer
			s = anew(s, &out)
			s.Stdin, s.Stderr = strings.NewReader(""), &errors
			change(&s, w)
			p := start(t, r, s)
			wait(t, p.Exited(), "the app ends")
			if p.PID() == w.pid || out.String() != "hello\n" || errors.Len() > 0 {
				t.Errorf("process %d, where %d waited, printed %q and %q", p.PID(), w.pid, out.String(), errors.String())
			}
			if !ends(t, w.fd, 20*time.Second) {
				t.Error("the process waits on")
			}
		})
	}
	for name, end := range map[string]func(r *run.Runner, s target.Spec, w waiting){
		"its context ends": func(_ *run.Runner, _ target.Spec, w waiting) { w.end() },
		"another one":      func(r *run.Runner, s target.Spec, _ waiting) { prepare(t, r, s) },
		"the runner closes": func(r *run.Runner, _ target.Spec, _ waiting) {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := os.Create(filepath.Join(t.TempDir(), "output"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			r := newRunner(t)
			s := preparedSpec(t, out, "print", "hello", "daemon", "block")
			w := prepare(t, r, s)
			end(r, s, w)
			if !ends(t, w.fd, 20*time.Second) {
				t.Error("the process waits on")
			}
			if info, err := out.Stat(); err != nil || info.Size() > 0 {
				t.Errorf("it has run: %v, %v", info, err)
			}
		})
	}
}

// TestPreparedWaitsOn holds that it does when something else than the app is started.
func TestPreparedWaitsOn(t *testing.T) {
	r := newRunner(t)
	s := preparedSpec(t, io.Discard, "exit", "0")
	w := prepare(t, r, s)
	other := s
	other.Binary.BuildID = ""
	wait(t, start(t, r, other).Exited(), "the other one ends")
	if p := start(t, r, s); p.PID() != w.pid {
		t.Errorf("%d was started, %d waited", p.PID(), w.pid)
	}
}

// TestLetGoInVain holds that an app that runs, and is not started in the end, is
// asked to end, has bound no port, and leaves nothing behind.
func TestLetGoInVain(t *testing.T) {
	dir := t.TempDir()
	r := newRunner(t)
	s := preparedSpec(t, io.Discard, "print-bytes", "300000", "child", "block")
	s.Dir = dir
	w := prepare(t, r, s)
	w.letGo()
	w.end()
	if !ends(t, w.fd, 20*time.Second) {
		t.Error("the app runs on")
	}
	s = preparedSpec(t, io.Discard, "listen", "127.0.0.1:1234")
	s.Ports = &target.Ports{} // would fail if it were asked
	w = prepare(t, r, s)
	w.letGo()
	w.end()
	if !ends(t, w.fd, 20*time.Second) {
		t.Error("the app with a port runs on")
	}
	if c, err := net.Dial("tcp", "127.0.0.1:1234"); err == nil {
		c.Close()
		t.Error("its port is open")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if left := marked(t, "TEST_PREPARED="+t.Name()); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// TestPreparedEndsEarly holds that what becomes of an app before its Start is told
// after it.
func TestPreparedEndsEarly(t *testing.T) {
	r := newRunner(t)
	s := preparedSpec(t, io.Discard, "print", "hello", "exit", "4")
	w := prepare(t, r, s)
	w.letGo()
	awaitZombie(t, w.pid)
	var out bytes.Buffer
	p := start(t, r, anew(s, &out))
	wait(t, p.Exited(), "its end is told")
	if p.PID() != w.pid || p.Exit().Code != 4 || out.String() != "hello\n" {
		t.Errorf("process %d, where %d waited: %+v after %q", p.PID(), w.pid, p.Exit(), out.String())
	}
}
