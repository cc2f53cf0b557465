package debug

import (
	"context"
	"sync"
	"time"
)

// spareAfter is how long after Delve has got hold of an app, or let go of it, the next
// host is started: the app's start has the processors.
const spareAfter = 500 * time.Millisecond

// spare is a host that waits for the next app while a debugger is wanted, with the
// memory at hand that Delve has used for the last one: to start a host and to get
// memory from the system took two fifths of the time of a launch. All but
// tasks is guarded by the Runner's mu.
type spare struct {
	host   *hostProcess // nil: there is none
	making bool
	memory int64 // that Delve has used the last time

	tasks sync.WaitGroup // those that start hosts, and end them
}

// prepareSpare starts a host for the next app, unless that is of no use.
func (r *Runner) prepareSpare() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.wantsSpare() || r.spare.host != nil || r.spare.making {
		return
	}
	r.spare.making = true
	memory := r.spare.memory
	r.spare.tasks.Go(func() {
		h, err := r.waitingHost(context.Background(), memory)
		if err != nil {
			r.opt.Logger.Debug("no host waits for the next app", "err", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.spare.host, r.spare.making = h, false
		r.dropSpare()
	})
}

// wantsSpare reports whether the next app will need a host that attaches to it. r.mu
// is held.
func (r *Runner) wantsSpare() bool { return r.wish.Wanted && !r.closed && !r.byParent }

// dropSpare ends the spare host if it is of no use any more. r.mu is held.
func (r *Runner) dropSpare() {
	if h := r.spare.host; h != nil && !r.wantsSpare() {
		r.spare.host = nil
		r.spare.tasks.Go(h.kill)
	}
}

// takeSpare returns the spare host, which then is the caller's; nil if there is
// none. It may have been killed.
func (r *Runner) takeSpare() *hostProcess {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.spare.host
	r.spare.host = nil
	return h
}

// used notes how much memory Delve has used to get hold of an app.
func (r *Runner) used(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spare.memory = bytes
}
