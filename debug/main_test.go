//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotdev/hotdev/debug"
	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

// TestMain makes the test binary two programs more: the guard of session/run, and
// a daemon that can be killed.
func TestMain(m *testing.M) {
	for _, helper := range []func([]string) (bool, int){run.Helper, daemon} {
		if handled, code := helper(os.Args[1:]); handled {
			syscall.Exit(code) // os.Exit takes a second under the race detector
		}
	}
	dir, err := os.MkdirTemp("", "debug")
	if err != nil {
		panic(err)
	}
	buildDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var buildDir string

// build builds the app with flags.
func build(t testing.TB, flags ...string) string {
	t.Helper()
	return goBuild(t, append(flags, "./testdata/app")...)
}

// hostProgram builds the program that the Runner starts its hosts from.
func hostProgram(t testing.TB) string {
	t.Helper()
	return goBuild(t, "./testdata/host")
}

// goBuild calls go build with args, each once.
func goBuild(t testing.TB, args ...string) string {
	t.Helper()
	key := strings.Join(args, " ")
	if path, ok := built[key]; ok {
		return path
	}
	path := filepath.Join(buildDir, strconv.Itoa(len(built)))
	cmd := exec.Command("go", append([]string{"build", "-o", path}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", key, err, out)
	}
	built[key] = path
	return path
}

var built = map[string]string{} // arguments of goBuild → its output

// debuggable are the flags of a debug build.
var debuggable = []string{"-gcflags=-N -l", "-ldflags=-compressdwarf=false"}

// appSource returns the path of the app's source file.
func appSource(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("testdata/app/main.go")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// lineOf returns the number of the line with the mark.
func lineOf(t testing.TB, mark string) int {
	t.Helper()
	text, err := os.ReadFile(appSource(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasSuffix(line, "// "+mark) {
			return i + 1
		}
	}
	t.Fatalf("the app has no line marked %q", mark)
	return 0
}

// lines is a writer that hands out complete lines.
type lines struct {
	part []byte
	c    chan string
}

func newLines() *lines { return &lines{c: make(chan string, 10000)} }

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
			t.Fatalf("got the line %q, want %q", line, prefix+"…")
		}
		return strings.TrimSpace(rest)
	case <-time.After(20 * time.Second):
		t.Fatalf("no line with %q", prefix)
		return ""
	}
}

// rig is a Runner with its front.
type rig struct {
	*debug.Runner
	front *front
	t     testing.TB
}

// newRig returns a Runner on top of session/run's.
func newRig(t testing.TB, f *front) *rig {
	t.Helper()
	r := newRigFor(t, f)
	r.front = f
	return r
}

func newRigFor(t testing.TB, f debug.Front) *rig {
	t.Helper()
	return newRigOf(t, f, hostProgram(t))
}

// newRigOf returns a Runner that starts its hosts from the program exe.
func newRigOf(t testing.TB, f debug.Front, exe string) *rig {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	plain := run.New(run.Options{Logger: log})
	r := debug.New(debug.Options{Exe: exe, Plain: plain, Dir: socketDir(t), Front: f, Logger: log})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := plain.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{Runner: r, t: t}
}

// socketDir returns a directory whose path is short.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "d")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// app is a running app.
type app struct {
	target.Process
	t        testing.TB
	in       io.Writer
	out, err *lines
}

// spec says how to start the app.
func spec(t testing.TB, args ...string) target.Spec {
	s := target.Spec{
		Binary:      target.Binary{Path: build(t, debuggable...), Rev: 5},
		Args:        args,
		Env:         append(os.Environ(), "GORACE=atexit_sleep_ms=0"),
		StopTimeout: 20 * time.Second,
		Debug:       &target.Debug{Source: os.ReadFile},
	}
	if os.Getenv(twins) != "" {
		s = withTwin(t, s)
	}
	return s
}

// twins makes all tests debug programs without debug information, which is in a
// file of its own.
const twins = "HOTDEV_TEST_TWINS"

// withTwin returns s with a program that has no debug information, and with what
// makes that.
func withTwin(t testing.TB, s target.Spec) target.Spec {
	t.Helper()
	const id = "0123456789abcdef0123456789abcdef01234567"
	linked := func(stripped string) string {
		return build(t, "-gcflags=-N -l", "-ldflags=-compressdwarf=false -B=0x"+id+" -w="+stripped)
	}
	dir := filepath.Join(buildDir, "info")
	file := filepath.Join(dir, ".build-id", id[:2], id[2:]+".debug")
	s.Binary.Path = linked("1")
	s.Debug.Info = func(context.Context) (string, error) {
		text, err := os.ReadFile(linked("0"))
		if err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600))
		}
		return dir, err
	}
	return s
}

// start starts s with pipes as its streams.
func (r *rig) start(s target.Spec) *app {
	r.t.Helper()
	in, feed, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { feed.Close() })
	a := &app{t: r.t, in: feed, out: newLines(), err: newLines()}
	s.Stdin, s.Stdout, s.Stderr = in, a.out, a.err
	a.Process, err = r.Start(context.Background(), s)
	in.Close()
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// tell sends the app a command.
func (a *app) tell(command string) { fmt.Fprintln(a.in, command) }

// do sends the app a command, and returns the answer, which begins with prefix.
func (a *app) do(command, prefix string) string {
	a.t.Helper()
	a.tell(command)
	return a.out.next(a.t, prefix)
}

// up waits until the app has started; its own process ID must be the one that
// the Runner says.
func (a *app) up() {
	a.t.Helper()
	if got, want := a.out.next(a.t, "up"), fmt.Sprintf("%d initialised", a.PID()); got != want {
		a.t.Fatalf("the app says %q, want %q", got, want)
	}
}

// ended waits for the app's end.
func (a *app) ended() target.Exit {
	a.t.Helper()
	wait(a.t, a.Exited(), "the end of the app")
	return a.Exit()
}

// state waits until the Runner's state is the one wanted.
func (r *rig) state(want string) debug.State {
	r.t.Helper()
	giveUp := time.After(20 * time.Second)
	for {
		s := r.State()
		if s.State == want {
			return s
		}
		select {
		case <-r.Changed():
		case <-giveUp:
			r.t.Fatalf("state %+v, want %s", s, want)
		}
	}
}

// wait waits until c is closed.
func wait(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("timed out waiting for %s", what)
	}
}

// tracer returns the ID of the process that traces pid; 0: none.
func tracer(t testing.TB, pid int) int {
	t.Helper()
	if thread := status(t, pid, "TracerPid"); thread != 0 {
		return status(t, thread, "Tgid")
	}
	return 0
}

// status returns a number from /proc/pid/status.
func status(t testing.TB, pid int, field string) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+field+":")
	fmt.Sscan(rest, &n)
	return n
}

// standing waits until the process is stopped by its tracer.
func standing(t testing.TB, pid int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 20_000 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nState:\tt") {
			return
		}
		<-tick.C
	}
	t.Fatalf("process %d does not stand", pid)
}

// pidfd opens a descriptor of the living process pid: what is seen through it
// is that process, even if the number is used again.
func pidfd(t testing.TB, pid int) int {
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

// gone waits for the end of the process of the descriptor.
func gone(t testing.TB, fd int) {
	t.Helper()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
		switch {
		case err == unix.EINTR:
		case err != nil || n == 0:
			t.Fatalf("the process does not end (%v)", err)
		default:
			return
		}
	}
}
