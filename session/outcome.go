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
	if app != l.starting {
		return // stopped meanwhile
	}
	t := app.by
	l.serve(app)
	l.keep(app.bin)
	if !t.restore {
		l.failed, l.dead = "", nil
	}
	t.work.phases.Ready = time.Since(app.started)
	if l.last != nil && l.last.OK && l.last.Rev == t.work.rev {
		l.last = &LastBuild{Rev: l.last.Rev, OK: true, Reason: l.last.Reason, Phases: t.work.phases}
	}
	l.showFound()
	l.record(t.work, t.outcome, "")
}

// serve makes app the version that serves.
func (l *loop) serve(app *instance) {
	l.app, l.starting = app, nil
	l.ended, l.crashed = "", false
	l.s.hub.setRoutes(app.bin.Rev, &app.routes)
}

// onNotReady deals with a version that lives but does not become ready.
func (l *loop) onNotReady(app *instance, err error) {
	if app != l.starting {
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
	if exit.Stopped {
		return // the transition that stopped it goes on
	}
	l.ended = fmt.Sprintf("rev %d ended by itself: %s", app.bin.Rev, exit)
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
	switch {
	case wasStarting && l.crashed:
		l.startFailed(app.by, l.ended)
	case wasStarting: // a program that did its work and is done
		l.keep(app.bin)
		l.record(app.by.work, app.by.outcome, l.ended)
	}
}

// startFailed records that t's version does not serve, and puts back the
// version that served before, if there was one.
func (l *loop) startFailed(t *transition, why string) {
	l.failed = fmt.Sprintf("rev %d failed to start: %s", t.bin.Rev, why)
	l.record(t.work, StartFailed, l.failed)
	if l.app != nil || t.restore || t.previous == nil || t.previous.BuildID == t.bin.BuildID || !l.want || l.moving != nil {
		return
	}
	l.move(&transition{
		work:    l.newWork(fmt.Sprintf("rev %d failed to start", t.bin.Rev)),
		bin:     t.previous,
		outcome: RolledBack,
		restore: true,
	})
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
