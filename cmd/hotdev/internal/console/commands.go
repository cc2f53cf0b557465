package console

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// help lists the keys; %s is what q does.
const help = `  r  reload: build and restart now
  s  stop the app, or start it
  o  open the app in the browser
  i  type a line for the app's standard input (Esc cancels, Ctrl-D ends the input)
  c  clear the screen
  q  %s`

// press carries out k and reports whether it ends the console.
func (c *Console) press(ctx context.Context, k key) (quit bool) {
	if c.editor != nil {
		c.edit(k)
		return false
	}
	switch k {
	case 'r':
		c.do(ctx, "reload", c.opt.App.Reload)
	case 's':
		if Starts(c.state) {
			c.do(ctx, "start", c.opt.App.Start)
		} else {
			c.do(ctx, "stop", c.opt.App.Stop)
		}
	case 'o':
		c.open(ctx)
	case 'i':
		c.editor = &lineEditor{}
	case 'c', keyRedraw:
		c.check(c.screen.clear())
	case keyEnter:
		c.print("") // a gap to tell what comes next from what was there
	case '?', 'h':
		c.print(fmt.Sprintf(help, c.opt.Quit))
	case 'q':
		return true
	}
	return false
}

// Starts reports whether the key s starts the app rather than stopping it.
func Starts(st protocol.Status) bool {
	switch st.State {
	case protocol.StateIdle, protocol.StateStopped, protocol.StateCrashed:
		return true
	default:
		return false
	}
}

// edit applies k to the line for the app.
func (c *Console) edit(k key) {
	if k == keyEscape {
		c.editor = nil
		return
	}
	done, eof := c.editor.edit(k)
	if !done && !eof {
		return
	}
	line := inputLine{eof: eof}
	if done {
		line.text = string(c.editor.text) + "\n"
	}
	c.editor = nil
	select {
	case c.input <- line:
	default:
		c.say("input: the daemon does not take the lines as fast as they come")
	}
}

func (c *Console) open(ctx context.Context) {
	u := AppURL(c.state)
	if u == "" {
		c.say("open: the app does not listen anywhere")
		return
	}
	c.do(ctx, "open", func(context.Context) error { return c.opt.Open(u) })
}

// do runs a command beside the loop; only its failure is said, its success
// shows in the state.
func (c *Console) do(ctx context.Context, name string, command func(context.Context) error) {
	c.tasks.Go(func() {
		if err := command(ctx); err != nil {
			c.result(ctx, fmt.Sprintf("%s: %v", name, err))
		}
	})
}

// result gives the loop something to say.
func (c *Console) result(ctx context.Context, text string) {
	select {
	case c.results <- text:
	case <-ctx.Done():
	}
}

// sendLines passes typed lines to the app, in their order.
func (c *Console) sendLines(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-c.input:
			if err := c.opt.App.Input(ctx, l.text, l.eof); err != nil {
				c.result(ctx, fmt.Sprintf("input: %v", err))
			}
		}
	}
}

// passInput passes everything that r gives to the app, up to its end.
func (c *Console) passInput(ctx context.Context, r io.Reader) {
	buf := make([]byte, 32<<10)
	kept := 0 // bytes of an incomplete rune at the start of buf
	for {
		n, readErr := r.Read(buf[kept:])
		if ctx.Err() != nil {
			return
		}
		data := buf[:kept+n]
		whole := len(data)
		if readErr == nil {
			whole -= incompleteRune(data)
		}
		if whole > 0 || readErr != nil {
			if err := c.opt.App.Input(ctx, string(data[:whole]), readErr != nil); err != nil {
				c.result(ctx, fmt.Sprintf("input: %v", err))
				return
			}
		}
		if readErr != nil {
			return
		}
		kept = copy(buf, data[whole:])
	}
}

// incompleteRune returns the length of an incomplete UTF-8 sequence at the end
// of b: the protocol carries text, which must not be cut within a character.
func incompleteRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// readKeys delivers the keys that r gives until it ends, then closes pressed.
func readKeys(ctx context.Context, r io.Reader, pressed chan<- key) {
	defer close(pressed)
	buf := make([]byte, 256)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		keys, rest := decodeKeys(buf[:kept+n])
		for _, k := range keys {
			select {
			case pressed <- k:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
		kept = copy(buf, rest)
	}
}
