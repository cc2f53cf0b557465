//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// fullScreen is attach --tui on a terminal that an emulator shows.
type fullScreen struct {
	*terminal
	emulator *vt.Emulator
}

// newFullScreen joins the daemon of term's directory.
func newFullScreen(t *testing.T, term *terminal, width, height int) *fullScreen {
	t.Helper()
	s := &fullScreen{startTerminal(t, term.dir, term.env, "attach", "--tui"), vt.NewEmulator(width, height)}
	if err := pty.Setsize(s.master, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	var answers sync.WaitGroup
	answers.Go(func() { _, _ = io.Copy(s.master, s.emulator) }) // until the emulator's input is closed
	t.Cleanup(func() {
		s.emulator.InputPipe().(io.Closer).Close()
		answers.Wait()
	})
	return s
}

// text is what is on the screen.
func (s *fullScreen) text() string {
	var b strings.Builder
	for y := range s.emulator.Height() {
		row := ""
		for x := range s.emulator.Width() {
			if c := s.emulator.CellAt(x, y); c != nil && c.Width > 0 {
				row += c.Content
			}
		}
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return b.String()
}

// shows waits until the screen matches a pattern.
func (s *fullScreen) shows(pattern string) {
	s.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.NewTimer(failsafe)
	defer timeout.Stop()
	for !re.MatchString(s.text()) {
		select {
		case out := <-s.output:
			_, _ = s.emulator.WriteString(out) // always nil
		case <-timeout.C:
			s.Fatalf("%q did not appear:\n%s", pattern, s.text())
		}
	}
}

// command runs another command of hotdev where s is.
func (s *fullScreen) command(args ...string) {
	s.Helper()
	cmd := exec.Command(hotdev, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("hotdev %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// restored waits until the terminal is as a shell expects it.
func (s *fullScreen) restored() {
	s.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	timeout := time.After(failsafe)
	for s.emulator.IsAltScreen() || !s.cooked() {
		select {
		case out := <-s.output:
			_, _ = s.emulator.WriteString(out)
		case <-look.C: // the mode changes without output
		case <-timeout:
			s.Fatalf("the terminal was not put back (cooked: %v):\n%s", s.cooked(), s.text())
		}
	}
}

// TestFullScreen develops on the full screen, beside run in another terminal.
func TestFullScreen(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "tui.txtar", nil, "run")
	url := term.expect(`the app answers at \x1b\[1m(http://127.0.0.1:\d+)`)
	term.expect(`● running rev 1`)
	s := newFullScreen(t, term, 160, 40)
	s.shows(`^● running rev 1 .*` + url)
	s.shows(`(?m)^listening +│`)
	s.shows(`GET +/items +0 +0 +main.items +main.go:\d+`)
	s.shows(`│no breakpoints`)

	s.press("ihello\r")
	s.shows(`(?m)^the app reads hello +│`)
	resp, err := http.Get(url + "/items")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.shows(`\n.*1 requests, 0 failed`)
	s.shows(`GET +/items +1 +0 +\d+\.\d ms +main.items`)

	s.command("break", "add", "main.go:43")
	s.shows(`│[●○] main.go:43`)
	s.command("break", "rm", "main.go:43")
	s.shows(`│no breakpoints`)

	main := filepath.Join(term.dir, "main.go")
	source, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(source), "os.Stdin", "os.Stdout1", 1)
	if err := os.WriteFile(main, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	s.shows(`^● 1 error · rev 1 still serves ` + url)
	s.shows(`2 Errors 1 [^│]*\n.*│main.go:\d+:\d+: undefined: os.Stdout1\n.*│.*\|.*\n.*│.*\|  *\^`)
	s.shows(`✗ rev 2 · main.go`)
	if err := os.WriteFile(main, source, 0o644); err != nil {
		t.Fatal(err)
	}
	s.shows(`^● running rev`)
	s.shows(`nothing is wrong`)

	s.press("s")
	s.shows(`^● stopped`)
	s.press("s")
	s.shows(`^● running rev`)
	s.press("q")
	if code := s.wait(); code != 0 {
		t.Errorf("q ended attach with %d", code)
	}
	s.restored()
	if resp, err := http.Get(url); err != nil {
		t.Errorf("leaving attach ended the app: %v", err)
	} else {
		resp.Body.Close()
	}
}

// TestFullScreenFlood obeys keys while the app prints 10,000 lines a second.
func TestFullScreenFlood(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "tui.txtar", nil, "run")
	term.expect(`● running rev 1`)
	s := newFullScreen(t, term, 80, 24)
	s.shows(`running rev 1`)
	s.press("iflood\r")
	s.shows(`flood \d{4,}\n`)
	s.press("k")
	s.shows(`\d+ below`)
	s.press("?")
	s.shows(`reload: build and restart now`)
	s.press("?G")
	s.shows(`following`)
	s.press("istop\r")
	s.shows(`no more\n`)
	s.press("q")
	if code := s.wait(); code != 0 {
		t.Errorf("q ended attach with %d", code)
	}
}

// TestFullScreenEnds loses the daemon, which ends attach as it ends the plain
// one, and is killed, stopped and hung up itself: the terminal is put back.
func TestFullScreenEnds(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "tui.txtar", nil, "run")
	term.expect(`● running rev 1`)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP} {
		s := newFullScreen(t, term, 80, 24)
		s.shows(`running rev 1`)
		if err := s.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		s.wait()
		s.restored()
	}

	s := newFullScreen(t, term, 80, 24)
	s.shows(`running rev 1`)
	s.press("\x1a")
	var status unix.WaitStatus
	if _, err := unix.Wait4(s.cmd.Process.Pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("Ctrl-Z did not stop hotdev: %v, %v", status, err)
	}
	s.restored()
	if err := s.cmd.Process.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.shows(`^● running rev 1`)
	s.press("?")
	s.shows(`reload: build and restart now`) // keys are hotdev's again

	term.press("q") // the daemon's
	term.wait()
	if code := s.wait(); code != exitNoDaemon {
		t.Errorf("the daemon's end ended attach with %d", code)
	}
	s.restored()
	s.shows(`hotdev: no daemon serves this workspace any more`)
}

// TestFullScreenRefused wants a terminal, and people.
func TestFullScreenRefused(t *testing.T) {
	t.Parallel()
	dir := unpack(t, "tui.txtar")
	env := testEnviron(t, filepath.Join(dir, ".home"))
	for name, tt := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"json": {nil, []string{"--json"}, `only one can be had`},
		"dumb": {[]string{"TERM=dumb"}, nil, `TERM=dumb`},
	} {
		t.Run(name, func(t *testing.T) {
			term := startTerminal(t, dir, append(env[:len(env):len(env)], tt.env...), append([]string{"attach", "--tui"}, tt.args...)...)
			term.expect(tt.want)
			if code := term.wait(); code != exitUsage {
				t.Errorf("attach ended with %d", code)
			}
		})
	}
}
