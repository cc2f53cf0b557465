//go:build unix

package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is a program that runs beside a test. Its output is kept and can be
// waited for.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended and its output is complete

	mu      sync.Mutex
	changed chan struct{} // closed and made anew when output comes
	output  []byte
	read    int      // bytes of output that are in lines
	lines   []string // that expect has not taken
}

// startProcess starts cmd with its output, both streams, kept.
func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{}), changed: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // ProcessState says how it ended
		close(p.ended)
	}()
	return p, nil
}

// Write takes output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.output = append(p.output, b...)
	close(p.changed)
	p.changed = make(chan struct{})
	return len(b), nil
}

// expect waits for a line that matches and takes it. Lines before it stay: log
// and state come in no fixed order. It fails as soon as the program has ended
// without one.
func (p *process) expect(re *regexp.Regexp) (line string, err error) {
	timeout := time.NewTimer(failsafe)
	defer timeout.Stop()
	for {
		ended := false
		select {
		case <-p.ended:
			ended = true
		default:
		}
		p.mu.Lock()
		changed := p.changed
		for {
			l, _, whole := bytes.Cut(p.output[p.read:], []byte("\n"))
			if !whole && (!ended || len(l) == 0) {
				break
			}
			p.read = min(p.read+len(l)+1, len(p.output))
			p.lines = append(p.lines, string(l))
		}
		if i := slices.IndexFunc(p.lines, re.MatchString); i >= 0 {
			line := p.lines[i]
			p.lines = slices.Delete(p.lines, i, i+1)
			p.mu.Unlock()
			return line, nil
		}
		p.mu.Unlock()
		if ended {
			return "", errors.New("it has ended")
		}
		select {
		case <-changed:
		case <-p.ended:
		case <-timeout.C:
			return "", errors.New("it did not come")
		}
	}
}

func (p *process) transcript() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.output)
}

// wait waits for the end and returns the exit code; -1 for a signal's.
func (p *process) wait() (int, error) {
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(failsafe):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // it says what it waits for
		<-p.ended
		return 0, errors.New("it did not end")
	}
}

// kill ends the program, gracefully if it can.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(os.Interrupt) // fails only if it has ended
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

type (
	processesKey   struct{}
	processes      map[string]*process
	connectionsKey struct{}
	connections    map[string]net.Conn
)

func named(ts *testscript.TestScript, name string) *process {
	p := ts.Value(processesKey{}).(processes)[name]
	if p == nil {
		ts.Fatalf("no process %s was started", name)
	}
	return p
}

// scriptEnviron is the environment of a script's programs.
func scriptEnviron(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "GOCACHE", "GOMODCACHE",
		"GOPROXY", "GOTOOLCHAIN", "GOFLAGS", "GORACE", "NO_COLOR", "TERM", "TMPDIR", "PORT", "HOTDEV_PROFILE"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	stdin := ""
	if len(args) > 2 && args[0] == "-stdin" {
		stdin, args = args[1], args[2:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start [-stdin FILE] NAME PROGRAM ARGS…")
	}
	name, program := args[0], args[1]
	if program == "hotdev" {
		program = hotdev
	}
	cmd := exec.Command(program, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = scriptEnviron(ts)
	if stdin != "" {
		f, err := os.Open(ts.MkAbs(stdin))
		ts.Check(err)
		defer f.Close()
		cmd.Stdin = f
	}
	p, err := startProcess(cmd)
	ts.Check(err)
	ts.Value(processesKey{}).(processes)[name] = p
	ts.Defer(func() {
		p.kill()
		ts.Logf("[output of %s]\n%s", name, p.transcript())
	})
}

func cmdExpect(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expect NAME REGEXP")
	}
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	line, err := named(ts, args[0]).expect(re)
	if err != nil {
		ts.Fatalf("%s said nothing like %s: %v", args[0], args[1], err)
	}
	ts.Logf("%s", line)
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}
	if neg || len(args) != 2 || signals[args[1]] == nil {
		ts.Fatalf("usage: signal NAME INT|TERM|HUP|KILL")
	}
	ts.Check(named(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

func cmdEnded(ts *testscript.TestScript, neg bool, args []string) {
	want := 0
	if len(args) == 2 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: ended NAME [CODE]")
	}
	p := named(ts, args[0])
	code, err := p.wait()
	ts.Check(err)
	if code != want {
		ts.Fatalf("%s ended with %d, want %d", args[0], code, want)
	}
}

func cmdHold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold NAME")
	}
	var address string
	for _, l := range running(ts).Listeners {
		address = l.Actual // of the app itself, behind hotdev's front door
	}
	conn, err := net.Dial("tcp", address)
	ts.Check(err)
	ts.Value(connectionsKey{}).(connections)[args[0]] = conn
	ts.Defer(func() { conn.Close() })
}

func cmdDropped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dropped NAME")
	}
	conn := ts.Value(connectionsKey{}).(connections)[args[0]]
	ts.Check(conn.SetReadDeadline(time.Now().Add(failsafe)))
	_, err := conn.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
		ts.Fatalf("the app goes on: %v", err)
	}
	if strings.Contains(err.Error(), "closed network connection") {
		ts.Fatalf("the connection was not held: %v", err)
	}
}
