package watch

import (
	"slices"
	"time"
)

const (
	pollMin    = 50 * time.Millisecond // right after a change
	pollRest   = time.Second           // when nothing has changed for a while
	pollLimit  = 5 * time.Second       // the longest, where looking is slow
	pollBusy   = 10                    // right after a change, looking may take one part in this many of the time
	pollIdle   = 100                   // the same at rest
	pollSlice  = 20 * time.Millisecond // a sweep lets the loop do something else after this
	coarseTime = 2500 * time.Millisecond
	// coarseTime is longer than the steps of any file system's time stamps (FAT:
	// 2 s): for that long after a change, equal stamps don't prove equal content.
)

// poller decides when the polled directories are looked at. The pause between
// two sweeps grows while nothing changes.
type poller struct {
	pause     time.Duration // between two sweeps
	scheduled bool          // the timer runs
	queue     []*watch      // what the sweep under way has still to look at
	found     bool          // it has found a change
	cost      time.Duration // it has taken so long
}

// schedule sets the timer for the next look, unless it runs or nothing is
// polled.
func (p *poller) schedule(timer *time.Timer, polled int) {
	if p.scheduled || polled == 0 {
		return
	}
	p.scheduled = true
	if len(p.queue) > 0 {
		timer.Reset(pollSlice)
		return
	}
	timer.Reset(max(pollMin, p.pause))
}

// changed makes the next pauses short.
func (p *poller) changed() { p.pause = pollMin }

// sweep looks at the polled directories, or at a part of them, and reports
// whether it has found something to look at closer.
func (p *poller) sweep(t *tree) bool {
	p.scheduled = false
	began := time.Now()
	if len(p.queue) == 0 {
		p.found, p.cost = false, 0
		for _, w := range t.watches {
			if w.polled {
				p.queue = append(p.queue, w)
			}
		}
	}
	t.marked = false
	for len(p.queue) > 0 && time.Since(began) < pollSlice {
		w := p.queue[0]
		p.queue = p.queue[1:]
		if t.watches[w.real] == w { // else it was released meanwhile
			t.lookAt(w)
		}
	}
	t.verify()
	p.cost += time.Since(began)
	p.found = p.found || t.marked
	if len(p.queue) == 0 {
		p.queue = nil
		least := max(pollMin, min(p.cost*pollBusy, pollLimit))
		most := max(pollRest, min(p.cost*pollIdle, pollLimit))
		p.pause = min(max(p.pause+p.pause/4, least), most)
		if p.found {
			p.pause = least
		}
	}
	return t.marked
}

// lookAt looks for changes in a directory without an event.
func (t *tree) lookAt(w *watch) {
	for _, d := range slices.Clone(w.dirs) {
		t.list(d, false)
	}
	for _, paths := range w.links {
		for _, path := range paths {
			if e := t.entry(path); e != nil {
				t.compare(e, path)
			}
		}
	}
	for _, name := range keys(w.missing) {
		for _, d := range slices.Clone(w.missing[name]) {
			t.refresh(d, false)
		}
	}
}
