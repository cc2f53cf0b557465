package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// replaced are the operations after which a name may stand for another file or
// directory than before.
const replaced = fsnotify.Create | fsnotify.Remove | fsnotify.Rename

// receive looks at what came in and reports whether something that matters may
// have changed, or a batch is wanted in any case.
func (t *tree) receive(m mail) bool {
	t.marked = false
	if t.graph == nil {
		return false
	}
	if m.overflow {
		for _, real := range keys(t.watches) {
			if w := t.watches[real]; w != nil {
				t.restart(w)
				t.lookAt(w)
			}
		}
	}
	// What is gone comes first: a directory's old name must have given up its
	// watch before the new name asks for one.
	var present []string
	for _, path := range keys(m.events) {
		if _, err := os.Lstat(path); err == nil {
			present = append(present, path)
		} else {
			t.event(path, m.events[path])
		}
	}
	for _, path := range present {
		t.event(path, m.events[path])
	}
	for path := range m.saved {
		t.saved(path)
	}
	t.verify()
	t.flushing = t.flushing || m.flush
	return t.marked || m.flush
}

// event looks at the path of an event, which is named by its directory's real
// path.
func (t *tree) event(path string, op fsnotify.Op) {
	w := t.watches[filepath.Dir(path)]
	if self := t.watches[path]; self != nil && op&replaced != 0 {
		t.suspect = true
		for _, d := range slices.Clone(self.dirs) {
			if w == nil || d.path != path { // else the directory above sees to it
				t.refreshBelow(d.path)
			}
		}
	}
	if w == nil {
		return
	}
	name := filepath.Base(path)
	for _, d := range slices.Clone(w.dirs) {
		t.touched(d, name, op)
	}
	for _, link := range w.links[name] {
		t.mark(link)
	}
	for _, d := range slices.Clone(w.missing[name]) {
		t.refresh(d, false)
	}
}

// saved looks at a file that an editor has saved.
func (t *tree) saved(path string) {
	name, dir := filepath.Base(path), filepath.Dir(path)
	if d := t.dirs[dir]; d != nil && d.watch != nil {
		t.touched(d, name, fsnotify.Write)
		return
	}
	real := realPath(dir)
	path = filepath.Join(real, name)
	if t.watches[real] != nil {
		t.event(path, fsnotify.Write)
		return
	}
	if _, _, relevant := t.classify(path); relevant && isDir(real) && t.graph.Watches(real) {
		// Nobody thought of this directory. What else is in it is as before;
		// what the file was before is not known, so it counts as changed.
		d := t.add(real, wanted, false)
		d.origin = fresh
		d.entries[name] = &entry{relevant: true, known: state{exists: true}}
		t.mark(path)
	}
}

// touched looks at a name in a directory of the tree.
func (t *tree) touched(d *dir, name string, op fsnotify.Op) {
	path := filepath.Join(d.path, name)
	if known := t.dirs[path]; known != nil {
		if op&replaced != 0 {
			t.suspect = true
			t.refreshBelow(path)
		} else {
			t.refresh(known, false)
		}
	}
	e := d.entries[name]
	if e != nil && !e.relevant && op&replaced == 0 {
		return // such as a log that the app writes
	}
	if d.links > 0 {
		// A link in the same directory may lead through the one that changed.
		for other, e := range d.entries {
			if e.target != "" {
				t.mark(filepath.Join(d.path, other))
			}
		}
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		t.gone(d, name)
	case e == nil || !e.isDir || op&replaced != 0:
		t.found(d, name, info.Mode())
	}
}

// refreshBelow looks again at the directories of the tree at and below path,
// any of which may be another one now.
func (t *tree) refreshBelow(path string) {
	for _, d := range t.below(path) {
		t.refresh(d, true)
	}
}

// refresh looks again at a directory of the tree; another says that it may not
// be the one that is watched.
func (t *tree) refresh(d *dir, another bool) {
	if !isDir(d.path) {
		t.lose(d)
		return
	}
	if another {
		t.detach(d)
	}
	if d.watch == nil && !t.attach(d) {
		return
	}
	t.list(d, false)
}

// lose says that a directory of the tree is missing.
func (t *tree) lose(d *dir) {
	t.detach(d)
	for name := range d.entries {
		t.gone(d, name)
	}
	if d.origin == wanted {
		t.await(d)
	} else if len(d.entries) == 0 {
		delete(t.dirs, d.path)
	}
}

