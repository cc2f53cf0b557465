//go:build unix

package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/tools/txtar"
)

// terminal is hotdev in the foreground of a pseudo-terminal, as a shell starts
// it.
type terminal struct {
	*testing.T
	dir    string
	env    []string
	master *os.File
	tty    *os.File // keeps the terminal alive when hotdev ends
	cmd    *exec.Cmd
	output chan string
	seen   string // what expect has not consumed yet
}

// newTerminal unpacks testdata/NAME and starts hotdev there, below a terminal.
func newTerminal(t *testing.T, archive string, env []string, args ...string) *terminal {
	t.Helper()
	dir := unpack(t, archive)
	return startTerminal(t, dir, append(testEnviron(t, filepath.Join(dir, ".home")), env...), args...)
}

// startTerminal starts hotdev in dir, below a terminal.
func startTerminal(t *testing.T, dir string, env []string, args ...string) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 40, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(hotdev, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{T: t, dir: dir, env: cmd.Env, master: master, tty: tty, cmd: cmd, output: make(chan string, 10_000)}
	read := make(chan struct{})
	go term.read(read)
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // fails only if it has ended
		_ = cmd.Wait()
		tty.Close()
		master.Close()
		<-read
	})
	return term
}

// unpack writes the files of an archive in testdata to a new directory.
func unpack(t testing.TB, archive string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	a, err := txtar.ParseFile(filepath.Join("testdata", archive))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (t *terminal) read(done chan<- struct{}) {
	defer close(done)
	buf := make([]byte, 4096)
	for {
		n, err := t.master.Read(buf)
		if err != nil {
			return
		}
		t.output <- string(buf[:n])
	}
}

// expect waits until what appears matches pattern, consumes it and returns what
// its first group matched.
func (t *terminal) expect(pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.NewTimer(failsafe)
	defer timeout.Stop()
	for {
		if m := re.FindStringSubmatchIndex(t.seen); m != nil {
			group := ""
			if len(m) > 2 {
				group = t.seen[m[2]:m[3]]
			}
			t.seen = t.seen[m[1]:]
			return group
		}
		select {
		case s := <-t.output:
			t.seen += s
		case <-timeout.C:
			t.Fatalf("%q did not appear; last: %q", pattern, t.seen)
		}
	}
}

func (t *terminal) press(keys string) {
	t.Helper()
	if _, err := t.master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// wait waits for hotdev's end and returns its exit code.
func (t *terminal) wait() int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- t.cmd.Wait() }()
	select {
	case <-ended:
		return t.cmd.ProcessState.ExitCode()
	case <-time.After(failsafe):
		_ = t.cmd.Process.Signal(unix.SIGQUIT) // it says what it waits for
		<-ended
		t.Fatalf("hotdev did not end; last: %q", t.seen)
		return 0
	}
}

// cooked reports whether the terminal echoes and edits lines, as shells leave
// it to programs.
func (t *terminal) cooked() bool {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(t.tty.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0 && mode.Lflag&unix.ICANON != 0
}

// TestTerminal drives run by keys, through an edit that does not compile.
func TestTerminal(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "terminal.txtar", nil, "run")
	term.expect(`developing \x1b\[1mexample.com/app`)
	url := term.expect(`the app answers at \x1b\[1m(http://127.0.0.1:\d+)`)
	term.expect(`\x1b\[32m● running rev 1`)
	if term.cooked() {
		t.Error("the terminal echoes keys")
	}
	term.press("?")
	term.expect(`r  reload`)

	term.press("i")
	term.expect(`input> `)
	term.press("hello\r")
	term.expect(`the app reads hello\r\n`)

	main := filepath.Join(term.dir, "main.go")
	source, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(source), "os.Stdin", "os.Stdout1", 1)
	if err := os.WriteFile(main, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	term.expect(`\x1b\[31m✗ rev 2`)
	term.expect(`\x1b\[1mmain.go:\d+:\d+: \x1b\[0m\x1b\[31mundefined: os.Stdout1`)
	term.expect(`\x1b\[31m +\^`)
	term.expect(`\x1b\[31m● 1 error\x1b\[0m · rev 1 still serves ` + url)
	if err := os.WriteFile(main, source, 0o644); err != nil {
		t.Fatal(err)
	}
	term.expect(`● running rev`)

	term.press("s")
	term.expect(`● stopped`)
	term.press("s")
	term.expect(`● running rev`)
	if resp, err := http.Get(url); err != nil {
		t.Error(err)
	} else {
		resp.Body.Close()
	}
	term.press("q")
	term.expect(`the app stops`)
	if code := term.wait(); code != 0 {
		t.Errorf("q ended run with %d", code)
	}
	if !term.cooked() {
		t.Error("the terminal's mode was not put back")
	}
	if _, err := http.Get(url); err == nil {
		t.Error("the app still answers")
	}
}

