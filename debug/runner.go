package debug

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/session/target"
)

// Runner starts apps that can be debugged. It implements target.Runner.
//
// Each app that it has started has a goroutine of its own (see process), which
// ends with the app; Close waits until they have let go of the apps.
type Runner struct {
	opt      Options
	changed  chan struct{}
	byParent bool // only the host that is an app's parent may attach to it

	mu     sync.Mutex
	closed bool
	wish   Wish
	asked  int        // how often Wanted became true: what was refused is tried again then
	hosts  int        // started so far, to name their sockets
	live   []*process // in the order of their starts
	spare  spare
}

var _ target.Runner = (*Runner)(nil)

// New returns a Runner. It starts nothing before the first Start or Prepare.
func New(o Options) *Runner {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Runner{opt: o, changed: make(chan struct{}, 1), byParent: onlyParents()}
}

// Start starts spec.Binary as Options.Plain would. If a debugger is wanted, it
// returns when Delve holds the app at its entry; where Delve can't, the app runs
// without, and State says why.
//
// The Process's PID is the app's. Its readiness is found out as
// Options.Plain does, but what passes before the app has been let run, and
// while it stands in the debugger, does not count. Stop makes Delve let go of
// the app first, so that one that stands at a breakpoint can end gracefully.
func (r *Runner) Start(ctx context.Context, spec target.Spec) (target.Process, error) {
	if spec.Debug == nil || unsupported != "" {
		return r.opt.Plain.Start(ctx, spec)
	}
	if p, err := r.startUnder(ctx, spec); p != nil || err != nil {
		return p, err
	}
	return r.startPlain(ctx, spec, "")
}

// Prepare implements target.Runner: the app that waits runs without Delve, or waits
// on for a host, as is wanted when it is started. Where an app must be a host's child,
// none can wait.
func (r *Runner) Prepare(ctx context.Context, spec target.Spec) (letGo func(), err error) {
	if spec.Debug != nil && unsupported == "" && r.byParent {
		return nil, fmt.Errorf("preparing %s for a debugger: %w", spec.Binary.Path, errors.ErrUnsupported)
	}
	return r.opt.Plain.Prepare(ctx, spec)
}

// startUnder starts the app under a host; p is nil if nobody wants that.
func (r *Runner) startUnder(ctx context.Context, spec target.Spec) (p target.Process, err error) {
	r.mu.Lock()
	wanted := r.wish.Wanted || spec.Debug.Always
	r.mu.Unlock()
	if !wanted {
		return nil, nil
	}
	info, err := debugInfo(ctx, spec)
	switch {
	case err != nil:
	case r.byParent:
		p, err = r.startLaunched(ctx, spec, info)
	default:
		p, err = r.startHeld(ctx, spec, info)
	}
	if p != nil || errors.Is(err, ErrClosed) {
		return p, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("starting %s under Delve: %w", spec.Binary.Path, err)
	}
	r.opt.Logger.Warn("the app starts without a debugger", "program", spec.Binary.Path, "err", err)
	return r.startPlain(ctx, spec, err.Error())
}

// startLaunched starts the app as the child of a host; p is nil if Delve can't hold
// it.
func (r *Runner) startLaunched(ctx context.Context, spec target.Spec, info string) (p target.Process, err error) {
	h, err := r.launchHost(ctx, spec, modeLaunch, info)
	if err != nil {
		return nil, err
	}
	return r.adoptHeld(newProcess(r, spec, h.proc, h.pid, h))
}

