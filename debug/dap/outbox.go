package dap

import (
	"io"
	"sync"
)

// outbox holds the frames that wait for a peer to read them, up to limit bytes.
// put never blocks; one goroutine, run's caller, writes.
type outbox struct {
	limit int
	wake  chan struct{} // holds a token when run has something to look at

	mu    sync.Mutex
	queue [][]byte
	size  int // bytes in queue
	ended bool
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1)}
}

// put queues frame; it reports false, and takes nothing, when the peer is too
// far behind. A frame of any size fits an empty outbox. After end it does
// nothing.
func (o *outbox) put(frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return true
	}
	if o.size > 0 && o.size+len(frame) > o.limit {
		return false
	}
	o.push(frame)
	return true
}

// end lets run return once all is written. With instead, what waits is thrown
// away and these are written in its place.
func (o *outbox) end(instead ...[]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	if len(instead) > 0 {
		o.queue, o.size = nil, 0
	}
	o.ended = true
	o.push(instead...)
}

// push queues frames and wakes run; the caller holds mu.
func (o *outbox) push(frames ...[]byte) {
	for _, frame := range frames {
		o.queue = append(o.queue, frame)
		o.size += len(frame)
	}
	select {
	case o.wake <- struct{}{}:
	default: // it has a token
	}
}

// run writes to w until the outbox has ended and is empty, or a write fails.
func (o *outbox) run(w io.Writer) error {
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
func (o *outbox) pop() (frame []byte, ended bool) {
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
