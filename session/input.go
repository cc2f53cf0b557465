package session

import (
	"context"
	"fmt"
	"io"
	"sync"
)

const maxInput = 1 << 20

// input is the app's standard input over all its generations: what one has not
// read waits for the next.
type input struct {
	mu      sync.Mutex
	changed *sync.Cond
	data    []byte
	eof     bool
	closed  bool
	reader  *inputReader // the generation that reads now
}

func newInput() *input {
	in := &input{}
	in.changed = sync.NewCond(&in.mu)
	return in
}

// write queues text for the app, waiting for room until ctx ends or the input
// is closed.
func (in *input) write(ctx context.Context, text string, eof bool) error {
	defer context.AfterFunc(ctx, in.wake)()
	in.mu.Lock()
	defer in.mu.Unlock()
	for {
		switch n := min(len(text), maxInput-len(in.data)); {
		case in.closed:
			return ErrClosed
		case n > 0 || text == "":
			in.data = append(in.data, text[:n]...)
			text = text[n:]
			in.eof = in.eof || eof && text == ""
			in.changed.Broadcast()
			if text == "" {
				return nil
			}
		case ctx.Err() != nil:
			return fmt.Errorf("the app does not read its standard input, %d bytes of it are lost: %w", len(text), context.Cause(ctx))
		default:
			in.changed.Wait()
		}
	}
}

// wake makes those that wait look again.
func (in *input) wake() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.changed.Broadcast()
}

// close ends every write that waits, and all later ones.
func (in *input) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.changed.Broadcast()
}

// next makes a reader for a new generation; the one before gets end of file.
func (in *input) next() io.ReadCloser {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.reader = &inputReader{in: in}
	in.changed.Broadcast()
	return in.reader
}

// inputReader is one generation's view of an input.
type inputReader struct {
	in     *input
	closed bool // guarded by in.mu
}

// Read waits for input; it returns io.EOF after the end of the input, after
// Close, and once a newer generation reads.
func (r *inputReader) Read(p []byte) (int, error) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	for {
		switch {
		case r.closed || r.in.reader != r:
			return 0, io.EOF
		case len(r.in.data) > 0:
			n := copy(p, r.in.data)
			r.in.data = r.in.data[n:]
			r.in.changed.Broadcast() // there is room
			return n, nil
		case r.in.eof:
			return 0, io.EOF
		}
		r.in.changed.Wait()
	}
}

// Close ends a Read that waits.
func (r *inputReader) Close() error {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.closed = true
	r.in.changed.Broadcast()
	return nil
}
