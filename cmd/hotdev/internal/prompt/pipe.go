package prompt

import (
	"io"
	"sync"
)

// pipe is bytes on their way from one goroutine to another.
type pipe struct {
	mu    sync.Mutex
	cond  sync.Cond
	bytes []byte
	ended bool
}

func newPipe() *pipe {
	p := &pipe{}
	p.cond.L = &p.mu
	return p
}

// put adds bytes. It never waits.
func (p *pipe) put(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes = append(p.bytes, b...)
	p.cond.Signal()
}

// end says that there will be no more.
func (p *pipe) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.cond.Broadcast()
}

// Read waits for bytes; it returns io.EOF when there are none and no more come.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.bytes) == 0 {
		if p.ended {
			return 0, io.EOF
		}
		p.cond.Wait()
	}
	n := copy(b, p.bytes)
	p.bytes = p.bytes[n:]
	return n, nil
}
