package session

import (
	"context"
	"os"
	"time"

	"github.com/hotdev/hotdev/session/power"
)

// idleTime is how long nothing must have happened before debug information is
// made that nobody has asked for.
const idleTime = 5 * time.Second

// twin makes debug information for the version that serves, which was linked
// without, before a debugger comes: as its debug twin (see package link), while
// nothing else goes on and somebody may come to debug. The loop owns it. Whatever
// happens ends it and begins the wait for idleness once more.
type twin struct {
	timer    *time.Timer        // fires when nothing has happened
	cancel   context.CancelFunc // ends the one that is being made; nil for none
	debugged bool               // a debugger was connected
}

func newTwin() twin {
	t := twin{timer: time.NewTimer(idleTime)}
	t.timer.Stop()
	return t
}

// awaitIdle begins the wait for idleness.
func (l *loop) awaitIdle() {
	l.stopTwin()
	l.twin.timer.Reset(idleTime)
}

// stopTwin ends what is made, for the sake of what is wanted now.
func (l *loop) stopTwin() {
	l.twin.timer.Stop()
	if l.twin.cancel != nil {
		l.twin.cancel()
	}
}

// onIdle makes debug information for the version that serves, unless there is a
// reason not to. While something else goes on it does nothing: that awaits
// idleness when it ends.
func (l *loop) onIdle() {
	if l.twin.cancel != nil || l.ahead.cancel != nil { // they end by themselves
		l.twin.timer.Reset(idleTime)
		return
	}
	if l.work != nil || l.moving != nil || l.starting != nil || l.waiting != nil {
		return
	}
	if why := l.noTwin(); why != "" {
		l.s.opt.Logger.Debug("no debug information is made ahead", "because", why)
		return
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.twin.cancel = cancel
	path := l.app.bin.Path
	l.tasks.Go(func() {
		defer cancel()
		start := time.Now()
		tried, err := l.s.builder.DebugInfoAhead(ctx, path)
		l.s.opt.Logger.Debug("debug information was made ahead", "program", path, "tried", tried, "wall", time.Since(start), "err", err)
		l.s.post(twinEnded{})
	})
}

// noTwin says why no debug information is made that nobody has asked for; "" if
// it is.
func (l *loop) noTwin() string {
	switch {
	case l.app == nil:
		return "no version serves"
	case l.debugOff():
		return "[debug] mode = \"off\""
	case !l.twin.debugged && !l.s.buffers.any():
		return "no editor holds a file, and there was no debugger"
	case power.OnBattery(os.DirFS(power.Supplies)):
		return "the machine runs on its battery"
	}
	return ""
}
