//go:build unix

package run_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

func TestAppGetsWhatTheSpecSays(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	s := spec(t, &out, "print-dir", "print-env", "PWD", "print-env", "GREETING", "print", "an argument", "print-err", "to stderr")
	s.Dir = dir
	s.Env = append(s.Env, "GREETING=first", "GREETING=last")
	s.Stderr = &errOut
	p := start(t, newRunner(t), s)
	wait(t, p.Exited(), "the app ends")
	if got, want := out.String(), dir+" <nil>\n"+dir+"\nlast\nan argument\n"; got != want {
		t.Errorf("stdout = %q, want %q", got, want)
	}
	if got, want := errOut.String(), "to stderr\n"; got != want {
		t.Errorf("stderr = %q, want %q", got, want)
	}
}

func TestPIDIsTheApps(t *testing.T) {
	out := newLines()
	p := start(t, newRunner(t), spec(t, out, "print-pid", "block"))
	if got := out.pid(t); got != p.PID() {
		t.Errorf("PID() = %d, the app says %d", p.PID(), got)
	}
}

func TestOutputBeforeExitIsComplete(t *testing.T) {
	const n = 8 << 20
	var out bytes.Buffer
	p := start(t, newRunner(t), spec(t, &out, "print-bytes", "8388608", "exit", "0"))
	wait(t, p.Exited(), "the app ends")
	if out.Len() != n {
		t.Errorf("got %d bytes of output, want %d", out.Len(), n)
	}
}

func TestOneWriterForBothOutputs(t *testing.T) {
	var out bytes.Buffer
	s := spec(t, &out, "print", "one", "print-err", "two", "print", "three")
	s.Stderr = &out
	p := start(t, newRunner(t), s)
	wait(t, p.Exited(), "the app ends")
	if got, want := out.String(), "one\ntwo\nthree\n"; got != want {
		t.Errorf("output = %q, want %q", got, want)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestFailingWriterDoesNotBlockTheApp(t *testing.T) {
	p := start(t, newRunner(t), spec(t, failingWriter{}, "print-bytes", "1000000", "exit", "3"))
	wait(t, p.Exited(), "the app ends")
	if code := p.Exit().Code; code != 3 {
		t.Errorf("exit code = %d, want 3", code)
	}
}

func TestInput(t *testing.T) {
	t.Run("reader", func(t *testing.T) {
		var out bytes.Buffer
		s := spec(t, &out, "copy-input")
		s.Stdin = strings.NewReader("some\ninput")
		p := start(t, newRunner(t), s)
		wait(t, p.Exited(), "the app ends with its input")
		if got := out.String(); got != "some\ninput" {
			t.Errorf("the app read %q", got)
		}
	})
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "input")
		if err := os.WriteFile(path, []byte("from a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var out bytes.Buffer
		s := spec(t, &out, "copy-input")
		s.Stdin = f
		p := start(t, newRunner(t), s)
		wait(t, p.Exited(), "the app ends with its input")
		if got := out.String(); got != "from a file" {
			t.Errorf("the app read %q", got)
		}
	})
	t.Run("none", func(t *testing.T) {
		p := start(t, newRunner(t), spec(t, nil, "copy-input", "exit", "4"))
		wait(t, p.Exited(), "the app ends")
		if code := p.Exit().Code; code != 4 {
			t.Errorf("exit code = %d, want 4", code)
		}
	})
	t.Run("silent reader outlives the app", func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		s := spec(t, nil, "exit", "0")
		s.Stdin = r
		p := start(t, newRunner(t), s)
		wait(t, p.Exited(), "the app is gone though its input goes on")
	})
}

func TestExit(t *testing.T) {
	for _, tt := range []struct {
		steps string
		want  target.Exit
	}{
		{"exit 0", target.Exit{}},
		{"exit 7", target.Exit{Code: 7}},
		{"panic", target.Exit{Code: 2}},
		{"signal 9", target.Exit{Code: -1, Signal: "killed"}},
		{"signal 15", target.Exit{Code: -1, Signal: "terminated"}},
	} {
		t.Run(tt.steps, func(t *testing.T) {
			before := time.Now()
			s := spec(t, nil, strings.Fields(tt.steps)...)
			s.Stderr = nil
			p := start(t, newRunner(t), s)
			wait(t, p.Exited(), "the app ends")
			got := p.Exit()
			if got.Time.Before(before) || got.Time.After(time.Now()) {
				t.Errorf("it ended at %v", got.Time)
			}
			got.Time = time.Time{}
			if got != tt.want {
				t.Errorf("exit = %+v, want %+v", got, tt.want)
			}
			select {
			case <-p.Ready():
				t.Error("an app that has ended is ready")
			default:
			}
			if again := p.Stop(t.Context()); again.Stopped {
				t.Error("an app that ended by itself counts as stopped")
			}
		})
	}
}

