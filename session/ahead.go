package session

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/power"
)

// How builds before the save are held in bounds.
const (
	firstPause = 300 * time.Millisecond // in typing, before the first one
	minPause   = 100 * time.Millisecond
	maxPause   = 1500 * time.Millisecond
	maxMisses  = 6 // in a row, of no use
)

// ahead builds what editors hold unsaved once typing has paused, so that the save
// finds it done. The loop owns it. At most one build runs, and only while nothing
// else goes on; whatever is asked for ends it.
type ahead struct {
	timer   *time.Timer // fires in the pause
	pause   time.Duration
	cancel  context.CancelFunc // ends the build that runs; nil for none
	guess   *guess             // the newest, until a build judges it; nil for none
	formats bool               // the editor formats what it saves
	misses  int                // guesses in a row that were costly, and of no use so far
	spent   Speculation        // since the reload before

	prepared prepared           // the process that waits for the save
	unready  context.CancelFunc // ends it; nil: there is none
}

func newAhead() ahead {
	a := ahead{timer: time.NewTimer(firstPause), pause: firstPause}
	a.timer.Stop()
	return a
}

// guess is what the next save may write.
type guess struct {
	at   time.Time // since when it stands
	file buffer    // the one that changed last

	formatted func() ([]byte, error) // file as gofmt formats it; takes its time once
}

func newGuess(file buffer) *guess {
	return &guess{at: time.Now(), file: file, formatted: sync.OnceValues(func() ([]byte, error) { return format.Source(file.text) })}
}

// onBuffers begins the wait for a pause in typing.
func (l *loop) onBuffers() {
	l.stopAhead()
	l.ahead.timer.Reset(l.ahead.pause)
	l.awaitIdle()
}

// stopAhead ends what is built ahead, for the sake of what is wanted now.
func (l *loop) stopAhead() {
	l.ahead.timer.Stop()
	if l.ahead.cancel != nil {
		l.ahead.cancel()
	}
}

// onPause builds what editors hold, unless there is a reason not to. While
// something else goes on it does nothing: record begins the wait once more.
func (l *loop) onPause() {
	a := &l.ahead
	if a.cancel != nil { // the one before ends soon
		a.timer.Reset(a.pause)
		return
	}
	if l.work != nil || l.moving != nil || l.starting != nil || l.graph == nil {
		return
	}
	var open []buffer
	for _, b := range l.s.buffers.all() {
		var ours bool
		if b.path, ours = l.graph.Source(b.name); ours {
			open = append(open, b)
		}
	}
	if len(open) == 0 {
		l.unprepare()
		l.found.set(diag.Unsaved, l.rev, nil)
		return
	}
	if a.spent.Builds > 0 {
		a.pause = min(a.pause*3/2, maxPause) // typing went on
	}
	if g := a.guess; g == nil || g.file.path != open[0].path || !bytes.Equal(g.file.text, open[0].text) {
		a.guess = newGuess(open[0])
	}
	why, checks := l.notAhead(), l.config.Build.CheckUnsaved
	if why != "" {
		l.s.opt.Logger.Debug("nothing is built before the save", "because", why)
		l.unprepare()
		if !checks {
			return
		}
	} else {
		l.s.opt.Logger.Debug("building before the save", "file", open[0].path)
	}
	ctx, cancel := context.WithCancel(l.ctx)
	a.cancel = cancel
	req, formats, newest := l.buildRequest(l.rev), a.formats, a.guess
	l.tasks.Go(func() {
		defer cancel()
		changed := unsaved(open)
		if checks {
			l.s.checkUnsaved(ctx, req, changed)
		}
		var g guessed
		if why == "" {
			g = l.s.buildAhead(ctx, req, changed, formats)
			_, _ = newest.formatted()
			runtime.GC() // now, like that, and not while the app starts after the save
		}
		l.s.post(g)
	})
}

// notAhead says why nothing is built before the save; "" if it is.
func (l *loop) notAhead() string {
	switch {
	case !l.config.Build.BeforeSave:
		return "[build] before_save = false"
	case !l.want:
		return "the app is not started"
	case l.ahead.misses >= maxMisses:
		return fmt.Sprintf("the last %d times it was of no use", l.ahead.misses)
	case power.OnBattery(os.DirFS(power.Supplies)):
		return "the machine runs on its battery"
	}
	return ""
}

// onGuessed takes the end of what was built ahead.
func (l *loop) onGuessed(e guessed) {
	a := &l.ahead
	a.cancel = nil
	l.expect(e.whole)
	if l.work == nil && l.moving == nil { // else it is too late
		l.unprepare()
		if e.likely != nil && l.want && !l.runs(e.likely) {
			l.prepare(*e.likely, e.files)
		}
	}
	if len(e.whole) > 0 {
		l.s.opt.Logger.Debug("all that is unsaved was built")
	}
	if e.spent.Builds == 0 {
		return
	}
	a.spent.Builds += e.spent.Builds
	a.spent.CPU += e.spent.CPU
	a.spent.Wall += e.spent.Wall
	if !e.costly {
		return
	}
	if a.misses++; a.misses == maxMisses {
		l.s.hub.logs.say("info", fmt.Sprintf("unsaved files are not built any more: the last %d times it was of no use. It goes on after a save of what had stood for as long as a build takes", maxMisses))
	}
}

// expect notes what the next save may write, if it is all that is unsaved. The
// watcher may see it before the editor tells of it.
func (l *loop) expect(whole []map[string][]byte) {
	if whole == nil {
		l.watcher.Expect(nil, nil)
		return
	}
	l.watcher.Expect(whole, l.moreToSave())
}

// moreToSave returns what tells the watcher whether editors have something else to
// save.
func (l *loop) moreToSave() func(files map[string][]byte) bool {
	g, b := l.graph, l.s.buffers
	return func(files map[string][]byte) bool { return b.anyEdited(g, files) }
}

// judge finds out how a save that was built, in the time that took, was guessed.
func (l *loop) judge(w *work, took time.Duration) {
	a, g := &l.ahead, l.ahead.guess
	if w.ahead {
		a.misses = 0
	}
	if g == nil || !slices.Contains(w.files, g.file.path) {
		return
	}
	a.guess = nil
	saved, ready, stood := l.s.buffers.text(g.file.name), w.ahead, w.first.Sub(g.at)
	l.tasks.Go(func() {
		formatted, err := g.formatted()
		l.s.post(judged{
			asTyped:     bytes.Equal(saved, g.file.text),
			asFormatted: err == nil && bytes.Equal(saved, formatted),
			ready:       ready,
			foreseeable: stood >= took,
		})
	})
}

// onJudged learns from a save how the next one can be guessed.
func (l *loop) onJudged(e judged) {
	a := &l.ahead
	switch {
	case e.asTyped != e.asFormatted:
		a.formats = e.asFormatted
	case !e.asTyped: // something else was saved
		return
	}
	if !e.ready {
		a.pause = max(a.pause*2/3, minPause) // earlier, it could have been ready
	}
	if a.misses >= maxMisses && e.foreseeable {
		a.misses = 0
		l.s.hub.logs.say("info", "unsaved files are built again: the last save could have been foreseen")
	}
}

// nextAhead begins the wait for a pause once more, after a reload, and returns
// what was spent before it.
func (l *loop) nextAhead() Speculation {
	spent := l.ahead.spent
	l.ahead.spent = Speculation{}
	l.ahead.timer.Reset(l.ahead.pause)
	return spent
}