// list reads a directory and compares it with what is known of it. With
// baseline set, what it holds is taken as known.
func (t *tree) list(d *dir, baseline bool) {
	listed, err := os.ReadDir(d.path)
	if err != nil && !isDir(d.path) {
		t.lose(d)
		return
	}
	if err != nil {
		t.log.Warn("watch: can't read a directory", "dir", d.path, "err", err)
		return
	}
	t.gen++
	gen := t.gen
	for _, item := range listed {
		name := item.Name()
		path := filepath.Join(d.path, name)
		e := d.entries[name]
		switch {
		case e == nil && baseline:
			t.known(d, name, item.Type())
		case e == nil, e.isDir && item.Type().IsRegular(), !e.isDir && item.IsDir():
			t.found(d, name, item.Type())
		case e.isDir:
			if sub := t.dirs[path]; sub != nil && sub.watch == nil {
				t.refresh(sub, false)
			}
		case e.relevant:
			t.compare(e, path)
		}
		if e := d.entries[name]; e != nil {
			e.gen = gen
		}
	}
	for name, e := range d.entries {
		if e.gen != gen {
			t.gone(d, name)
		}
	}
}

// known enters a name that was there before the directory was watched.
func (t *tree) known(d *dir, name string, mode fs.FileMode) {
	path := filepath.Join(d.path, name)
	e := &entry{isDir: through(path, mode).IsDir()}
	d.entries[name] = e
	if e.isDir {
		return
	}
	_, _, e.relevant = t.classify(path)
	t.baseline(d, e, path, mode&fs.ModeSymlink != 0)
}

// baseline takes what a file holds now as known; linked says that it is, or may
// be, a symbolic link.
func (t *tree) baseline(d *dir, e *entry, path string, linked bool) {
	if !e.relevant {
		e.known = state{}
		t.follow(d, e, path, "")
		delete(t.dirty, path)
		return
	}
	e.known = t.read(path)
	e.changed = time.Now()
	e.hot = e.known.mtime > e.changed.Add(-youngTime).UnixNano()
	if !linked {
		return
	}
	if target, _ := linkTarget(path); target != "" {
		t.follow(d, e, path, target)
	}
}

// found looks at a name that is new, or may stand for something new.
func (t *tree) found(d *dir, name string, mode fs.FileMode) {
	path := filepath.Join(d.path, name)
	e := d.entries[name]
	if e == nil {
		e = new(entry)
		d.entries[name] = e
	}
	if e.isDir = through(path, mode).IsDir(); !e.isDir {
		_, _, e.relevant = t.classify(path)
	}
	if e.relevant {
		t.mark(path) // also when a directory has taken a file's place
	}
	if e.isDir {
		t.consider(d, path, mode&fs.ModeSymlink != 0)
	}
}

// consider watches a new directory, with those in it, if the graph says so.
func (t *tree) consider(parent *dir, path string, linked bool) {
	if known := t.dirs[path]; known != nil {
		if known.watch == nil {
			t.refresh(known, false)
		}
		return
	}
	if !parent.linked && t.graph.Watches(path) {
		t.add(path, fresh, linked)
	}
}

// gone says that a directory has lost a name.
func (t *tree) gone(d *dir, name string) {
	e := d.entries[name]
	if e == nil {
		return
	}
	path := filepath.Join(d.path, name)
	if e.isDir {
		e.isDir = false
		if sub := t.dirs[path]; sub != nil && sub.watch != nil {
			t.refreshBelow(path)
		}
	}
	if !e.relevant {
		delete(d.entries, name)
	} else if at, marked := t.dirty[path]; !marked || at != (state{}) {
		t.markAt(path, state{}) // settle removes the entry
	}
}

// mark has a file looked at when things are quiet.
func (t *tree) mark(path string) { t.markAt(path, unknown) }

// markAt is mark for a file that has been found to be like at.
func (t *tree) markAt(path string, at state) {
	t.dirty[path] = at
	t.marked = true
}

// follow watches the file that the symbolic link at path leads to; "" ends it.
func (t *tree) follow(d *dir, e *entry, path, target string) {
	if e.target == target {
		return
	}
	if e.target != "" {
		w, name := t.watches[filepath.Dir(e.target)], filepath.Base(e.target)
		if w.links[name] = remove(w.links[name], path); len(w.links[name]) == 0 {
			delete(w.links, name)
		}
		d.links--
		t.release(w)
	}
	e.target = ""
	if target == "" {
		return
	}
	if w, err := t.watchFor(filepath.Dir(target)); err == nil {
		name := filepath.Base(target)
		w.links[name] = append(w.links[name], path)
		d.links++
		e.target = target
	}
}

// through returns the type of the file that path leads to, when mode says that
// it is a symbolic link; 0 for one that leads nowhere.
func through(path string, mode fs.FileMode) fs.FileMode {
	if mode&fs.ModeSymlink == 0 {
		return mode
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Mode()
}
