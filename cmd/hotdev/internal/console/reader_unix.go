//go:build unix

package console

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// reader reads a file, a terminal or pipe say, such that a Read that waits can
// be ended. The file stays open, and what Read did not return stays unread.
// Read has one caller at a time; Close may be called by another goroutine.
type reader struct {
	f          *os.File
	ended, end *os.File // a pipe: closing end ends a Read
}

func newReader(f *os.File) (*reader, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Name(), err)
	}
	return &reader{f: f, ended: r, end: w}, nil
}

// Read waits for data, and returns errClosed after Close.
func (r *reader) Read(p []byte) (int, error) {
	fds := []unix.PollFd{
		{Fd: int32(r.f.Fd()), Events: unix.POLLIN},
		{Fd: int32(r.ended.Fd()), Events: unix.POLLIN},
	}
	for {
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
		case err != nil:
			return 0, fmt.Errorf("waiting for %s: %w", r.f.Name(), err)
		case fds[1].Revents != 0:
			return 0, errClosed
		case fds[0].Revents != 0:
			return r.f.Read(p)
		}
	}
}

// Close ends Read, for good.
func (r *reader) Close() { r.end.Close() }
