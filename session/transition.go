package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/target"
)

// transition takes the app from the processes that run to a new one, or to
// none. At most one is in progress; a newer one cancels it and starts when it
// has returned.
type transition struct {
	work    *work          // what it ends, for the record
	bin     *target.Binary // nil: only stop
	outcome Outcome        // when it succeeds
	restore bool           // puts back what a failed start replaced

	exclusive bool   // what serves is stopped first, whatever could be
	learn     string // what is known for good when that succeeds; "" for nothing

	debug    *target.Debug
	begun    time.Time
	cancel   context.CancelFunc
	app      *instance
	old      []*instance    // stopped by it
	previous *target.Binary // what served before
}

// move begins t, or queues it behind the one in progress, which is cancelled.
func (l *loop) move(t *transition) {
	l.stopTwin()
	if l.moving == nil {
		l.carryOut(t)
		return
	}
	if l.next != nil {
		l.supersede(l.next)
	}
	l.next = t
	l.moving.cancel()
}

// supersede ends a transition whose result nobody wants any more.
func (l *loop) supersede(t *transition) {
	if t.bin == nil {
		l.finishStop(t)
		return
	}
	l.record(t.work, Superseded, "a newer change came first")
}

// carryOut starts the goroutine that does t and posts its end. The old
// processes are stopped only when all that can fail without them is done.
func (l *loop) carryOut(t *transition) {
	ctx, cancel := context.WithCancel(l.ctx)
	t.cancel, t.begun = cancel, time.Now()
	l.moving = t
	if l.starting != nil {
		t.old = append(t.old, l.starting)
	}
	if l.app != nil && (t.bin == nil || t.exclusive || !l.sideBySide(l.app)) {
		t.old = append(t.old, l.app)
	}
	switch {
	case l.app != nil:
		t.previous = &l.app.bin
	case l.starting != nil:
		t.previous = l.starting.by.previous
	}
	l.tellDoor() // requests wait from here on, if what serves is going to stop
	var at place
	var err error
	if t.bin != nil {
		t.app = l.newInstance(t)
		at, err = l.placeFor(t.app)
		t.debug = l.debugging(t.bin)
	}
	c := l.config
	l.tasks.Go(func() {
		defer cancel()
		var proc target.Process
		if err == nil {
			proc, err = l.launch(ctx, c, t, at)
		}
		l.s.post(launched{t, proc, err})
	})
	if unready := l.starting; unready != nil && unready.by.work != t.work {
		l.supersede(unready.by) // it will not come to its end
	}
}

// launch prepares the new process, stops the old ones and starts it.
func (l *loop) launch(ctx context.Context, c *config.Config, t *transition, at place) (target.Process, error) {
	var env []string
	if t.bin != nil {
		var err error
		if env, err = config.Environ(c, l.s.opt.Environ); err != nil {
			return nil, err
		}
		env = append(env, at.env...)
		if err := l.before(ctx, c, env); err != nil {
			return nil, err
		}
	}
	var stopping sync.WaitGroup
	for _, app := range t.old {
		stopping.Go(func() {
			if app.version != nil {
				drained, cancel := context.WithTimeout(ctx, c.Run.StopTimeout)
				defer cancel()
				_ = app.version.Settle(drained) // in time or not: it goes now
			}
			app.stop(ctx)
		})
	}
	stopping.Wait()
	if err := ctx.Err(); err != nil || t.bin == nil {
		return nil, err
	}
	if err := at.claim(); err != nil {
		return nil, err
	}
	spec := newSpec(c, *t.bin, env)
	spec.Stdin, spec.Stdout, spec.Stderr = t.app.stdin, t.app.stdout, t.app.stderr
	spec.Ready, spec.Ports, spec.Debug = t.readiness(c), at.ports, t.debug
	return l.s.opt.Runner.Start(ctx, spec)
}

// newSpec says how to start a program, but for what each process gets anew.
func newSpec(c *config.Config, bin target.Binary, env []string) target.Spec {
	return target.Spec{Binary: bin, Args: c.App.Args, Dir: c.App.Dir, Env: env, StopTimeout: c.Run.StopTimeout}
}

// readiness says when the new version counts as serving. In the mode env its
// own port is waited for, not the public one.
func (t *transition) readiness(c *config.Config) target.Readiness {
	r := target.Readiness{Mode: target.ReadyMode(c.Run.Ready.Mode), Path: c.Run.Ready.Path, Address: c.Run.Address}
	if t.learn != "" {
		r.Timeout = c.Proxy.HoldTimeout / 2 // what waits must not be refused for a try
	}
	if t.app.port != "" {
		r.Address = net.JoinHostPort("127.0.0.1", t.app.port)
	}
	return r
}

// before runs the [run] before commands one after another.
func (l *loop) before(ctx context.Context, c *config.Config, env []string) error {
	for _, argv := range c.Run.Before {
		out := newOutput(BuildStream, l.s.hub.logs, func(string) (none diag.LineInfo) { return none })
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir, cmd.Env = c.App.Dir, env
		cmd.Stdout, cmd.Stderr = out, out
		err := build.RunTree(cmd)
		out.close()
		if err != nil {
			return fmt.Errorf("[run] before command %q: %w", strings.Join(argv, " "), err)
		}
	}
	return nil
}

// onLaunched takes the new process, if there is one.
func (l *loop) onLaunched(e launched) {
	t := e.t
	l.moving = nil
	if slices.Contains(t.old, l.app) && isGone(l.app) {
		l.app = nil
	}
	if slices.Contains(t.old, l.starting) && isGone(l.starting) {
		l.starting = nil
	}
	t.work.phases.Launch = time.Since(t.begun)
	if e.proc != nil {
		t.app.proc, t.app.started = e.proc, time.Now()
		l.starting = t.app
		l.follow(t.app)
	} else if t.app != nil {
		t.app.stdin.Close()
	}
	if l.next != nil {
		n := l.next
		l.next = nil
		n.previous = t.previous
		l.carryOut(n)      // first, so that nobody sees a state in between
		if e.proc == nil { // else n replaces it, and has told so
			l.supersede(t)
		}
		return
	}
	var noPorts *target.NoPortsError
	switch {
	case t.bin == nil:
		l.finishStop(t)
	case errors.As(e.err, &noPorts):
		l.stepDown(noPorts.Error())
		l.again(t)
	case e.err != nil:
		l.startFailed(t, e.err.Error())
	}
}

// again carries out t once more, under other circumstances.
func (l *loop) again(t *transition) {
	l.move(&transition{work: t.work, bin: t.bin, outcome: t.outcome, restore: t.restore, exclusive: t.exclusive, previous: t.previous})
}

// replaced reports whether app is about to be stopped for another version, or
// for none: what becomes of it meanwhile changes nothing.
func (l *loop) replaced(app *instance) bool {
	return l.moving != nil && slices.Contains(l.moving.old, app)
}

// isGone reports whether a's process has ended.
func isGone(a *instance) bool {
	if a == nil {
		return false
	}
	select {
	case <-a.proc.Exited():
		return true
	default:
		return false
	}
}
