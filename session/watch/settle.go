package watch

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// halfSaved reports whether a file that is to be looked at is gone or empty and
// was not before: editors that move the old file away, or truncate it, write
// the new one a moment later.
func (t *tree) halfSaved() bool {
	for path := range t.dirty {
		e := t.entry(path)
		if e == nil {
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil && e.known.exists:
			return true
		case err == nil && info.Mode().IsRegular() && info.Size() == 0 && (!e.known.exists || e.known.size > 0):
			return true
		}
	}
	return false
}

// onlyDirty reports whether no other files are to be looked at than those that are
// keys of paths.
func onlyDirty(t *tree, paths map[string][]byte) bool {
	for path := range t.dirty {
		if _, ok := paths[path]; !ok {
			return false
		}
	}
	return len(paths) > 0
}

// settle looks at every file that is dirty and makes the changes ready for the
// receiver; first is when the first event came, and expected is what they are, if
// that was expected.
func (t *tree) settle(first time.Time, expected map[string][]byte) {
	if t.hasBatch() && !maps.EqualFunc(t.expected, expected, bytes.Equal) { // it joins what the receiver has not taken yet
		expected = nil
	}
	t.expected = expected
	for path := range t.dirty {
		t.evaluate(path)
	}
	clear(t.dirty)
	t.flushed = t.flushed || t.flushing
	t.flushing = false
	switch {
	case !t.hasBatch():
		t.readyFirst = time.Time{}
	case t.readyFirst.IsZero():
		t.readyFirst = first
	}
	t.sorted = nil
	t.trim()
}

// evaluate compares a file with what the receiver knows of it.
func (t *tree) evaluate(path string) {
	d, e := t.dirs[filepath.Dir(path)], t.entry(path)
	if e == nil {
		return // the graph doesn't want it any more
	}
	class, reason, relevant := t.classify(path)
	if !relevant {
		e.relevant = false
		t.baseline(d, e, path, true)
		return
	}
	now := t.read(path)
	if !now.sameStamp(e.known) {
		e.hot, e.changed = true, time.Now()
	}
	before := e.known
	if p, ok := t.ready[path]; ok {
		before = p.before
	}
	e.known = now
	op := Modified
	switch {
	case !before.exists:
		op = Created
	case !now.exists:
		op = Removed
	}
	if before.same(now) {
		delete(t.ready, path)
	} else {
		t.ready[path] = pending{Change{Path: path, Op: op, Class: class, Reason: reason}, before}
	}
	target, isLink := linkTarget(path)
	if isLink && target == "" {
		return // it leads nowhere for now: what it led to may come back
	}
	t.follow(d, e, path, target)
	if !now.exists {
		t.drop(d, filepath.Base(path))
	}
}

// drop removes the entry of a file that is gone.
func (t *tree) drop(d *dir, name string) {
	if e := d.entries[name]; e.isDir {
		*e = entry{isDir: true, gen: e.gen}
	} else {
		delete(d.entries, name)
	}
	if d.origin == fresh && d.watch == nil && len(d.entries) == 0 {
		delete(t.dirs, d.path)
	}
}

// hasBatch reports whether something is ready for the receiver.
func (t *tree) hasBatch() bool { return len(t.ready) > 0 || t.flushed }

// batch returns what is ready for the receiver.
func (t *tree) batch() Batch {
	if t.sorted == nil {
		b := Batch{First: t.readyFirst, Changes: make([]Change, 0, len(t.ready)), Flushed: t.flushed, Expected: t.expected}
		for _, path := range keys(t.ready) {
			b.Changes = append(b.Changes, t.ready[path].change)
		}
		t.sorted = &b
	}
	return *t.sorted
}

// delivered says that the receiver has taken the batch.
func (t *tree) delivered() {
	clear(t.ready)
	t.flushed = false
	t.readyFirst = time.Time{}
	t.sorted = nil
}