// TestTerminalSurvives ends run in the ways that leave it no time: the terminal
// is right after each.
func TestTerminalSurvives(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGABRT} {
		t.Run(s.String(), func(t *testing.T) {
			term := newTerminal(t, "terminal.txtar", nil, "run")
			term.expect(`● running rev 1`)
			if err := term.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			term.wait()
			// The guard acts when it sees the end of hotdev, and tells nobody.
			look := time.NewTicker(5 * time.Millisecond)
			defer look.Stop()
			timeout := time.After(failsafe)
			for !term.cooked() {
				select {
				case <-look.C:
				case <-timeout:
					t.Fatal("the terminal's mode was not put back")
				}
			}
		})
	}
}

// TestTerminalNoColor runs with NO_COLOR: nothing is coloured, the app's own
// output neither.
func TestTerminalNoColor(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "terminal.txtar", []string{"NO_COLOR=1"}, "run")
	term.expect(`● running rev 1`)
	term.press("i")
	term.expect(`input> `)
	term.press("\x1b")
	term.expect(`● running rev 1`)
	term.press("q")
	term.wait()
	everything := term.seen
	for len(term.output) > 0 {
		everything += <-term.output
	}
	if regexp.MustCompile(`\x1b\[[0-9;]*m`).MatchString(everything) {
		t.Errorf("there are colours: %q", everything)
	}
}

// TestTerminalAsks lets a person choose one of several main packages.
func TestTerminalAsks(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "script/several.txtar", nil, "run")
	term.expect(`  1  example.com/app/cmd/one\r\n  2  example.com/app/cmd/two\r\n`)
	term.expect(`Which one shall run\? \[1-2\] `)
	term.press("3\n")
	term.expect(`Which one shall run\? \[1-2\] `)
	term.press("2\n")
	term.expect(`two \[\]`)
	term.press("q")
	if code := term.wait(); code != 0 {
		t.Errorf("run ended with %d", code)
	}
}

// TestTerminalInterrupt ends run by Ctrl-C, which the terminal turns into a
// signal.
func TestTerminalInterrupt(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "terminal.txtar", nil, "run")
	term.expect(`● running rev 1`)
	term.press("\x03")
	term.expect(`the app stops`)
	if code := term.wait(); code != 0 {
		t.Errorf("Ctrl-C ended run with %d", code)
	}
	if !term.cooked() {
		t.Error("the terminal's mode was not put back")
	}
	status := exec.Command(hotdev, "status")
	status.Dir, status.Env = term.dir, term.env
	if out, err := status.CombinedOutput(); status.ProcessState.ExitCode() != exitNoDaemon {
		t.Errorf("status: %v\n%s", err, out)
	}
}

// TestTerminalSuspend stops run by Ctrl-Z and lets it go on, as fg does.
func TestTerminalSuspend(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "terminal.txtar", nil, "run")
	term.expect(`● running rev 1`)
	term.press("\x1a")
	var status unix.WaitStatus
	if _, err := unix.Wait4(term.cmd.Process.Pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("Ctrl-Z did not stop hotdev: %v, %v", status, err)
	}
	if !term.cooked() {
		t.Error("the terminal's mode was not put back")
	}
	if err := term.cmd.Process.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	term.press("?")
	term.expect(`r  reload`) // keys are hotdev's again
	if term.cooked() {
		t.Error("the terminal echoes keys after fg")
	}
	term.press("q")
	if code := term.wait(); code != 0 {
		t.Errorf("q ended run with %d", code)
	}
}
