package watch

import (
	"os"
	"path/filepath"
	"slices"
)

// maxVerify bounds the rounds of verify, each of which is caused by what the
// one before has found to be moved.
const maxVerify = 3

// watch is one directory on the disk that the system sends events for, or that
// is polled. Several directories of the tree can share it, by symbolic links.
type watch struct {
	real    string // path without symbolic links
	polled  bool
	limited error // why it has no events though it should; nil: it needs none or has them

	dirs    []*dir
	links   map[string][]string // name here → the symbolic links elsewhere that lead to it
	missing map[string][]*dir   // name here → the missing directories at or below it
}

// attach watches an existing directory. It reports false when the directory is
// missing after all.
func (t *tree) attach(d *dir) bool {
	w, err := t.watchFor(realPath(d.path))
	if err != nil {
		t.lose(d)
		return false
	}
	t.unanchor(d)
	d.watch = w
	w.dirs = append(w.dirs, d)
	return true
}

// detach gives up the watch, or the waiting, for d.
func (t *tree) detach(d *dir) {
	t.unanchor(d)
	if w := d.watch; w != nil {
		d.watch = nil
		w.dirs = remove(w.dirs, d)
		t.release(w)
	}
}

// await watches for a missing directory to come back, in the nearest directory
// above it that exists.
func (t *tree) await(d *dir) {
	for {
		t.unanchor(d)
		name, up := filepath.Base(d.path), filepath.Dir(d.path)
		for !isDir(up) && up != filepath.Dir(up) {
			name, up = filepath.Base(up), filepath.Dir(up)
		}
		w, err := t.watchFor(realPath(up))
		if err != nil {
			if up == filepath.Dir(up) {
				return // the whole volume is missing
			}
			continue // it went away just now
		}
		d.anchor = w
		w.missing[name] = append(w.missing[name], d)
		next := filepath.Join(up, name)
		if !isDir(next) {
			return // and whatever comes from now on gives an event
		}
		if next == d.path {
			if t.attach(d) {
				t.list(d, false)
			}
			return
		}
	}
}

// unanchor ends the waiting for d.
func (t *tree) unanchor(d *dir) {
	w := d.anchor
	if w == nil {
		return
	}
	d.anchor = nil
	for name, dirs := range w.missing {
		if dirs = remove(dirs, d); len(dirs) == 0 {
			delete(w.missing, name)
		} else {
			w.missing[name] = dirs
		}
	}
	t.release(w)
}

// watchFor returns the watch on a real directory. Its error is that the
// directory is not there.
func (t *tree) watchFor(real string) (*watch, error) {
	if w := t.watches[real]; w != nil {
		return w, nil
	}
	w := &watch{real: real, links: make(map[string][]string), missing: make(map[string][]*dir)}
	if err := t.start(w); err != nil {
		return nil, err
	}
	t.watches[real] = w
	if w.polled {
		t.polled++
	}
	return w, nil
}

// start finds out how w's directory can be watched, and asks for its events
// where there are any.
func (t *tree) start(w *watch) error {
	w.polled, w.limited = false, nil
	if t.notify == nil {
		w.polled = true
		return nil
	}
	if t.poll == pollAuto {
		if fsname := t.eventless(w.real); fsname != "" {
			t.log.Info("watch: the file system sends no events; the directory is polled", "dir", w.real, "fs", fsname)
			w.polled = true
			return nil
		}
	}
	err := t.notify.Add(w.real)
	if err != nil && !isDir(w.real) {
		return err
	}
	w.limited = err
	w.polled = err != nil && t.poll != pollNever
	return nil
}

// release gives up a watch that nothing needs any more.
func (t *tree) release(w *watch) {
	if len(w.dirs)+len(w.links)+len(w.missing) > 0 {
		return
	}
	delete(t.watches, w.real)
	if w.polled {
		t.polled--
	} else if w.limited == nil {
		// It fails when the directory is gone, and the watch with it.
		_ = t.notify.Remove(w.real)
		// The directory may be watched under a newer name already: fsnotify
		// keeps one watch for both, and has now removed that.
		t.suspect = true
	}
}

// restart asks anew for the events of a watched directory, after the system may
// have dropped them.
func (t *tree) restart(w *watch) {
	if w.polled || w.limited != nil {
		return
	}
	_ = t.notify.Remove(w.real) // fails when it has been dropped
	if t.start(w) == nil && w.polled {
		t.polled++
	}
}

// retryLimited asks again for the events that the system had no room for.
func (t *tree) retryLimited() {
	for _, w := range t.watches {
		if w.limited == nil {
			continue
		}
		if w.polled {
			t.polled--
		}
		err := t.start(w)
		if w.polled {
			t.polled++
		}
		if err == nil && w.limited == nil {
			for _, d := range slices.Clone(w.dirs) {
				t.list(d, false)
			}
		}
	}
}

// tellLimit tells people, once, that directories lack events.
func (t *tree) tellLimit() {
	var first *watch
	n := 0
	for _, w := range t.watches {
		if w.limited != nil {
			n++
			if first == nil || w.real < first.real {
				first = w
			}
		}
	}
	if n > 0 && !t.limitTold {
		t.problem(noWatches(first.limited, first.real, n, len(t.watches), first.polled))
	}
	t.limitTold = n > 0
}

// verify restores the watches that fsnotify has lost. It keys its watches by
// inode: one that was asked for under a directory's new name, while the event
// of the move still waits in the queue, is taken for the old name's, and goes
// away with it.
func (t *tree) verify() {
	for range maxVerify {
		if !t.suspect || t.notify == nil {
			break
		}
		t.suspect = false
		alive := make(map[string]bool)
		for _, path := range t.notify.WatchList() {
			alive[path] = true
		}
		for _, real := range keys(t.watches) {
			w := t.watches[real]
			if w == nil || w.polled || w.limited != nil || alive[real] {
				continue
			}
			t.restart(w)
			t.lookAt(w)
		}
	}
	t.tellLimit()
}

// realPath returns path without symbolic links, or path itself where that can't
// be found out.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// remove returns s without x.
func remove[T comparable](s []T, x T) []T {
	return slices.DeleteFunc(s, func(y T) bool { return y == x })
}
