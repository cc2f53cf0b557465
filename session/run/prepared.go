package run

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/session/target"
)

// errNotStarted is the answer to the binds of a process that nobody has started in
// the end.
var errNotStarted = errors.New("the app is not to run")

// prepared is how a process waits for its Start.
type prepared struct {
	until   context.Context
	take    chan target.Spec // given to supervise by the Start
	started chan error       // what has become of that Start; has room for it
	over    chan struct{}    // closed when the wait is
	isTaken bool             // the Start has it; known when the wait is over
	exe     string           // what the system calls the executable

	mu    sync.Mutex
	goes  bool // it was let go before the Start
	asked bool // a Start wanted it
}

func newPrepared(until context.Context) *prepared {
	return &prepared{until: until, take: make(chan target.Spec), started: make(chan error, 1), over: make(chan struct{})}
}

// letGo lets the process run before its Start, unless that was, or it is not what it
// was prepared to be any more.
func (p *process) letGo() {
	p.prepared.mu.Lock()
	defer p.prepared.mu.Unlock()
	if !p.prepared.asked && !p.prepared.goes && p.waits() {
		p.prepared.goes = letGo(p.PID()) == nil
	}
}

// take lets the process run as spec says, and reports whether it could. Start
// calls it, once.
func (p *process) take(spec target.Spec) bool {
	p.prepared.mu.Lock()
	defer p.prepared.mu.Unlock()
	if p.prepared.asked = true; !p.fits(spec) {
		return false
	}
	select {
	case p.prepared.take <- spec:
		return <-p.prepared.started == nil
	case <-p.prepared.over:
		return false
	}
}

// fits reports whether a process of spec would be just like this one.
func (p *process) fits(spec target.Spec) bool {
	was := p.spec
	return was.Binary.Path == spec.Binary.Path && was.Binary.BuildID == spec.Binary.BuildID &&
		slices.Equal(was.Args, spec.Args) && slices.Equal(was.Env, spec.Env) && was.Dir == spec.Dir &&
		(was.Ports == nil) == (spec.Ports == nil) && alike(was, spec) &&
		(p.prepared.goes && !spec.Held || !p.prepared.goes && p.waits())
}

// waits reports whether the process stands where it was made to, in a directory and
// of an executable that are still there.
func (p *process) waits() bool { return waits(p.PID(), p.prepared.exe, p.spec.Dir) }

// await waits for the Start, lets the process run, and returns what finds out when
// it serves; before would, had it been started so. With an error the process is not
// to run. Supervise calls it.
func (p *process) await(s *streams, before *watcher) (w *watcher, err error) {
	defer close(p.prepared.over)
	select {
	case p.spec = <-p.prepared.take:
		if w, err = newWatcher(p, before); err == nil && !p.spec.Held && !p.prepared.goes {
			err = letGo(p.PID())
		}
		if err == nil {
			p.prepared.isTaken = true
			s.join(p.spec)
			return w, nil
		}
	case <-p.prepared.until.Done():
		err = context.Cause(p.prepared.until)
	case <-p.stopping:
		err = errNotStarted
	}
	s.join(target.Spec{Stdin: new(bytes.Buffer), Stdout: io.Discard, Stderr: io.Discard})
	return nil, err
}

// isStarted reports whether the process has been started, when that is known.
func (p *process) isStarted() bool {
	if p.prepared == nil {
		return true
	}
	<-p.prepared.over
	return p.prepared.isTaken
}
