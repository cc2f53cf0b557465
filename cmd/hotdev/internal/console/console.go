// Package console is hotdev's terminal interface: the app's log with a status
// line that stays below it, build errors with their source lines, and keys. It
// knows a daemon only as an App and a feed.Feed, so that a terminal has no power
// that other clients lack. Where there is no terminal it writes plain lines.
package console

import (
	"context"
	"io"
	"os"
	"sync"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// App is what keys act on. The methods may block; each call runs in a goroutine
// of the console's.
type App interface {
	Reload(ctx context.Context) error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	// Input writes text to the app's standard input, and closes it after that
	// if eof is set.
	Input(ctx context.Context, text string, eof bool) error
}

// Options configures a Console.
type Options struct {
	In     *os.File // keys if it and Out are terminals, else the app's input; nil: neither
	Out    *os.File // what hotdev says, and on a terminal the app's output
	AppOut *os.File // the app's standard output, unless this is a terminal
	Format Format
	App    App
	Open   func(url string) error // shows a page in the browser
	Quit   string                 // what q does, for the help: "quit", "detach"
}

// Console shows a feed to a person and carries out keys.
//
// Its goroutines: Run's caller, which alone writes and holds the state; one
// that reads In; one that sends typed lines; one for each command that a key
// started. Run ends and waits for all of them.
type Console struct {
	opt     Options
	feed    *feed.Feed
	screen  *screen // nil: plain lines
	err     error   // the first failed write
	state   protocol.Status
	known   bool        // state was told
	editor  *lineEditor // not nil: keys make a line for the app
	built   []string    // output of the build that runs
	url     string      // where the app was last said to answer
	results chan string // what commands have to say
	input   chan inputLine
	tasks   sync.WaitGroup
}

type inputLine struct {
	text string
	eof  bool
}

// New returns a console that shows f.
func New(o Options, f *feed.Feed) *Console {
	return &Console{opt: o, feed: f, results: make(chan string), input: make(chan inputLine, 64)}
}

// Run shows the feed until q is pressed or ctx ends, which gives nil, or the
// feed ends or Out can't be written, which gives an error. The terminal is put
// back into its mode in every case. If begin is not nil, it runs beside that,
// and its failure is said. Run may be called again after it returned nil.
func (c *Console) Run(ctx context.Context, begin func(context.Context) error) error {
	body := c.plain
	if c.opt.In != nil && IsTerminal(c.opt.In) && IsTerminal(c.opt.Out) && Foreground(c.opt.In) {
		body = c.live
	}
	return c.run(ctx, body, begin)
}

// run runs body, and all tasks that it starts, to their end.
func (c *Console) run(ctx context.Context, body, begin func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer c.tasks.Wait()
	defer cancel()
	if begin != nil {
		c.do(ctx, "start", begin)
	}
	return body(ctx)
}

// Finish runs last, which must end the feed, and shows what comes until then
// as plain lines. It returns last's error. It is for after Run.
func (c *Console) Finish(last func() error) error {
	c.screen = nil
	ended := make(chan error, 1)
	go func() { ended <- last() }()
	for {
		select {
		case <-c.feed.Ready():
			_, _ = c.show(c.feed.Take()) // last says how it ended
		case err := <-ended:
			_, _ = c.show(c.feed.Take())
			return err
		}
	}
}

// plain writes lines and passes In to the app, unless In is a terminal: another
// program's in the foreground, say.
func (c *Console) plain(ctx context.Context) error {
	if c.opt.In != nil && !IsTerminal(c.opt.In) {
		r, err := newReader(c.opt.In)
		if err != nil {
			return err
		}
		defer r.Close()
		c.tasks.Go(func() { c.passInput(ctx, r) })
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.feed.Ready():
			if done, err := c.show(c.feed.Take()); done {
				return err
			}
		case text := <-c.results:
			c.say(text)
		}
		if c.err != nil {
			return c.err
		}
	}
}

// live draws the status line and obeys keys.
func (c *Console) live(ctx context.Context) error {
	restore, err := c.takeTerminal()
	if err != nil {
		return err
	}
	defer func() { restore() }()
	r, err := newReader(c.opt.In)
	if err != nil {
		return err
	}
	defer r.Close()
	pressed := make(chan key)
	c.tasks.Go(func() { readKeys(ctx, r, pressed) })
	c.tasks.Go(func() { c.sendLines(ctx) })
	resized, suspended, stop := watchTerminal()
	defer stop()

	c.screen = &screen{w: c.opt.Out}
	defer func() { c.check(c.screen.close()) }()
	for {
		c.draw()
		select {
		case <-ctx.Done():
			return nil
		case <-c.feed.Ready():
			if done, err := c.show(c.feed.Take()); done {
				return err
			}
		case text := <-c.results:
			c.say(text)
		case k, ok := <-pressed:
			if !ok || c.press(ctx, k) {
				return nil
			}
		case <-resized: // draw looks at the width
		case <-suspended:
			c.check(c.screen.close())
			restore()
			if err := Suspend(); err != nil {
				return err
			}
			if restore, err = c.takeTerminal(); err != nil {
				return err
			}
		}
		if c.err != nil {
			return c.err
		}
	}
}

// takeTerminal switches In to keys and has it guarded; restore undoes both.
func (c *Console) takeTerminal() (restore func(), err error) {
	m, err := newMode(c.opt.In)
	if err != nil {
		return func() {}, err
	}
	g, err := startGuard(c.opt.In, m, "")
	if err != nil {
		return func() {}, err
	}
	if err := m.keys(); err != nil {
		g.dismiss()
		return func() {}, err
	}
	return func() {
		c.check(m.restore())
		g.dismiss()
	}, nil
}

// check keeps the first error of writing.
func (c *Console) check(err error) {
	if c.err == nil {
		c.err = err
	}
}

// print writes whole lines to Out, above the status line if there is one.
func (c *Console) print(lines ...string) {
	if c.screen != nil {
		c.check(c.screen.print(c.line(), lines...))
		return
	}
	c.check(writeLines(c.opt.Out, lines))
}

func writeLines(w io.Writer, lines []string) error {
	var b []byte
	for _, l := range lines {
		b = append(append(b, l...), '\n')
	}
	_, err := w.Write(b)
	return err
}
