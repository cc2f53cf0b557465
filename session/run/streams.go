package run

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// drainTime bounds the wait for the end of an output once the tree is gone.
// What the tree has written is in the pipe by then, and read in far less.
const drainTime = time.Second

// streams joins an app's standard streams with those of its Spec. Files are
// handed to the app as they are; for the rest there is a pipe each.
type streams struct {
	spec   target.Spec
	child  [3]*os.File // the app's ends; nil: the null device
	opened []*os.File  // those of child that are pipes
	input  *os.File    // our end of the pipe to standard input, or nil
	output []output
	copies sync.WaitGroup // the copiers of output
}

// output is our end of a pipe that the app writes to.
type output struct {
	from *os.File
	to   io.Writer
}

// openStreams makes the pipes for spec.
func openStreams(spec target.Spec) (*streams, error) {
	s := &streams{spec: spec}
	var err error
	if s.child[0], err = s.openInput(); err == nil {
		if s.child[1], err = s.openOutput(spec.Stdout); err == nil {
			if sameWriter(spec.Stdout, spec.Stderr) {
				s.child[2] = s.child[1]
			} else {
				s.child[2], err = s.openOutput(spec.Stderr)
			}
		}
	}
	if err != nil {
		s.abandon()
		return nil, fmt.Errorf("making the pipes of its standard streams: %w", err)
	}
	return s, nil
}

// join makes s the streams of a spec that is alike.
func (s *streams) join(spec target.Spec) {
	s.spec = spec
	i := 0
	for _, w := range []io.Writer{spec.Stdout, spec.Stderr} {
		if _, isFile := w.(*os.File); w != nil && !isFile && i < len(s.output) {
			s.output[i].to = w
			i++
		}
	}
}

// alike reports whether the streams of two specs differ only in who reads and
// writes at our end.
func alike(a, b target.Spec) bool {
	same := func(x, y any) bool {
		f, xIsFile := x.(*os.File)
		g, yIsFile := y.(*os.File)
		return (x == nil) == (y == nil) && xIsFile == yIsFile && f == g
	}
	return same(a.Stdin, b.Stdin) && same(a.Stdout, b.Stdout) && same(a.Stderr, b.Stderr) &&
		sameWriter(a.Stdout, a.Stderr) == sameWriter(b.Stdout, b.Stderr)
}

// sameWriter reports whether a and b are one writer.
func sameWriter(a, b io.Writer) bool {
	return a != nil && reflect.TypeOf(a).Comparable() && a == b
}

// openInput returns the file that the app reads its standard input from.
func (s *streams) openInput() (*os.File, error) {
	switch in := s.spec.Stdin.(type) {
	case nil:
		return nil, nil
	case *os.File:
		return in, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.opened = append(s.opened, r)
	s.input = w
	return r, nil
}

// openOutput returns the file that the app writes to for w.
func (s *streams) openOutput(w io.Writer) (*os.File, error) {
	switch w := w.(type) {
	case nil:
		return nil, nil
	case *os.File:
		return w, nil
	}
	r, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.opened = append(s.opened, pw)
	s.output = append(s.output, output{r, w})
	return pw, nil
}

// give sets cmd's streams. A nil *os.File must become a nil interface.
func (s *streams) give(cmd *exec.Cmd) {
	if f := s.child[0]; f != nil {
		cmd.Stdin = f
	}
	if f := s.child[1]; f != nil {
		cmd.Stdout = f
	}
	if f := s.child[2]; f != nil {
		cmd.Stderr = f
	}
}

// pass starts to copy; the app has its ends now.
func (s *streams) pass() {
	s.closeOpened()
	for _, o := range s.output {
		s.copies.Go(o.copy)
	}
	if s.input != nil {
		go s.feed()
	}
}

// copy copies until every process has closed the pipe, or drain gives up. A
// writer that fails must not block the app: what it refuses is dropped.
func (o output) copy() {
	buf := make([]byte, 64<<10) // what a pipe holds on Linux
	for {
		n, err := o.from.Read(buf)
		if n > 0 {
			_, _ = o.to.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// feed copies standard input until it ends or the app no longer reads it.
func (s *streams) feed() {
	_, _ = io.Copy(s.input, s.spec.Stdin)
	s.input.Close()
}

// drain waits until all output has been delivered. It reports false when some
// process still had it open after drainTime.
func (s *streams) drain() (complete bool) {
	giveUp := time.AfterFunc(drainTime, func() {
		for _, o := range s.output {
			_ = o.from.SetReadDeadline(time.Now())
		}
	})
	s.copies.Wait()
	complete = giveUp.Stop()
	for _, o := range s.output {
		o.from.Close()
	}
	return complete
}

// abandon closes all pipes of an app that did not start.
func (s *streams) abandon() {
	s.closeOpened()
	if s.input != nil {
		s.input.Close()
	}
	for _, o := range s.output {
		o.from.Close()
	}
}

// closeOpened closes the app's ends of the pipes in this process.
func (s *streams) closeOpened() {
	for _, f := range s.opened {
		f.Close()
	}
}
