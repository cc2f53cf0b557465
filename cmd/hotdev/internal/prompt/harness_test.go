//go:build linux

package prompt_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/prompt"
	"github.com/hotdev/hotdev/debug/dap"
)

// limit ends a test that waits for what does not come.
const limit = 30 * time.Second

// programs is where TestMain puts what is built for all tests.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "prompt")
	if err != nil {
		panic(err)
	}
	programs = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// delve builds Delve, once.
var delve = sync.OnceValues(func() (string, error) {
	out := filepath.Join(programs, "dlv")
	text, err := exec.Command("go", "build", "-o", out, "github.com/go-delve/delve/cmd/dlv").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build Delve: %w\n%s", err, text)
	}
	return out, err
})

// app is the program under test, in a directory of its own.
type app struct {
	t     *testing.T
	dir   string
	file  string
	front *dap.Front
	addr  string
	runs  int
	stdin io.Writer // of the run that began last
}

// newApp makes a copy of the app, and a front for it; it does not run yet.
func newApp(t *testing.T) *app {
	t.Helper()
	text, err := os.ReadFile("testdata/app/main.go")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := &app{t: t, dir: dir, file: filepath.Join(dir, "main.go")}
	a.write(string(text))
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module app\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.front, err = dap.New(dap.Options{Reload: func(ctx context.Context) error { return a.run(ctx) }})
	if err != nil {
		t.Fatal(err)
	}
	sockets, err := os.MkdirTemp("", "prompt") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	a.addr = filepath.Join(sockets, "front")
	l, err := net.Listen("unix", a.addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- a.front.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		os.RemoveAll(sockets)
	})
	return a
}

func (a *app) write(text string) {
	a.t.Helper()
	if err := os.WriteFile(a.file, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// edit replaces a part of the source.
func (a *app) edit(old, text string) {
	a.t.Helper()
	before, err := os.ReadFile(a.file)
	if err != nil || !strings.Contains(string(before), old) {
		a.t.Fatalf("no %q in the app: %v", old, err)
	}
	a.write(strings.Replace(string(before), old, text, 1))
}

// line is the number of the line that ends with the comment mark.
func (a *app) line(mark string) int {
	a.t.Helper()
	text, err := os.ReadFile(a.file)
	if err != nil {
		a.t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(text), "// "+mark+"\n")
	if !ok {
		a.t.Fatalf("the app has no line %s", mark)
	}
	return 1 + strings.Count(before, "\n")
}

// children lists the children of a process, whichever of its threads has
// started them (proc_tid_children(5)).
func children(t *testing.T, pid int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Error(err)
	}
	var all []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// run builds the app as it is, starts it under Delve, and makes it the front's.
func (a *app) run(ctx context.Context) error {
	dlv, err := delve()
	if err != nil {
		return err
	}
	a.runs++
	bin := filepath.Join(a.dir, fmt.Sprint("app", a.runs))
	build := exec.Command("go", "build", "-gcflags=-N -l", "-o", bin, ".")
	build.Dir = a.dir
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	text, err := os.ReadFile(a.file)
	if err != nil {
		return err
	}
	socket := filepath.Join(filepath.Dir(a.addr), fmt.Sprint("dlv", a.runs))
	host := exec.Command(dlv, "exec", bin, "--headless", "--accept-multiclient", "--api-version=2", "--listen=unix:"+socket)
	host.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := host.StdinPipe()
	if err != nil {
		return err
	}
	out, err := host.StdoutPipe()
	if err != nil {
		return err
	}
	if err := host.Start(); err != nil {
		return err
	}
	listens, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		in := bufio.NewScanner(out)
		if in.Scan() { // "API server listening at: …"
			close(listens)
		}
		for in.Scan() {
		}
		_ = host.Wait() // it is killed
	}()
	a.t.Cleanup(func() {
		apps := children(a.t, host.Process.Pid) // nobody knows them once Delve has gone, and they outlive it
		_ = syscall.Kill(-host.Process.Pid, syscall.SIGKILL)
		for _, app := range apps {
			_ = syscall.Kill(app, syscall.SIGKILL)
		}
		stdin.Close()
		<-ended
	})
	select {
	case <-listens:
	case <-ended:
		return errors.New("Delve has ended")
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	a.stdin = stdin
	return a.front.Begin(ctx, dap.Generation{
		Rev: a.runs, PID: 1000 + a.runs, Program: bin, Conn: conn, AtEntry: true,
		Source: func(file string) ([]byte, error) {
			if file != a.file {
				return nil, errors.New("not of the app")
			}
			return text, nil
		},
	})
}

// start runs the app for a test.
func (a *app) start() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := a.run(ctx); err != nil {
		a.t.Fatal(err)
	}
}

// say gives the app a line.
func (a *app) say(line string) {
	a.t.Helper()
	if _, err := io.WriteString(a.stdin, line+"\n"); err != nil {
		a.t.Fatal(err)
	}
}

// console is a prompt that runs, and what it has written.
type console struct {
	t     *testing.T
	input io.WriteCloser
	ended chan error

	mu    sync.Mutex
	text  bytes.Buffer
	seen  int // of text, by expect
	grown chan struct{}
}

// prompt runs one on a pipe.
func (a *app) prompt() *console {
	a.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		a.t.Fatal(err)
	}
	c := &console{t: a.t, input: w, grown: make(chan struct{}, 1)}
	c.run(a, r, c, "")
	return c
}

