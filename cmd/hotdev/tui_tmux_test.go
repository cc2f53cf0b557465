//go:build unix

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var updateScreens = flag.Bool("update-screens", false, "write testdata/tui-*.golden")

// tmux is attach --tui in a pane of tmux, a terminal that others wrote.
type tmux struct {
	testing.TB
	socket string
	env    []string
}

// newTmux joins the daemon of term's directory in a window of that size.
// Without tmux the test is skipped, unless HOTDEV_REQUIRE_TMUX is set.
func newTmux(t *testing.T, term *terminal, width, height int) *tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("HOTDEV_REQUIRE_TMUX") != "" {
			t.Fatal(err)
		}
		t.Skip("there is no tmux")
	}
	sockets, err := os.MkdirTemp("", "hdtmux") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	x := &tmux{t, filepath.Join(sockets, "s"), append(term.env, "LANG=C.UTF-8")}
	t.Cleanup(func() {
		_ = x.command("kill-server").Run() // fails if it has ended
		os.RemoveAll(sockets)
	})
	x.do("-f", os.DevNull, "new-session", "-d", "-c", term.dir, "-x", fmt.Sprint(width), "-y", fmt.Sprint(height),
		hotdev+" attach --tui; echo ended with $?; cat")
	return x
}

func (x *tmux) command(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-u", "-S", x.socket}, args...)...)
	cmd.Env = x.env
	return cmd
}

// do runs a command of tmux and returns its output.
func (x *tmux) do(args ...string) string {
	x.Helper()
	out, err := x.command(args...).CombinedOutput()
	if err != nil {
		x.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (x *tmux) screen() string {
	x.Helper()
	return x.do("capture-pane", "-p")
}

// wait waits until the screen is as ok wants it. tmux tells of no changes, so
// it is looked at again and again.
func (x *tmux) wait(what string, ok func(screen string) bool) {
	x.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	timeout := time.After(failsafe)
	for !ok(x.screen()) {
		select {
		case <-look.C:
		case <-timeout:
			x.Fatalf("%s did not appear:\n%s", what, x.screen())
		}
	}
}

func (x *tmux) shows(pattern string) {
	x.Helper()
	x.wait(fmt.Sprintf("%q", pattern), regexp.MustCompile("(?m)"+pattern).MatchString)
}

// golden waits until the screen is as in testdata/NAME.golden, but for what is
// another one each time.
func (x *tmux) golden(name string) {
	x.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *updateScreens {
		if err := os.WriteFile(file, []byte(lasting(x.screen())), 0o644); err != nil {
			x.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		x.Fatal(err)
	}
	x.wait(fmt.Sprintf("the screen of %s:\n%s", file, want), func(screen string) bool {
		return lasting(screen) == string(want)
	})
}

// lasting replaces times, ports and the blanks after them.
func lasting(screen string) string {
	for _, r := range []struct{ pattern, with string }{
		{`127\.0\.0\.1:\d+`, "HOST:PORT"},
		{`\d\d:\d\d:\d\d`, "CLOCK"},
		{`\d+ ms|\d+\.\d\d s`, "TIME"},
		{` \((queue|compile|link).*`, ""},
		{`(?m) +$`, ""},
		{`  +`, "  "},
	} {
		screen = regexp.MustCompile(r.pattern).ReplaceAllString(screen, r.with)
	}
	return screen
}

// TestFullScreenInTmux holds screens of a real daemon in a real terminal, over
// a resize, and keys under 10,000 lines a second.
func TestFullScreenInTmux(t *testing.T) {
	t.Parallel()
	term := newTerminal(t, "tui.txtar", nil, "run")
	term.expect(`● running rev 1`)
	x := newTmux(t, term, 80, 24)
	x.shows(`^● running rev 1`)
	x.shows(`3 Routes 1`)
	x.shows(`4 History 1`)
	x.golden("tui-80x24")
	x.do("resize-window", "-x", "200", "-y", "50")
	x.shows(`│─ 5 Breakpoints 0 ─+`)
	x.golden("tui-200x50")

	x.do("send-keys", "iflood", "Enter")
	x.shows(`^flood \d{4,}`)
	x.do("send-keys", "?")
	x.shows(`reload: build and restart now`)
	x.do("send-keys", "?", "Up")
	x.shows(`\d+ below`)
	x.do("resize-window", "-x", "100", "-y", "20")
	x.shows(`\[1 Log\]`)
	x.do("send-keys", "istop", "Enter")
	x.do("send-keys", "G")
	x.shows(`^no more`)
	x.do("send-keys", "q")
	x.shows(`^ended with 0`)
}
