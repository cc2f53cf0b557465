package prompt

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/muesli/cancelreader"
	"golang.org/x/term"
)

const (
	promptText = "(dlv) "
	keyCtrlC   = 3
	keyEnter   = 13
	keyCtrlU   = 21 // clears the line that is being typed
)

// input gives lines, one each time it is asked. Two goroutines serve it: pump
// reads the file, and read makes lines of what came; close ends both and waits.
type input struct {
	lines      chan string // closed at the end of the input
	interrupts chan struct{}
	entered    atomic.Int64 // lines that were ended in the terminal, before what is typed now
	out        io.Writer
	terminal   bool

	asked   chan struct{}
	keys    *pipe
	reader  io.Reader // of the file
	closing chan struct{}
	tasks   sync.WaitGroup
	restore func()
}

// newInput begins to read o.In.
func newInput(o Options) (*input, error) {
	in := &input{
		lines: make(chan string), interrupts: make(chan struct{}, 1), out: o.Out,
		asked: make(chan struct{}, 1), keys: newPipe(), closing: make(chan struct{}),
		restore: func() {}, reader: o.In,
	}
	if r, err := cancelreader.NewReader(o.In); err == nil {
		in.reader = r
	} // a regular file: reading it never blocks
	next := in.script()
	if fd := int(o.In.Fd()); term.IsTerminal(fd) {
		var err error
		if next, err = in.editor(o, fd); err != nil {
			return nil, err
		}
	}
	in.tasks.Go(in.pump)
	in.tasks.Go(func() { in.read(next) })
	return in, nil
}

// script reads lines as they are.
func (in *input) script() func() (string, error) {
	r := bufio.NewReader(in.keys)
	return func() (string, error) {
		line, err := r.ReadString('\n')
		if line != "" {
			err = nil
		}
		return line, err
	}
}

// editor reads lines with editing and history from a terminal.
func (in *input) editor(o Options, fd int) (func() (string, error), error) {
	state, err := term.MakeRaw(fd)
	if err != nil {
		return nil, fmt.Errorf("prepare the terminal: %w", err)
	}
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in.keys, o.Out}, promptText)
	h := loadHistory(o.History)
	t.History = h
	t.AutoCompleteCallback = complete
	in.out, in.terminal = t, true
	in.restore = func() {
		_ = term.Restore(fd, state) // there is no more that could be done
		fmt.Fprintln(o.Out)
		if err := h.save(); err != nil {
			fmt.Fprintf(o.Out, "The history is not kept: %v\n", err)
		}
	}
	return func() (string, error) {
		if w, h, err := term.GetSize(fd); err == nil && w > 0 && h > 0 {
			_ = t.SetSize(w, h) // only moves the cursor
		}
		line, err := t.ReadLine()
		if err == term.ErrPasteIndicator {
			err = nil
		}
		return line, err
	}, nil
}

// pump passes on what is typed, so that Ctrl-C is seen while no line is asked for.
func (in *input) pump() {
	defer in.keys.end()
	buf := make([]byte, 4096)
	for {
		n, err := in.reader.Read(buf)
		keys := buf[:n]
		if in.terminal && bytes.IndexByte(keys, keyCtrlC) >= 0 {
			before, _, _ := bytes.Cut(keys, []byte{keyCtrlC})
			in.entered.Add(int64(bytes.Count(before, []byte{keyEnter})))
			keys = bytes.ReplaceAll(keys[len(before):], []byte{keyCtrlC}, []byte{keyCtrlU})
			in.keys.put(before)
			in.interrupt()
		}
		in.entered.Add(int64(bytes.Count(keys, []byte{keyEnter})))
		in.keys.put(keys)
		if err != nil {
			return
		}
	}
}

// interrupt is Ctrl-C for whoever waits, or for the next one who does.
func (in *input) interrupt() {
	select {
	case in.interrupts <- struct{}{}:
	default:
	}
}

// read makes a line each time one is asked for.
func (in *input) read(next func() (string, error)) {
	defer close(in.lines)
	for {
		select {
		case <-in.asked:
		case <-in.closing:
			return
		}
		line, err := next()
		if err != nil {
			return
		}
		select {
		case in.lines <- strings.TrimRight(line, "\r\n"):
		case <-in.closing:
			return
		}
	}
}

// ask wants the next line.
func (in *input) ask() {
	select {
	case <-in.interrupts: // it was meant for what has ended
	default:
	}
	in.asked <- struct{}{}
}

// close ends reading and gives the terminal back.
func (in *input) close() {
	close(in.closing)
	in.keys.end()
	if r, ok := in.reader.(cancelreader.CancelReader); ok {
		r.Cancel()
		in.tasks.Wait()
		_ = r.Close()
	} else {
		in.tasks.Wait()
	}
	in.restore()
}
