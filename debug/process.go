package debug

import (
	"context"
	"os"
	"sync"

	"github.com/hotdev/hotdev/session/target"
)

// process is a running app that Delve may look into. It implements
// target.Process.
//
// Its goroutines: mind, the owner of what is not marked otherwise, which ends
// with the app; and at most one task at a time, which mind starts and waits
// for, and which owns host and over meanwhile.
type process struct {
	r     *Runner
	spec  target.Spec
	inner target.Process // the app, or its host if that is its parent
	main  *os.Process    // of inner
	pid   int            // of the app

	host *hostProcess // nil: nothing of Delve runs
	over bool         // the app has ended or is about to: leave it alone
	lost error        // why the app had to be ended

	ready    chan struct{}
	notReady chan error
	exited   chan struct{}
	stopping chan struct{} // closed by askStop
	askStop  func()        // once
	loose    chan struct{} // closed when Delve does not hold the app and never will again
	kick     chan struct{} // capacity 1: what is wanted may have changed

	// Guarded by r.mu.
	held    bool   // Delve holds the app
	refused string // why it doesn't although it should; "": it was not refused
	asked   int    // r.asked when that was tried
}

// newProcess returns the process of the app pid, which inner is or, with the
// host h, waits for.
func newProcess(r *Runner, spec target.Spec, inner target.Process, pid int, h *hostProcess) *process {
	p := &process{
		r:        r,
		spec:     spec,
		inner:    inner,
		pid:      pid,
		host:     h,
		ready:    make(chan struct{}),
		notReady: make(chan error, 1),
		exited:   make(chan struct{}),
		stopping: make(chan struct{}),
		loose:    make(chan struct{}),
		kick:     make(chan struct{}, 1),
	}
	p.main, _ = os.FindProcess(inner.PID()) // on Unix it never fails
	p.askStop = sync.OnceFunc(func() {
		close(p.stopping)
		wake(p.kick)
	})
	return p
}

// PID implements target.Process.
func (p *process) PID() int { return p.pid }

// Ready implements target.Process.
func (p *process) Ready() <-chan struct{} { return p.ready }

// NotReady implements target.Process.
func (p *process) NotReady() <-chan error { return p.notReady }

// Listeners implements target.Process.
func (p *process) Listeners() []target.Listener { return p.inner.Listeners() }

// Exited implements target.Process.
func (p *process) Exited() <-chan struct{} { return p.exited }

// Exit implements target.Process. A host that is the app's parent ends like it.
func (p *process) Exit() target.Exit { return p.inner.Exit() }

// Stop implements target.Process.
func (p *process) Stop(ctx context.Context) target.Exit {
	p.askStop()
	select {
	case <-p.loose:
	case <-p.exited:
	case <-ctx.Done():
	}
	p.inner.Stop(ctx)
	<-p.exited
	return p.inner.Exit()
}

// launched reports whether the app is its host's child.
func (p *process) launched() bool { return p.pid != p.inner.PID() }

// isRefused reports whether it is known that Delve can't hold the app: nobody
// has asked anew since that was tried. r.mu is held.
func (p *process) isRefused() bool { return p.refused != "" && p.asked == p.r.asked }

// ending reports whether Delve is to let go for good.
func (p *process) ending() bool {
	select {
	case <-p.stopping:
		return true
	default:
	}
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	return p.r.closed
}

// setHeld publishes whether Delve holds the app.
func (p *process) setHeld(held bool) {
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.held = held
	if held {
		p.refused = ""
	}
	p.r.signal()
}

// refuse publishes why Delve does not hold the app.
func (p *process) refuse(err error) {
	p.r.opt.Logger.Warn("the app can't be debugged", "pid", p.pid, "err", err)
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.refused = err.Error()
	p.r.signal()
}
