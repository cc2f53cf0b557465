package session

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/target"
)

// newWork makes the record of a command that was given now.
func (l *loop) newWork(reason string) *work {
	return &work{rev: l.rev, reason: reason, first: time.Now()}
}

// onReload builds, and restarts even if the same program comes out.
func (l *loop) onReload(e reloadRequested) {
	l.rev++
	w := l.newWork("reload was asked for")
	w.restart, w.now = true, true
	w.waiters = append(w.waiters, func(r Reload) { e.result <- r })
	l.request(w)
}

// onStart makes the app run with the options that are given.
func (l *loop) onStart(e startRequested) {
	need, err := l.configure(e.options)
	if err != nil {
		e.done <- err
		return
	}
	l.want = true
	busy := l.app != nil || l.starting != nil || l.moving != nil && l.moving.bin != nil
	if busy && need == needNothing && l.next == nil {
		l.publish()
		e.done <- nil
		return
	}
	if l.withheld.count() > 0 { // what starts holds every save
		l.rev++
		l.current = false
	}
	w := l.newWork("start was asked for")
	w.load = need == needBuild
	w.restart = need != needNothing
	w.waiters = append(w.waiters, func(Reload) { e.done <- nil })
	if need == needBuild || !l.current {
		l.request(w)
		return
	}
	l.move(&transition{work: w, bin: l.newest, outcome: Swapped})
}

// configure applies what hotdev/start gave; with an error nothing changes.
func (l *loop) configure(o StartOptions) (need, error) {
	given := l.overrides
	if o.Package != "" {
		given.Package = &o.Package
	}
	if o.Args != nil {
		given.Args = o.Args
	}
	if o.Profile != "" {
		given.Profile = &o.Profile
	}
	if o.Package == "" && o.Args == nil && o.Profile == "" {
		return needNothing, nil
	}
	c, err := config.Load(l.s.opt.Root, l.s.opt.Environ, given)
	if err != nil {
		return needNothing, err
	}
	l.overrides = given
	return l.configRead(c, nil), nil
}

// onStop stops the app; saves go on being built.
func (l *loop) onStop(e stopRequested) {
	l.want = false
	l.dropWaiting()
	l.unprepare()
	l.dead, l.crashed, l.ended = nil, false, ""
	l.showFound()
	if l.app == nil && l.starting == nil && l.moving == nil {
		l.publish()
		e.done <- nil
		return
	}
	w := l.newWork("stop was asked for")
	w.waiters = append(w.waiters, func(Reload) { e.done <- nil })
	l.move(&transition{work: w})
}

// finishStop ends a transition that only stopped processes; it is no reload.
func (l *loop) finishStop(t *transition) {
	l.publish() // the state is right and the public addresses are free before anyone is told
	for _, tell := range t.work.waiters {
		tell(Reload{})
	}
	t.work.waiters = nil
}

// onRollback puts an older version back until the next save.
func (l *loop) onRollback(e rollbackRequested) {
	b, err := l.older(e.rev)
	e.refused <- err
	if err != nil {
		return
	}
	l.want = true
	l.dropWaiting()
	w := l.newWork(fmt.Sprintf("rollback to rev %d was asked for", b.Rev))
	w.backTo = b.Rev
	w.waiters = append(w.waiters, func(r Reload) { e.result <- r })
	l.move(&transition{work: w, bin: b, outcome: RolledBack})
}

// older finds the kept version rev, or for 0 the newest before the running one.
func (l *loop) older(rev int) (*target.Binary, error) {
	var best *target.Binary
	var revs []string
	for i := range l.kept {
		b := &l.kept[i]
		revs = append(revs, fmt.Sprint(b.Rev))
		switch {
		case rev != 0 && b.Rev != rev:
		case rev == 0 && l.app != nil && b.Rev >= l.app.bin.Rev:
		case best == nil || b.Rev > best.Rev:
			best = b
		}
	}
	switch {
	case best != nil:
		found := *best
		return &found, nil
	case len(revs) == 0:
		return nil, fmt.Errorf("no version is kept yet: none has run")
	case rev == 0:
		return nil, fmt.Errorf("no version before the running rev %d is kept; kept are: %s", l.app.bin.Rev, strings.Join(revs, ", "))
	default:
		return nil, fmt.Errorf("rev %d is not kept; kept are: %s", rev, strings.Join(revs, ", "))
	}
}

// restart starts the program that is there again, for a change that needs no
// build.
func (l *loop) restart(w *work) {
	switch {
	case !l.want:
		l.record(w, Built, "the app is not started")
	case l.app != nil:
		l.apply(&transition{work: w, bin: &l.app.bin, outcome: Restarted})
	case l.newest != nil:
		l.move(&transition{work: w, bin: l.newest, outcome: Swapped})
	default:
		l.request(w)
	}
}
