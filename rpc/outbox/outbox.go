// Package outbox holds what waits for a peer that may be slow to read it, so
// that nobody but the goroutine that writes ever waits for the peer. It knows
// nothing of the protocol that is spoken.
package outbox

import (
	"errors"
	"io"
	"sync"
)

// ErrFull and ErrEnded say why an outbox took no frame.
var (
	ErrFull  = errors.New("the peer does not read")
	ErrEnded = errors.New("the connection is ending")
)

// Outbox is a queue of frames, bounded by their bytes. Its methods may be
// called by any goroutine and never block, but for Run.
type Outbox struct {
	limit int           // of size
	wake  chan struct{} // holds a token when Run has something to look at

	mu    sync.Mutex
	queue [][]byte
	size  int // bytes in queue
	ended bool
}

// New returns an outbox for limit bytes.
func New(limit int) *Outbox {
	return &Outbox{limit: limit, wake: make(chan struct{}, 1)}
}

// Put queues frame, or returns ErrFull or ErrEnded. A frame of any size fits an
// empty outbox.
func (o *Outbox) Put(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ended:
		return ErrEnded
	case o.size > 0 && o.size+len(frame) > o.limit:
		return ErrFull
	}
	o.push(frame)
	return nil
}

// End takes last as the last frames and lets Run return once all is written.
// With drop, what waits is thrown away first. Only the first End counts.
func (o *Outbox) End(drop bool, last ...[]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	if drop {
		o.queue, o.size = nil, 0
	}
	o.ended = true
	o.push(last...)
}

// push queues frames and wakes Run; the caller holds mu.
func (o *Outbox) push(frames ...[]byte) {
	for _, frame := range frames {
		o.queue = append(o.queue, frame)
		o.size += len(frame)
	}
	select {
	case o.wake <- struct{}{}:
	default: // it has a token
	}
}

// Run writes to w until the outbox has ended and is empty, or a write fails. It
// has one caller.
func (o *Outbox) Run(w io.Writer) error {
	for range o.wake {
		for {
			frame, ended := o.pop()
			if frame == nil && ended {
				return nil
			}
			if frame == nil {
				break
			}
			if _, err := w.Write(frame); err != nil {
				return err
			}
		}
	}
	return nil
}

// pop takes the oldest frame; nil when there is none.
func (o *Outbox) pop() (frame []byte, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		o.queue = nil // let go of the array
		return nil, o.ended
	}
	frame = o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	o.size -= len(frame)
	return frame, o.ended
}

// Waiting is how many bytes are queued.
func (o *Outbox) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size
}
