package debug

import (
	"context"
	"fmt"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// readyTimeout is where Readiness.Timeout is 0: see there.
const readyTimeout = 30 * time.Second

// mind does what the Runner's wish and the life of the app ask for: one task at
// a time, and after it what is wanted by then. It returns when the app is gone.
func (p *process) mind() {
	timeout := p.spec.Ready.Timeout
	if timeout == 0 {
		timeout = readyTimeout
	}
	clock := newClock(timeout)
	ready := p.inner.Ready()
	calm := time.NewTimer(forever)
	defer calm.Stop()
	var t *task
	if p.held { // nobody else writes it yet
		t = startTask(func(ctx context.Context) error { return p.begin(ctx, true) })
	}
	for {
		if t == nil {
			t = p.nextTask()
		}
		ending := p.ending()
		if ending && t != nil {
			t.cancel()
		}
		if ending && t == nil {
			p.letGo()
		}
		clock.run(ready != nil && t == nil && !p.paused())
		select {
		case <-p.kick:
		case err := <-t.ended():
			t = nil
			p.settle(err)
			calm.Reset(spareAfter)
		case m, ok := <-p.said(t):
			p.settle(p.hear(m, ok))
		case <-ready:
			ready = nil
			close(p.ready)
		case <-calm.C:
			p.r.prepareSpare()
		case <-clock.rang():
			ready = nil
			p.late(timeout)
		case <-p.inner.Exited():
			clock.run(false)
			if t != nil {
				t.cancel()
				p.settle(<-t.ended())
			}
			p.finish()
			return
		}
	}
}

// late carries out the end of the time in which the app has to become ready.
func (p *process) late(timeout time.Duration) {
	switch p.spec.Ready.Mode {
	case "", target.ReadyAuto:
		close(p.ready)
	default:
		p.notReady <- fmt.Errorf("not ready within %v, not counting its time in the debugger", timeout)
	}
}

// paused reports whether the app stands in the debugger.
func (p *process) paused() bool {
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	return p.held && p.r.wish.Paused
}

// said returns the messages of the host that are not for the task t.
func (p *process) said(t *task) <-chan message {
	if t != nil || p.host == nil {
		return nil
	}
	return p.host.said
}

// hear takes in what the host says unasked; ok is false if it is gone.
func (p *process) hear(m message, ok bool) error {
	switch {
	case !ok:
		return errNoAnswer
	case m.Say == sayEnded:
		p.forget()
	case m.Say == sayDetached:
		p.released()
		return errSessionEnded
	case m.Say == sayStuck:
		return stuckError(m)
	}
	return nil
}

// settle draws the conclusions from the outcome of a task.
func (p *process) settle(err error) {
	switch {
	case err == nil:
	case isLost(err):
		p.lost = err
		_ = p.main.Kill() // it may just have ended by itself
		p.forget()
	case !p.over:
		p.refuse(err)
	}
}

// finish tells that the app is gone.
func (p *process) finish() {
	if p.host != nil {
		m, err := p.host.await(context.Background(), answerTime, nil)
		if err == nil {
			err = p.hear(m, true)
		}
		p.settle(err)
		p.forget()
	}
	p.over = true
	p.letGo()
	_ = p.main.Release()
	if p.lost != nil && !p.inner.Exit().Stopped {
		p.r.opt.Logger.Error("the app was ended", "pid", p.pid, "err", p.lost)
		if p.spec.Stderr != nil {
			fmt.Fprintf(p.spec.Stderr, "hotdev: %v; the app, whose code may hold breakpoints, was ended\n", p.lost)
		}
	}
	p.r.remove(p)
	close(p.exited)
}

// task is something that takes its time.
type task struct {
	cancel context.CancelFunc
	result chan error
}

func startTask(do func(context.Context) error) *task {
	ctx, cancel := context.WithCancel(context.Background())
	t := &task{cancel, make(chan error, 1)}
	go func() {
		defer cancel()
		t.result <- do(ctx)
	}()
	return t
}

// ended delivers the outcome; never, if there is no task.
func (t *task) ended() <-chan error {
	if t == nil {
		return nil
	}
	return t.result
}
