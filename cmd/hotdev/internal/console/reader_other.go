//go:build !unix

package console

import (
	"os"
	"sync"
)

// reader reads a file. Where a Read that waits can't be ended it goes on until
// the next input or the end of the process; its result is dropped.
type reader struct {
	chunks chan []byte
	err    error // valid once chunks is closed
	rest   []byte
	done   chan struct{}
	once   sync.Once
}

func newReader(f *os.File) (*reader, error) {
	r := &reader{chunks: make(chan []byte), done: make(chan struct{})}
	go r.pump(f)
	return r, nil
}

func (r *reader) pump(f *os.File) {
	defer close(r.chunks)
	for {
		buf := make([]byte, 4096)
		n, err := f.Read(buf)
		if n > 0 {
			select {
			case r.chunks <- buf[:n]:
			case <-r.done:
				return
			}
		}
		if err != nil {
			r.err = err
			return
		}
	}
}

// Read waits for data, and returns errClosed after Close.
func (r *reader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		select {
		case chunk, ok := <-r.chunks:
			if !ok {
				return 0, r.err
			}
			r.rest = chunk
		case <-r.done:
			return 0, errClosed
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends Read, for good.
func (r *reader) Close() { r.once.Do(func() { close(r.done) }) }