// run runs the prompt until its input ends.
func (c *console) run(a *app, in *os.File, out io.Writer, history string) {
	c.t.Helper()
	conn, err := net.Dial("unix", a.addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.ended = make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer in.Close()
		c.ended <- prompt.Run(ctx, prompt.Options{Conn: conn, In: in, Out: out, Dir: a.dir, History: history})
	}()
	c.t.Cleanup(func() {
		cancel()
		c.input.Close()
	})
	c.expect("Type 'help' for list of commands.")
}

// Write takes what the prompt writes.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(b)
	select {
	case c.grown <- struct{}{}:
	default:
	}
	return len(b), nil
}

// enter types a line.
func (c *console) enter(line string) {
	c.t.Helper()
	c.keys(line + "\n")
}

func (c *console) keys(keys string) {
	c.t.Helper()
	if _, err := io.WriteString(c.input, keys); err != nil {
		c.t.Fatal(err)
	}
}

// expect waits until the prompt has written, after what was expected last, what
// matches a regular expression, and returns its groups. It fails early when the
// prompt refuses a command that was not expected to fail.
func (c *console) expect(pattern string) []string {
	c.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	timeout := time.After(limit)
	for {
		c.mu.Lock()
		text := strings.ReplaceAll(c.text.String()[c.seen:], "\r", "")
		raw := c.text.String()[c.seen:]
		m := re.FindStringSubmatchIndex(raw)
		if m != nil {
			c.seen += m[1]
		}
		c.mu.Unlock()
		if m != nil {
			var groups []string
			for i := 2; i < len(m); i += 2 {
				groups = append(groups, raw[m[i]:m[i+1]])
			}
			return groups
		}
		if strings.Contains(text, "failed") {
			c.t.Fatalf("there is %s instead of %s", text, pattern)
		}
		select {
		case <-c.grown:
		case err := <-c.ended:
			c.t.Fatalf("the prompt has ended (%v) without %s: %s", err, pattern, text)
		case <-timeout:
			c.t.Fatalf("there is no %s in %s", pattern, text)
		}
	}
}

// do enters a line and expects what it is answered with.
func (c *console) do(line, pattern string) []string {
	c.t.Helper()
	c.enter(line)
	return c.expect(pattern)
}

// end expects the prompt to end without an error.
func (c *console) end() {
	c.t.Helper()
	select {
	case err := <-c.ended:
		if err != nil {
			c.t.Fatalf("the prompt has ended with %v", err)
		}
	case <-time.After(limit):
		c.t.Fatal("the prompt does not end")
	}
}
