package graph

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Dirs returns the directories to watch, each without those below it, sorted.
// All exist at Load; where something is missing (a package that is imported, an
// env file's directory), the nearest directory above it is given. There are as
// many as package directories, the directories of embedded, reloaded and
// restarting files, and the directories on the way to them; a directory that
// holds nothing of these is not among them: see Watches.
func (g *Graph) Dirs() []string {
	return slices.Sorted(maps.Keys(g.dirs))
}

// Watches reports whether a directory that appeared after Load should be
// watched too, with those below it, because a file in it may count: it lies in
// a module of the app, below the root or the app's directory, and is not
// ignored. The watcher must look at what is already in it. The next graph's
// Dirs say whether the watch is still needed.
func (g *Graph) Watches(dir string) bool {
	p := g.locate(dir)
	top := g.top(p)
	if top == "" || g.globs.ignores(relSlash(g.root, p)) != "" || ignoredPath(p, top) {
		return false
	}
	if m, _ := g.embedder(p); m != nil {
		return true
	}
	return !under(p, top, aside)
}

// top returns the innermost of the own modules, the root and the app's
// directory that holds path; "" for none.
func (g *Graph) top(path string) string {
	m, _ := g.moduleOf(path)
	best := m.dir
	for _, dir := range []string{g.root, g.appDir} {
		if within(path, dir) && len(dir) > len(best) {
			best = dir
		}
	}
	return best
}

// watchWay adds dir and the directories between it and top to the watched
// ones, so that one of them that is removed is noticed when it comes back.
func (g *Graph) watchWay(dir, top string) {
	g.dirs[dir] = true
	if top == "" || !within(dir, top) {
		return
	}
	for ; dir != top; dir = filepath.Dir(dir) {
		g.dirs[dir] = true
	}
	g.dirs[top] = true
}

// watchNear adds the directory where path would appear.
func (g *Graph) watchNear(path string) {
	if dir := existing(path); dir != "" {
		dir = Canonical(dir)
		g.watchWay(dir, g.top(dir))
	}
}

// collectDirs fills g.dirs; found are the directories of the walk.
func (g *Graph) collectDirs(found map[string]bool) {
	g.dirs[g.root] = true
	g.watchNear(g.appDir)
	for dir := range found {
		if !g.inCache(dir) {
			g.watchWay(dir, g.top(dir))
		}
	}
	for dir, m := range g.byDir {
		if m.own {
			g.watchWay(dir, g.top(dir))
			for _, embed := range embedDirs(m) {
				g.watchWay(embed, dir)
			}
		}
	}
	for dir := range g.missing {
		g.watchNear(dir)
	}
	for path := range g.controls {
		g.watchNear(filepath.Dir(path))
	}
	for path := range g.envFiles {
		g.watchNear(filepath.Dir(path))
	}
	if g.config != "" {
		g.watchNear(filepath.Dir(g.config))
	}
	for _, base := range g.globs.bases() {
		g.watchNear(resolve(g.root, base))
	}
	for target := range g.aliases {
		if !isDir(target) {
			g.dirs[filepath.Dir(target)] = true
		}
	}
}

// walker finds the directories that hold files for restart and reload globs.
type walker struct {
	g       *Graph
	found   map[string]bool   // canonical
	seen    map[string]bool   // canonical, against cycles of links
	aliases map[string]string // what links point at outside the root → the link
}

// walkTrees looks for files for the globs below the root, the app's directory
// and the directories that globs outside of them start from, until ctx ends.
func (g *Graph) walkTrees(ctx context.Context) *walker {
	w := &walker{g: g, found: map[string]bool{}, seen: map[string]bool{}, aliases: map[string]string{}}
	w.walk(ctx, g.root, g.root)
	w.walk(ctx, g.appDir, g.appDir)
	for _, base := range g.globs.bases() {
		dir := resolve(g.root, base)
		w.walk(ctx, Canonical(dir), dir)
	}
	return w
}

// walk looks through the directory dir, which has the name name for globs.
func (w *walker) walk(ctx context.Context, dir, name string) {
	if w.seen[dir] || ctx.Err() != nil {
		return
	}
	w.seen[dir] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // gone, or not ours to read: nothing to watch
	}
	for _, entry := range entries {
		path, known := filepath.Join(dir, entry.Name()), filepath.Join(name, entry.Name())
		descend := entry.IsDir()
		if entry.Type()&os.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil {
				continue
			}
			path, descend = Canonical(path), info.IsDir()
			if within(path, w.g.root) || within(w.g.root, path) || within(w.g.appDir, path) {
				continue // found under its own name, or a way up and out
			}
			if descend || w.wants(known) {
				w.aliases[path] = known
			}
		}
		switch {
		case descend && !aside(entry.Name()) && w.g.globs.ignores(relSlash(w.g.root, known)) == "":
			w.walk(ctx, path, known)
		case !descend && w.wants(known):
			w.found[dir] = true
		}
	}
}

// wants reports whether a glob gives the file a restart or a reload.
func (w *walker) wants(path string) bool {
	if temporary(filepath.Base(path)) {
		return false
	}
	class, _ := w.g.byGlobs(path)
	return class == Restart || class == Reload || w.g.reloadsByDefault(path)
}

// subdirs returns the directories below dir whose names keep accepts, without
// following links.
func subdirs(dir string, keep func(name string) bool) []string {
	var dirs []string
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.IsDir() && keep(entry.Name()) {
			sub := filepath.Join(dir, entry.Name())
			dirs = append(append(dirs, sub), subdirs(sub, keep)...)
		}
	}
	return dirs
}