func TestStopIsGraceful(t *testing.T) {
	out := newLines()
	p := start(t, newRunner(t), spec(t, out, "exit-on-term", "5", "print", "up", "block"))
	out.next(t, "up")
	var stops sync.WaitGroup
	for range 3 {
		stops.Go(func() {
			got := p.Stop(context.Background())
			if got.Code != 5 || !got.Stopped || got.Killed || got.Signal != "" {
				t.Errorf("exit = %+v, want code 5, stopped", got)
			}
		})
	}
	stops.Wait()
	out.next(t, "bye")
}

func TestStopWakesAStoppedApp(t *testing.T) {
	out := newLines()
	p := start(t, newRunner(t), spec(t, out, "exit-on-term", "5", "print", "up", "block"))
	out.next(t, "up")
	if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if got := p.Stop(t.Context()); got.Code != 5 {
		t.Errorf("exit = %+v, want code 5", got)
	}
}

func TestStopKills(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		timeout time.Duration
	}{
		{"after StopTimeout", context.Background(), 20 * time.Millisecond},
		{"without patience", context.Background(), 0},
		{"when the context ends", ended, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := newLines()
			s := spec(t, out, "ignore-term", "print", "up", "block")
			s.StopTimeout = tt.timeout
			p := start(t, newRunner(t), s)
			out.next(t, "up")
			got := p.Stop(tt.ctx)
			if got.Code != -1 || got.Signal != "killed" || !got.Stopped || !got.Killed {
				t.Errorf("exit = %+v, want stopped and killed", got)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		change func(*target.Spec)
		want   string
	}{
		{"no program", t.Context(), func(s *target.Spec) { s.Binary.Path += ".none" }, ".none: no such file"},
		{"not executable", t.Context(), func(s *target.Spec) { s.Binary.Path = file }, "permission denied"},
		{"no directory", t.Context(), func(s *target.Spec) { s.Dir = file + ".none" }, "working directory can't be entered: stat " + file + ".none"},
		{"file for directory", t.Context(), func(s *target.Spec) { s.Dir = file }, file + " is not a directory"},
		{"bad address", t.Context(), func(s *target.Spec) { s.Ready.Address = "8080" }, "address to wait for"},
		{"bad mode", t.Context(), func(s *target.Spec) { s.Ready.Mode = "udp" }, "use auto, tcp or http"},
		{"context has ended", ended, func(s *target.Spec) {}, "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := spec(t, newLines(), "block")
			tt.change(&s)
			_, err := newRunner(t).Start(tt.ctx, s)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestStartWaitsForTheWriterOfTheExecutable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app")
	script := func(t *testing.T) *os.File {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("#!/bin/sh\nexit 6\n"); err != nil {
			t.Fatal(err)
		}
		return f
	}
	t.Run("that finishes", func(t *testing.T) {
		f := script(t)
		s := spec(t, nil)
		s.Binary.Path = path
		time.AfterFunc(20*time.Millisecond, func() { f.Close() })
		p := start(t, newRunner(t), s)
		wait(t, p.Exited(), "the app ends")
		if code := p.Exit().Code; code != 6 {
			t.Errorf("exit code = %d, want 6", code)
		}
	})
	t.Run("that does not", func(t *testing.T) {
		f := script(t)
		defer f.Close()
		s := spec(t, nil)
		s.Binary.Path = path
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if _, err := newRunner(t).Start(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the context's", err)
		}
		if _, err := newRunner(t).Start(t.Context(), s); !errors.Is(err, syscall.ETXTBSY) {
			t.Errorf("error = %v, want ETXTBSY", err)
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	state := t.TempDir()
	r := run.New(run.Options{Exe: exe(t), StateDir: state})
	out := newLines()
	p := start(t, r, spec(t, out, "ignore-term", "print", "up", "block"))
	out.next(t, "up")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Exited():
	default:
		t.Error("Close returned before the app was gone")
	}
	if _, err := r.Start(t.Context(), spec(t, nil, "block")); !errors.Is(err, run.ErrClosed) {
		t.Errorf("Start after Close: %v, want ErrClosed", err)
	}
	if left, err := os.ReadDir(state); err != nil || len(left) > 0 {
		t.Errorf("Close left %v in the state directory (%v)", left, err)
	}
}
