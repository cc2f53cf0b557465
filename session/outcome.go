package session

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// maxKept is how many good versions stay for a rollback.
const maxKept = 5

// onReady puts the new version into service.
func (l *loop) onReady(app *instance) {
	if app != l.starting || l.replaced(app) {
		return
	}
	t := app.by
	if ok, why := l.behindDoor(app); !ok {
		// It can be reached, but not through the front door: go on without.
		l.stepDown(why)
		t.exclusive = true
		l.again(t)
		return
	}
	if why := l.suspect(app); why != "" {
		l.notServing(app, why)
		return
	}
	old := l.app
	l.serve(app)
	l.keep(app.bin)
	if !t.restore {
		l.failed, l.dead = "", nil
	}
	app.ready = time.Now()
	t.work.phases.Ready = app.ready.Sub(app.started)
	l.timed(t.work)
	if t.learn != "" {
		l.learn(t.learn)
	}
	l.showFound()
	l.tellDoor() // the new one serves before the old one goes
	if old != nil {
		l.retire(old)
	}
	l.record(t.work, t.outcome, "")
}

// onAnswered notes how long the first request took that a version has answered.
func (l *loop) onAnswered(e answered) {
	if l.app == e.app {
		l.speak()
	}
	w := e.app.by.work
	if e.app.ready.IsZero() || w.record == 0 {
		return // it serves for want of a better one
	}
	w.phases.FirstResponse = min(e.took, e.at.Sub(e.app.ready))
	l.s.hub.answered(w.record, w.phases.FirstResponse, e.at)
	if l.app == e.app {
		l.timed(w)
	}
}

// timed makes the phases of w known, if the last build is its.
func (l *loop) timed(w *work) {
	if l.last != nil && l.last.OK && l.last.Rev == w.rev {
		last := *l.last
		last.Phases = w.phases
		l.last = &last
	}
}

// suspect says why a version that counts as ready does not seem to serve: the
// old one listens, and the new one, after all the time it had, does not. It may
// wait for a lock that the old one holds.
func (l *loop) suspect(app *instance) string {
	if l.app == nil || len(app.proc.Listeners()) > 0 || len(l.app.proc.Listeners()) == 0 {
		return ""
	}
	return fmt.Sprintf("rev %d does not listen, as rev %d does", app.bin.Rev, l.app.bin.Rev)
}

// notServing gives up a version that lives and does not serve, while an older
// one does or could. One that does not even listen may wait for what the older
// one holds, which then has to go first: that is tried once for each program.
func (l *loop) notServing(app *instance, why string) {
	t := app.by
	if !t.exclusive && l.app != nil && len(app.listeners()) == 0 {
		l.alone(t, why)
		return
	}
	l.starting = nil
	l.startFailed(t, why, app)
}

// alone carries out t once more, with the old version stopped first.
func (l *loop) alone(t *transition, why string) {
	l.s.hub.logs.say("info", "trying again with the old version stopped first: "+why)
	l.move(&transition{work: t.work, bin: t.bin, outcome: t.outcome, exclusive: true, learn: why})
}

// serve makes app the version that serves.
func (l *loop) serve(app *instance) {
	l.app, l.starting = app, nil
	l.ended, l.crashed = "", false
	l.s.hub.setRoutes(app.bin.Rev, &app.routes)
}

// onNotReady deals with a version that lives but does not become ready.
func (l *loop) onNotReady(app *instance, err error) {
	if app != l.starting || l.replaced(app) {
		return
	}
	if l.app != nil || l.canRestore(app.by) {
		l.notServing(app, err.Error())
		return
	}
	// Nothing else can serve: it stays, and may yet become ready.
	l.serve(app)
	l.failed = fmt.Sprintf("rev %d runs, but is not ready: %v", app.bin.Rev, err)
	l.record(app.by.work, StartFailed, l.failed)
}

// onExited deals with the end of a process.
func (l *loop) onExited(app *instance) {
	exit := app.proc.Exit()
	wasStarting := app == l.starting
	switch app {
	case l.starting:
		l.starting = nil
	case l.app:
		l.app = nil
	default:
		return
	}
	if exit.Stopped || wasStarting && l.replaced(app) {
		return // the transition that stops it goes on
	}
	l.ended = fmt.Sprintf("rev %d ended by itself: %s", app.bin.Rev, exit)
	if why := app.refused.Load(); why != nil && wasStarting {
		l.ended += " (" + *why + ")"
	}
	l.crashed = exit.Code != 0
	if l.crashed {
		l.dead = app
	}
	level := "info"
	if l.crashed {
		level = "error"
	}
	l.s.hub.logs.say(level, l.ended)
	l.showFound()
	if l.app == nil && l.waiting != nil {
		l.goOn()
		return
	}
	switch {
	case wasStarting && l.crashed && l.app != nil && !app.by.exclusive && l.lockedOut(app) != "":
		l.alone(app.by, l.lockedOut(app))
	case wasStarting && l.crashed && l.door.mode == portFromEnv && l.app == nil && l.lockedOut(app) != "":
		l.stepDown("the app did not start behind " + l.door.public + ": " + l.ended)
		l.again(app.by)
	case wasStarting && l.crashed:
		l.startFailed(app.by, l.ended)
	case wasStarting: // a program that did its work and is done
		l.keep(app.bin)
		l.record(app.by.work, app.by.outcome, l.ended)
	}
}

// startFailed records that t's version does not serve, and puts back the
// version that served before, if there was one and it had to go. What lives of
// t's version is stopped first.
func (l *loop) startFailed(t *transition, why string, lives ...*instance) {
	l.failed = fmt.Sprintf("rev %d failed to start: %s", t.bin.Rev, why)
	if l.canRestore(t) {
		w := l.newWork(fmt.Sprintf("rev %d failed to start", t.bin.Rev))
		w.backTo = t.previous.Rev
		l.move(&transition{ // first, so that requests go on waiting
			work:    w,
			bin:     t.previous,
			outcome: RolledBack,
			restore: true,
			old:     lives,
		})
	} else {
		for _, app := range lives {
			l.tasks.Go(func() { app.stop(l.ctx) })
		}
	}
	l.record(t.work, StartFailed, l.failed)
}

// canRestore reports whether the version that served before t is to be put back
// when t's does not serve: it has gone, and is another one.
func (l *loop) canRestore(t *transition) bool {
	return l.app == nil && !t.restore && t.previous != nil && t.previous.BuildID != t.bin.BuildID && l.want && l.moving == nil
}

// keep remembers a good version, for a rollback.
func (l *loop) keep(b target.Binary) {
	if slices.ContainsFunc(l.kept, func(k target.Binary) bool { return k.Rev == b.Rev && k.BuildID == b.BuildID }) {
		return
	}
	l.kept = slices.DeleteFunc(l.kept, func(k target.Binary) bool { return k.BuildID == b.BuildID })
	l.kept = append(l.kept, b)
	if len(l.kept) > maxKept {
		l.kept = slices.Delete(l.kept, 0, len(l.kept)-maxKept)
	}
}
