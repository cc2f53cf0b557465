package session

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/watch"
)

// onSaved tells the watcher of files that an editor saved. Only then is a file no
// longer one to be saved: of several that are saved at once, the watcher must not take
// the first for the last.
func (l *loop) onSaved(e saved) {
	if path, ours := l.source(e); ours {
		l.watcher.Written(path, e.text, l.moreToSave())
	} else {
		l.watcher.Saved(e.paths...)
	}
	if e.change > 0 {
		l.s.buffers.saved(e.paths[0], e.change)
	}
}

// source returns the build's name of the source that an editor holds and saved.
func (l *loop) source(e saved) (path string, ok bool) {
	if e.text == nil || l.graph == nil {
		return "", false
	}
	return l.graph.Source(e.paths[0])
}

// onChanged answers a settled batch of changes.
func (l *loop) onChanged(b watch.Batch) {
	if b.Expected != nil {
		l.s.opt.Logger.Debug("saved as it was built", "files", len(b.Expected))
	}
	w := &work{first: b.First}
	classes := l.take(w, l.sift(b))
	if len(w.files) == 0 {
		return
	}
	l.rev++
	w.rev = l.rev
	w.reason = l.because("changed", w.files)
	need := needNothing
	if classes[graph.Config] {
		c, err := config.Load(l.s.opt.Root, l.s.opt.Environ, l.overrides)
		need = l.configRead(c, err)
		w.load = w.load || need == needBuild
	}
	w.restart = w.restart || need == needRestart
	switch {
	case classes[graph.Rebuild] || need == needBuild || w.restart && l.work != nil:
		// A restart while a build runs waits for that build's end.
		unexpected := func(path string) bool { return b.Expected[path] == nil }
		if need == needNothing && !w.restart && !slices.ContainsFunc(w.files, unexpected) {
			l.letGo(b.Expected)
		}
		l.request(w)
	case w.restart:
		l.restart(w)
	case classes[graph.Reload]:
		l.record(w, Browser, "no rebuild is needed: only open pages change")
	default:
		l.record(w, ConfigRead, "nothing that runs depends on the change")
	}
}

// take adds to w what changes ask for, and returns their classes.
func (l *loop) take(w *work, changes []watch.Change) map[graph.Class]bool {
	classes := map[graph.Class]bool{}
	for _, c := range changes {
		classes[c.Class] = true
		if applies(c.Class) {
			w.files = append(w.files, c.Path)
		}
		if c.Class == graph.Reload {
			w.pages = max(w.pages, pageChangeOf(c))
		}
		if l.graph != nil && l.graph.NeedsReload(c.Path) {
			w.stale = append(w.stale, c.Path)
		}
	}
	w.restart = w.restart || classes[graph.Restart]
	if len(w.files) > 0 {
		l.forgive(w.files)
	}
	return classes
}

// applies reports whether changes of a class concern the app.
func applies(c graph.Class) bool {
	switch c {
	case graph.Rebuild, graph.Restart, graph.Reload, graph.Config:
		return true
	}
	return false
}

// because names the cause files in one sentence.
func (l *loop) because(verb string, files []string) string {
	name := files[0]
	if rel, err := filepath.Rel(l.s.opt.Root, name); err == nil {
		name = rel
	}
	if n := len(files) - 1; n > 0 {
		return fmt.Sprintf("%s and %d more %s", name, n, verb)
	}
	return name + " " + verb
}
