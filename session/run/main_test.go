//go:build unix

package run_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

// TestMain makes the test binary three programs more: the guard, an app, and
// a hotdev that can be killed.
func TestMain(m *testing.M) {
	if handled, code := run.Helper(os.Args[1:]); handled {
		syscall.Exit(code) // os.Exit takes a second under the race detector
	}
	if len(os.Args) > 2 && os.Args[1] == "app" {
		// Nothing that a failed test leaves may stay.
		time.AfterFunc(time.Minute, func() { os.Exit(99) })
		app(os.Args[2:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// app carries out steps, each a name and its arguments.
func app(steps []string) {
	lines := bufio.NewScanner(os.Stdin)
	next := func() string {
		s := steps[0]
		steps = steps[1:]
		return s
	}
	for len(steps) > 0 {
		switch step := next(); step {
		case "print":
			fmt.Println(next())
		case "print-err":
			fmt.Fprintln(os.Stderr, next())
		case "print-env":
			fmt.Println(os.Getenv(next()))
		case "print-dir":
			must(fmt.Println(os.Getwd()))
		case "print-pid":
			fmt.Println("pid", os.Getpid())
		case "print-bytes":
			n := must(strconv.Atoi(next()))
			must(os.Stdout.Write(bytes.Repeat([]byte{'x'}, n)))
		case "copy-input":
			must(io.Copy(os.Stdout, os.Stdin))
		case "read-line":
			lines.Scan()
		case "listen":
			listen("tcp", next(), nil)
		case "listen-on": // network, address
			network := next()
			listen(network, next(), nil)
		case "listen-unready": // answers 503 until the next line of input
			var ready atomic.Bool
			listen("tcp", next(), func(w http.ResponseWriter, _ *http.Request) {
				if !ready.Load() {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			lines.Scan()
			ready.Store(true)
		case "ignore-term":
			signal.Ignore(syscall.SIGTERM)
		case "exit-on-term":
			code := must(strconv.Atoi(next()))
			c := make(chan os.Signal, 1)
			signal.Notify(c, syscall.SIGTERM)
			go func() { <-c; fmt.Println("bye"); os.Exit(code) }()
		case "child": // with the remaining steps
			must(0, self(steps, os.Environ(), nil).Start())
			select {}
		case "daemon": // loses parent and process group; the rest is for it
			sys := &syscall.SysProcAttr{Setsid: true}
			must(0, self(append([]string{"daemon2"}, steps...), os.Environ(), sys).Run())
			select {}
		case "daemon2":
			must(0, self(steps, os.Environ(), &syscall.SysProcAttr{Setsid: true}).Start())
			os.Exit(0)
		case "lost-daemon": // as daemon, and without the marker
			sys := &syscall.SysProcAttr{Setsid: true}
			must(0, self(append([]string{"daemon2"}, steps...), []string{"GORACE=atexit_sleep_ms=0"}, sys).Run())
			select {}
		case "blank-child": // a session of its own and no marker, but still our child
			must(0, self(steps, []string{"GORACE=atexit_sleep_ms=0"}, &syscall.SysProcAttr{Setsid: true}).Start())
			select {}
		case "and": // starts what comes up to "end" as an app of its own
			var part []string
			for s := next(); s != "end"; s = next() {
				part = append(part, s)
			}
			must(0, self(part, os.Environ(), nil).Start())
		case "hotdev": // a hotdev with state directory and guard; the rest is its app
			state, exe := next(), next()
			r := run.New(run.Options{Exe: exe, StateDir: state})
			must(r.Start(context.Background(), target.Spec{
				Binary: target.Binary{Path: must(os.Executable())},
				Args:   append([]string{"app"}, steps...),
				Env:    os.Environ(),
				Stdout: os.Stdout,
				Stderr: os.Stderr,
			}))
			select {}
		case "panic":
			panic("on purpose")
		case "signal":
			must(0, syscall.Kill(os.Getpid(), syscall.Signal(must(strconv.Atoi(next())))))
			select {}
		case "exit":
			os.Exit(must(strconv.Atoi(next())))
		case "block":
			select {}
		default:
			panic("unknown step " + step)
		}
	}
}

// must returns v; an error ends the app.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(98)
	}
	return v
}

// self makes the command of this program as an app with the same streams.
func self(steps, env []string, sys *syscall.SysProcAttr) *exec.Cmd {
	cmd := exec.Command(must(os.Executable()), append([]string{"app"}, steps...)...)
	cmd.Env, cmd.SysProcAttr = env, sys
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd
}

// listen serves HTTP at an address and prints where and when it began to.
func listen(network, addr string, h http.HandlerFunc) {
	if h == nil {
		h = func(http.ResponseWriter, *http.Request) {}
	}
	l := must(net.Listen(network, addr))
	fmt.Println("listening", l.Addr(), time.Now().UnixNano())
	go http.Serve(l, h)
}

// lines is a writer that hands out complete lines.
type lines struct {
	part []byte
	c    chan string
}

func newLines() *lines { return &lines{c: make(chan string, 1000)} }

func (l *lines) Write(p []byte) (int, error) {
	l.part = append(l.part, p...)
	for {
		line, rest, ok := bytes.Cut(l.part, []byte{'\n'})
		if !ok {
			return len(p), nil
		}
		l.c <- string(line)
		l.part = rest
	}
}

// next returns the next line, which must begin with prefix, without that.
func (l *lines) next(t testing.TB, prefix string) string {
	t.Helper()
	select {
	case line := <-l.c:
		rest, ok := strings.CutPrefix(line, prefix)
		if !ok {
			t.Fatalf("the app printed %q, want %q", line, prefix+"…")
		}
		return strings.TrimSpace(rest)
	case <-t.Context().Done():
	case <-time.After(20 * time.Second):
	}
	t.Fatalf("the app did not print a line with %q", prefix)
	return ""
}

// pid reads a line of the step print-pid.
func (l *lines) pid(t testing.TB) int {
	t.Helper()
	pid, err := strconv.Atoi(l.next(t, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func exe(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newRunner returns a runner without a guard that is closed with the test.
func newRunner(t testing.TB) *run.Runner {
	t.Helper()
	r := run.New(run.Options{
		StateDir: filepath.Join(t.TempDir(), "state"),
		Logger:   slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// spec says how to start an app that takes the steps.
func spec(t testing.TB, out io.Writer, steps ...string) target.Spec {
	return target.Spec{
		Binary:      target.Binary{Path: exe(t)},
		Args:        append([]string{"app"}, steps...),
		Env:         append(os.Environ(), "GORACE=atexit_sleep_ms=0"),
		Stdout:      out,
		Stderr:      t.Output(),
		StopTimeout: 20 * time.Second,
	}
}

func start(t testing.TB, r *run.Runner, s target.Spec) target.Process {
	t.Helper()
	p, err := r.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wait waits until c is closed.
func wait(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("timed out: %s", what)
	}
}

// waitReady waits until p serves; it fails at once if it does not any more.
func waitReady(t testing.TB, p target.Process) {
	t.Helper()
	select {
	case <-p.Ready():
	case err := <-p.NotReady():
		t.Fatal(err)
	case <-p.Exited():
		t.Fatalf("the app ended before it was ready: %v", p.Exit())
	case <-time.After(20 * time.Second):
		t.Fatal("timed out: the app is not ready")
	}
}
