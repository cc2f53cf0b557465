package wire

import (
	"errors"
	"io"
	"sync"
)

// errFull and errEnding say why an outbox took no message.
var (
	errFull   = errors.New("the peer does not read")
	errEnding = errors.New("the connection is ending")
)

// outbox holds the messages that wait for a slow peer. put never blocks; one
// goroutine, run's caller, writes.
type outbox struct {
	w     io.Writer
	limit int           // of size
	wake  chan struct{} // holds a token when run has something to look at

	mu     sync.Mutex
	queue  [][]byte
	size   int // bytes in queue
	ending bool
}

func newOutbox(w io.Writer, limit int) *outbox {
	return &outbox{w: w, limit: limit, wake: make(chan struct{}, 1)}
}

// put queues frame, or returns errFull or errEnding. A frame of any size fits
// an empty outbox.
func (o *outbox) put(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ending:
		return errEnding
	case o.size > 0 && o.size+len(frame) > o.limit:
		return errFull
	}
	o.push(frame)
	return nil
}

// end takes last as the last frame (nil: none) and lets run return once all is
// written. With drop, what waits is thrown away first.
func (o *outbox) end(last []byte, drop bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if drop {
		o.queue, o.size = nil, 0
	}
	o.ending = true
	o.push(last)
}

// push queues frame and wakes run; the caller holds mu.
func (o *outbox) push(frame []byte) {
	if frame != nil {
		o.queue = append(o.queue, frame)
		o.size += len(frame)
	}
	select {
	case o.wake <- struct{}{}:
	default: // it has a token
	}
}

// run writes until the outbox has ended and is empty, or a write fails.
func (o *outbox) run() error {
	for range o.wake {
		for {
			frame, ending := o.pop()
			if frame == nil {
				if ending {
					return nil
				}
				break
			}
			if _, err := o.w.Write(frame); err != nil {
				return err
			}
		}
	}
	return nil
}

// pop takes the oldest frame; nil when there is none.
func (o *outbox) pop() (frame []byte, ending bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		o.queue = nil // let go of the array
		return nil, o.ending
	}
	frame = o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	o.size -= len(frame)
	return frame, o.ending
}

// waiting is how many bytes are queued.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size
}
