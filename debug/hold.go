package debug

import (
	"context"
	"errors"
	"fmt"
)

// errSessionEnded: nobody wanted that, so it is not begun anew by itself.
var errSessionEnded = errors.New("the DAP session with Delve was ended: begin anew by removing all breakpoints and setting them again")

// errStuck is wrapped by what a host says that can't let go.
var errStuck = errors.New("the debugger can't let go of the app")

func stuckError(m message) error { return fmt.Errorf("%w: %s", errStuck, m.Reason) }

// isLost reports whether err means that the app can't be left alone.
func isLost(err error) bool {
	return errors.Is(err, errNoAnswer) || errors.Is(err, errSilent) || errors.Is(err, errStuck)
}

// nextTask starts what is wanted and is not so yet; nil if there is nothing.
func (p *process) nextTask() *task {
	if p.over {
		return nil
	}
	ending := p.ending()
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	newest := p.r.live[len(p.r.live)-1] == p
	wanted := p.spec.Debug.Always || p.r.wish.Wanted && (p.held || newest)
	switch {
	case p.held && (ending || !wanted):
		return startTask(p.release)
	case !p.held && !ending && wanted && !p.isRefused():
		p.asked = p.r.asked
		return startTask(p.take)
	}
	return nil
}

// take makes a host take hold of the app, and begins a generation.
func (p *process) take(ctx context.Context) error {
	info, err := debugInfo(ctx, p.spec)
	if err != nil {
		return err
	}
	whole := context.WithoutCancel(ctx) // half an attachment would be the end of the app
	if p.host == nil {
		h, err := p.r.attachHost(whole, info, p.pid)
		if err != nil {
			return err
		}
		p.host = h
	} else {
		if err := p.host.say(message{Say: sayAttach, Info: info}); err != nil {
			return errNoAnswer
		}
		if err := p.host.done(whole, p.inner.Exited()); err != nil {
			return err
		}
	}
	p.setHeld(true)
	return p.begin(ctx, false)
}

// begin passes the app, which a host holds, to the front.
func (p *process) begin(ctx context.Context, atEntry bool) error {
	conn, err := p.host.accept(ctx, p.host.proc.Exited())
	if err == nil {
		err = p.r.opt.Front.Begin(ctx, Generation{
			Rev:     p.spec.Binary.Rev,
			PID:     p.pid,
			Program: p.spec.Binary.Path,
			Conn:    conn,
			AtEntry: atEntry,
			Source:  p.spec.Debug.Source,
		})
		if err == nil {
			return nil
		}
		conn.Close()
	}
	if lost := p.release(ctx); lost != nil {
		return lost
	}
	return fmt.Errorf("the debug session could not be begun: %w", err)
}

// release makes the host let go of the app.
func (p *process) release(context.Context) error {
	if p.host.say(message{Say: sayDetach}) != nil {
		return errNoAnswer
	}
	for {
		m, err := p.host.await(context.Background(), answerTime, p.inner.Exited())
		switch {
		case err != nil:
			return err
		case m.Say == sayDetached:
			p.released()
			return nil
		case m.Say == sayEnded:
			p.forget()
			return nil
		case m.Say == sayStuck:
			return stuckError(m)
		}
	}
}

// released takes note that Delve has let go. A host that is not the app's
// parent is of no use any more.
func (p *process) released() {
	if !p.launched() {
		p.host.kill()
		p.host = nil
	}
	p.setHeld(false)
}

// forget takes leave of an app that has ended or is about to.
func (p *process) forget() {
	p.over = true
	if p.host != nil {
		if p.launched() {
			p.host.close()
		} else {
			p.host.kill()
		}
		p.host = nil
	}
	p.setHeld(false)
}

// letGo tells those who wait that Delve will not hold the app again.
func (p *process) letGo() {
	select {
	case <-p.loose:
	default:
		close(p.loose)
	}
}

// abandon ends an app that nobody will get to know.
func (p *process) abandon() {
	kill(p.inner)
	if p.host != nil {
		p.host.close()
	}
	_ = p.main.Release()
}
