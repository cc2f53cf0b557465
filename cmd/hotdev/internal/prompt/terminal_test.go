//go:build linux

package prompt_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/term"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/prompt"
)

const (
	keyUp    = "\x1b[A"
	keyLeft  = "\x1b[D"
	keyCtrlC = "\x03"
	keyCtrlD = "\x04"
)

// terminal runs a prompt on a terminal, and returns that too.
func (a *app) terminal(history string) (c *console, tty *os.File, before *term.State) {
	a.t.Helper()
	ptmx, own, err := pty.Open()
	if err != nil {
		a.t.Fatal(err)
	}
	tty, err = os.OpenFile(own.Name(), os.O_RDWR, 0) // outlives the prompt's
	if err != nil {
		a.t.Fatal(err)
	}
	if before, err = term.GetState(int(tty.Fd())); err != nil {
		a.t.Fatal(err)
	}
	c = &console{t: a.t, input: ptmx, grown: make(chan struct{}, 1)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for b := make([]byte, 4096); ; {
			n, err := ptmx.Read(b)
			c.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	a.t.Cleanup(func() {
		tty.Close()
		<-read
	})
	c.run(a, own, own, history)
	return c, tty, before
}

func TestTerminal(t *testing.T) {
	a := newApp(t)
	a.start()
	history := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(history, []byte("# from before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, tty, before := a.terminal(history)
	c.expect(`\(dlv\) `)
	c.keys("conti\t\r") // completed
	c.expect("continue")
	c.keys(keyCtrlC)
	c.expect(`> \[pause\] `)
	c.expect(`\(dlv\) `)
	c.keys("nonsense" + keyCtrlC + "print 10+" + keyLeft + keyLeft + keyLeft + "1\r") // "110+": cleared, edited
	c.expect(`Command failed: `)
	c.keys(keyUp + "1\r") // "110+1"
	c.expect(`^111\r\n`)
	c.keys("\r") // again
	c.expect(`^111\r\n`)
	c.keys(keyCtrlD)
	c.end()

	kept, err := os.ReadFile(history)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("# from before\ncontinue \nprint 110+\nprint 110+1\n", string(kept)); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	after, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *after != *before {
		t.Error("the terminal was not given back as it was")
	}
}

// TestEnds ends prompts from outside, on a terminal that nobody types on.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(cancel context.CancelCauseFunc, front net.Conn)
		want string
	}{
		{"context", func(cancel context.CancelCauseFunc, _ net.Conn) { cancel(errors.New("enough")) }, "enough"},
		{"connection", func(_ context.CancelCauseFunc, front net.Conn) { front.Close() }, "the debug session has ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ptmx, tty, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer ptmx.Close()
			defer tty.Close()
			ours, theirs := net.Pipe()
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			ended := make(chan error, 1)
			go func() { ended <- prompt.Run(ctx, prompt.Options{Conn: ours, In: tty, Out: tty, Dir: t.TempDir()}) }()
			if _, err := theirs.Read(make([]byte, 1)); err != nil { // it has begun
				t.Fatal(err)
			}
			c.end(cancel, theirs)
			select {
			case err := <-ended:
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("it has ended with %v", err)
				}
			case <-time.After(limit):
				t.Fatal("it does not end")
			}
		})
	}
}
