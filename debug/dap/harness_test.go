package dap_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/rpc/jsonrpc"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotdev/hotdev/debug/dap"
)

// limit is how long a test waits for anything at all; it is there so that a
// defect ends in a message and not in the time-out of all tests.
const limit = 30 * time.Second

// build runs `go build` once for each output that tests ask for.
var build struct {
	dir string

	mu   sync.Mutex
	done map[string]error
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dap")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	build.dir, build.done = dir, map[string]error{}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// built returns the path of name, which go build has made with args.
func built(t *testing.T, name string, args ...string) string {
	t.Helper()
	build.mu.Lock()
	defer build.mu.Unlock()
	out := filepath.Join(build.dir, name)
	err, ok := build.done[name]
	if !ok {
		cmd := exec.Command("go", append([]string{"build", "-o", out}, args...)...)
		if text, e := cmd.CombinedOutput(); e != nil {
			err = fmt.Errorf("%v: %w\n%s", cmd, e, text)
		}
		build.done[name] = err
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// app is a program in one file that a test edits, like the ones of testdata/apps.
type app struct {
	file string
	rev  int
}

// newApp returns the app of this name, for tests that do not edit it: it is
// built once.
func newApp(t *testing.T, name string) *app {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", "apps", name, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	return &app{file: file}
}

// editable returns a copy of the app.
func (a *app) editable(t *testing.T) *app {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &app{file: filepath.Join(dir, "main.go")}
	c.write(t, a.text(t))
	return c
}

func (a *app) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(a.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *app) text(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(a.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// edit replaces a part of the file.
func (a *app) edit(t *testing.T, old, text string) {
	t.Helper()
	before := a.text(t)
	if !strings.Contains(before, old) {
		t.Fatalf("%s has no %q", a.file, old)
	}
	a.write(t, strings.Replace(before, old, text, 1))
}

// line returns the number of the line that ends with the comment mark.
func (a *app) line(t *testing.T, mark string) int {
	t.Helper()
	for i, line := range strings.Split(a.text(t), "\n") {
		if strings.HasSuffix(line, "// "+mark) {
			return i + 1
		}
	}
	t.Fatalf("%s has no line with %s", a.file, mark)
	return 0
}

// process is a run of an app under a Delve of its own.
type process struct {
	t      *testing.T
	host   *exec.Cmd
	socket string
	stdin  io.WriteCloser
	lines  chan string // what the app prints; closed at the end
	exited chan struct{}
	gen    dap.Generation
}

// build builds Delve and the app as it is now, where that has not been done, and
// returns the paths of both. What starts an app while something waits needs both
// built before.
func (a *app) build(t *testing.T) (dlv, bin string) {
	t.Helper()
	dlv = built(t, "dlv", "github.com/go-delve/delve/cmd/dlv")
	name := fmt.Sprintf("app-%x", fingerprint(a.file+a.text(t)))
	return dlv, built(t, name, "-gcflags=-N -l", "-ldflags=-compressdwarf=false", a.file)
}

// start builds the app as it is now, and starts it under Delve, at its entry.
func (a *app) start(t *testing.T) *process {
	t.Helper()
	dlv, bin := a.build(t)
	text := a.text(t)
	dir, err := os.MkdirTemp("", "dlv") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")

	p := &process{t: t, socket: socket, lines: make(chan string, 100), exited: make(chan struct{})}
	p.host = exec.Command(dlv, "exec", bin, "--headless", "--accept-multiclient", "--api-version=2",
		"--listen=unix:"+socket, "--log=false")
	if p.stdin, err = p.host.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.host.Stdout, p.host.Stderr = in, in
	if err := p.host.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
		out.Close()
		close(p.lines)
		_ = p.host.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.kill)
	p.expect("API server listening at:")
	a.rev++
	p.gen = dap.Generation{
		Rev: a.rev, PID: p.pid(), Program: bin, Conn: p.dial(), AtEntry: true,
		Source: func(file string) ([]byte, error) {
			if file != a.file {
				return nil, os.ErrNotExist
			}
			return []byte(text), nil
		},
	}
	return p
}

// dial connects to Delve.
func (p *process) dial() net.Conn {
	p.t.Helper()
	conn, err := net.Dial("unix", p.socket)
	if err != nil {
		p.t.Fatal(err)
	}
	return conn
}

// pid asks Delve for the process id of the app.
func (p *process) pid() int {
	p.t.Helper()
	client := jsonrpc.NewClient(p.dial())
	defer client.Close()
	var answer struct{ Pid int }
	if err := client.Call("RPCServer.ProcessPid", struct{}{}, &answer); err != nil {
		p.t.Fatal(err)
	}
	return answer.Pid
}

// say sends the app a line.
func (p *process) say(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// expect waits until the app prints a line with part in it.
func (p *process) expect(part string) {
	p.t.Helper()
	timeout := time.After(limit)
	var seen []string
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the app has ended, and has not printed %q but %q", part, seen)
			}
			if strings.Contains(line, part) {
				return
			}
			seen = append(seen, line)
		case <-timeout:
			p.t.Fatalf("the app has not printed %q but %q", part, seen)
		}
	}
}

// kill ends Delve, and with it the app.
func (p *process) kill() {
	if p.gen.PID != 0 {
		if app, err := os.FindProcess(p.gen.PID); err == nil {
			_ = app.Kill()
		}
	}
	_ = p.host.Process.Kill()
	p.stdin.Close()
	for range p.lines { // so that the reader ends
	}
	<-p.exited
}

// front is a Front that is served for a test.
type front struct {
	*dap.Front
	t    *testing.T
	addr string
	stop func() // ends it and waits
}

func newFront(t *testing.T, o dap.Options) *front {
	t.Helper()
	f, err := dap.New(o)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	addr := filepath.Join(dir, "s")
	l, err := net.Listen("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f.Serve(ctx, l) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-served:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(limit):
			t.Error("the front does not end")
		}
	})
	t.Cleanup(stop)
	return &front{f, t, addr, stop}
}

// begin makes p the current generation.
func (f *front) begin(p *process) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := f.Begin(ctx, p.gen); err != nil {
		f.t.Fatal(err)
	}
}

// await waits until the state is as wanted.
func (f *front) await(what string, is func(dap.State) bool) {
	f.t.Helper()
	timeout := time.After(limit)
	for !is(f.State()) {
		select {
		case <-f.Changed():
		case <-timeout:
			f.t.Fatalf("the state is not %s but %+v", what, f.State())
		}
	}
}

func (f *front) awaitPaused() {
	f.t.Helper()
	f.await("paused", func(s dap.State) bool { return s.Paused })
}

func (f *front) awaitRunning() {
	f.t.Helper()
	f.await("running", func(s dap.State) bool { return !s.Paused })
}

// running starts the app "loop" and lets a new front have it.
func running(t *testing.T) (*app, *process, *front) {
	t.Helper()
	a := newApp(t, "loop")
	p := a.start(t)
	f := newFront(t, dap.Options{})
	f.begin(p)
	return a, p, f
}

// joined is running, with an editor that has attached.
func joined(t *testing.T) (*app, *process, *front, *editor) {
	t.Helper()
	a, p, f := running(t)
	return a, p, f, f.attached(nil)
}
