package session

import (
	"context"
	"fmt"
	"io"
	"slices"
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
	writes  []*inputWrite // those that wait for room, oldest first
	reader  *inputReader  // the generation that reads now
}

// inputWrite is what is left of a write.
type inputWrite struct {
	text string
	eof  bool
	done chan struct{} // closed when nothing is left, or nobody will read it
}

func newInput() *input {
	in := &input{}
	in.changed = sync.NewCond(&in.mu)
	return in
}

// write queues text for the app, after what was written before. The Answer waits
// for room until ctx ends or the input is closed.
func (in *input) write(text string, eof bool) Answer[struct{}] {
	in.mu.Lock()
	defer in.mu.Unlock()
	w := &inputWrite{text: text, eof: eof, done: make(chan struct{})}
	in.writes = append(in.writes, w)
	if in.closed {
		close(w.done)
	}
	in.fill()
	return func(ctx context.Context) (none struct{}, err error) {
		select {
		case <-w.done:
		case <-ctx.Done():
		}
		return none, in.end(ctx, w)
	}
}

// end gives up what is left of w.
func (in *input) end(ctx context.Context, w *inputWrite) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	i := slices.Index(in.writes, w)
	switch {
	case i < 0:
		return nil
	case in.closed:
		return ErrClosed
	}
	in.writes = slices.Delete(in.writes, i, i+1)
	in.fill()
	return fmt.Errorf("the app does not read its standard input, %d bytes of it are lost: %w", len(w.text), context.Cause(ctx))
}

// fill queues what there is room for. in.mu is held.
func (in *input) fill() {
	for len(in.writes) > 0 && !in.closed {
		w := in.writes[0]
		n := min(len(w.text), maxInput-len(in.data))
		in.data, w.text = append(in.data, w.text[:n]...), w.text[n:]
		in.changed.Broadcast()
		if w.text != "" {
			return
		}
		in.eof = in.eof || w.eof
		in.writes = in.writes[1:]
		close(w.done)
	}
}

// close ends every write that waits, and all later ones.
func (in *input) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for _, w := range in.writes {
		close(w.done)
	}
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
			r.in.fill()
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