// startHeld starts the app, which waits at its entry, and has a host attach to it; p
// is nil if the app had to be ended.
func (r *Runner) startHeld(ctx context.Context, spec target.Spec, info string) (p target.Process, err error) {
	held := spec
	held.Held, held.Ready.Timeout = true, forever
	app, err := r.opt.Plain.Start(ctx, held)
	if err != nil {
		return nil, err
	}
	h, err := r.attachHost(ctx, info, app.PID())
	switch {
	case err == nil:
		return r.adoptHeld(newProcess(r, spec, app, h.pid, h))
	case ctx.Err() != nil, isLost(err), errors.Is(err, errNoHost):
		kill(app)
		return nil, err
	}
	r.opt.Logger.Warn("the app runs without a debugger", "pid", app.PID(), "err", err)
	refused := newProcess(r, spec, app, app.PID(), nil)
	refused.refused = err.Error()
	return r.adopt(refused)
}

// startPlain starts the app without Delve; refused says why that had to be.
func (r *Runner) startPlain(ctx context.Context, spec target.Spec, refused string) (target.Process, error) {
	if refused == "" && r.byParent {
		h, err := r.launchHost(ctx, spec, modeKeep)
		if err == nil {
			return r.adopt(newProcess(r, spec, h.proc, h.pid, h))
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("starting %s: %w", spec.Binary.Path, err)
		}
		refused = err.Error()
	}
	plain := spec
	plain.Ready.Timeout = forever
	inner, err := r.opt.Plain.Start(ctx, plain)
	if err != nil {
		return nil, err
	}
	p := newProcess(r, spec, inner, inner.PID(), nil)
	p.refused = refused
	return r.adopt(p)
}

// adopt makes p one of the Runner's.
func (r *Runner) adopt(p *process) (target.Process, error) {
	r.mu.Lock()
	closed := r.closed
	if !closed {
		p.asked = r.asked
		r.live = append(r.live, p)
		r.signal()
		go p.mind()
	}
	r.mu.Unlock()
	if closed {
		p.abandon()
		return nil, fmt.Errorf("starting %s: %w", p.spec.Binary.Path, ErrClosed)
	}
	return p, nil
}

// adoptHeld is adopt for a process that its host holds.
func (r *Runner) adoptHeld(p *process) (target.Process, error) {
	p.held = true
	return r.adopt(p)
}

// remove forgets p.
func (r *Runner) remove(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live = slices.DeleteFunc(r.live, func(q *process) bool { return q == p })
	r.signal()
}

// Set tells what is wanted from now on. It does not wait for that to come true.
func (r *Runner) Set(w Wish) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w == r.wish {
		return
	}
	if w.Wanted && !r.wish.Wanted {
		r.asked++
	}
	r.wish = w
	r.dropSpare()
	r.signal()
}

// State returns what Delve does at the moment.
func (r *Runner) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	if unsupported != "" {
		return State{State: StateUnavailable, Reason: unsupported}
	}
	for i, p := range slices.Backward(r.live) {
		switch {
		case p.held:
			return State{State: StateAttached, PID: p.pid}
		case i == len(r.live)-1 && p.isRefused() && (r.wish.Wanted || p.spec.Debug.Always):
			return State{State: StateUnavailable, Reason: p.refused}
		}
	}
	return State{State: StateIdle}
}

// Changed delivers something, once for any number of changes, after State may
// have changed.
func (r *Runner) Changed() <-chan struct{} { return r.changed }

// Close makes Delve let go of whatever it holds and waits for that; the apps run
// on. Start fails from then on.
func (r *Runner) Close() error {
	r.mu.Lock()
	r.closed = true
	live := slices.Clone(r.live)
	r.dropSpare()
	r.signal()
	r.mu.Unlock()
	for _, p := range live {
		<-p.loose
	}
	r.spare.tasks.Wait()
	return nil
}

// signal tells of a change, those who read Changed and all processes. r.mu is
// held.
func (r *Runner) signal() {
	wake(r.changed)
	for _, p := range r.live {
		wake(p.kick)
	}
}

// wake makes a receive from c, which has the capacity 1, succeed.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// socketName returns a name for the socket of the next host.
func (r *Runner) socketName() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts++
	return fmt.Sprintf("%x-%x", os.Getpid(), r.hosts)
}
