package watch

import (
	"cmp"
	"hash/maphash"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxFresh bounds the watches on new directories that hold files but none that
// matters, such as those of a build's output.
const maxFresh = 512

// tree is what the watcher knows of the disk. Only the loop uses it.
type tree struct {
	graph     Graph // nil before the first SetGraph
	poll      string
	notify    notifier // nil: everything is polled
	eventless func(dir string) string
	log       *slog.Logger
	seed      maphash.Seed
	buf       []byte // for reading files

	dirs    map[string]*dir   // by path
	watches map[string]*watch // by real path
	wanted  int               // how many of dirs the graph wants
	polled  int               // how many of watches are polled
	gitDirs []string          // of the work trees that the graph's directories are in
	gen     uint64            // of the newest listing of a directory
	suspect bool              // a watched directory was moved or removed: see verify

	dirty      map[string]state // paths to look at when things are quiet, as they were found
	marked     bool             // something became dirty since this was reset
	flushing   bool             // a flush is asked for: the next batch comes in any case
	ready      map[string]pending
	flushed    bool // ready is a batch even if it is empty
	readyFirst time.Time
	expected   map[string][]byte // as in Batch
	sorted     *Batch            // ready as a batch; nil when ready has changed

	problems  []Problem // for people to see, oldest first
	limitTold bool      // the lack of watches is among what people were told
}

// origin is why a directory is in the tree.
type origin int

const (
	wanted origin = iota // by the graph
	fresh                // it came later, and the graph says that it may count
)

// dir is a directory whose files are known.
type dir struct {
	path    string // as the graph names it
	origin  origin
	linked  bool              // a fresh one that is a symbolic link: not followed further, it may lead in a circle
	watch   *watch            // nil while the directory is missing
	anchor  *watch            // while it is missing: the nearest directory above it that exists
	entries map[string]*entry // by name
	links   int               // how many entries are symbolic links to relevant files
}

// entry is a name in a directory.
type entry struct {
	isDir    bool
	relevant bool      // a change of it is reported; the fields below are for such files only
	known    state     // as last seen
	changed  time.Time // when known last changed
	hot      bool      // known's time stamp is too young to prove anything
	target   string    // real path of the file that a symbolic link leads to; "" for others
	gen      uint64    // of the listing that last had it
}

// pending is a change that the receiver has not taken yet.
type pending struct {
	change Change
	before state // what the receiver knows
}

func newTree(opt Options, eventless func(dir string) string) *tree {
	return &tree{
		poll:      opt.Poll,
		eventless: eventless,
		log:       opt.Logger,
		seed:      maphash.MakeSeed(),
		buf:       make([]byte, 64<<10),
		dirs:      make(map[string]*dir),
		watches:   make(map[string]*watch),
		dirty:     make(map[string]state),
		ready:     make(map[string]pending),
	}
}

// retarget watches for another graph and reports whether something that matters
// may have changed.
func (t *tree) retarget(g Graph) bool {
	t.marked = false
	t.graph = g
	want := make(map[string]bool)
	for _, path := range g.Dirs() {
		want[filepath.Clean(path)] = true
	}
	t.wanted = len(want)
	for _, path := range keys(t.dirs) { // parents come before their children
		switch d := t.dirs[path]; {
		case d == nil: // it got lost meanwhile
		case want[path]:
			d.origin = wanted
			if d.watch == nil {
				t.refresh(d, false)
			}
		case d.origin == wanted || !t.inside(path):
			t.forget(d)
		}
	}
	for _, path := range keys(want) {
		if t.dirs[path] == nil {
			t.add(path, wanted, false)
		}
	}
	t.reclassify()
	t.retryLimited()
	t.verify()
	t.gitDirs = gitDirs(want)
	return t.marked
}

// gitDirs returns the git directories of the work trees that want is in.
func gitDirs(want map[string]bool) []string {
	var found []string
	for dir := range want {
		if want[filepath.Dir(dir)] {
			continue
		}
		if git := gitDirOf(dir); git != "" && !slices.Contains(found, git) {
			found = append(found, git)
		}
	}
	return found
}

// inside reports whether a directory above path is in the tree.
func (t *tree) inside(path string) bool {
	for up := filepath.Dir(path); up != filepath.Dir(up); up = filepath.Dir(up) {
		if t.dirs[up] != nil {
			return true
		}
	}
	return false
}

// below returns the directories of the tree at and below path, parents first.
func (t *tree) below(path string) []*dir {
	prefix := path + string(filepath.Separator)
	var found []*dir
	for p, d := range t.dirs {
		if p == path || strings.HasPrefix(p, prefix) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *dir) int { return cmp.Compare(a.path, b.path) })
	return found
}

// entry returns what is known of a file; nil for nothing.
func (t *tree) entry(path string) *entry {
	if d := t.dirs[filepath.Dir(path)]; d != nil {
		return d.entries[filepath.Base(path)]
	}
	return nil
}

// add takes a directory into the tree. What a wanted one holds counts as known;
// what a fresh one holds is new.
func (t *tree) add(path string, o origin, linked bool) *dir {
	d := &dir{path: path, origin: o, linked: linked, entries: make(map[string]*entry)}
	t.dirs[path] = d
	if t.attach(d) { // before it is read, so that nothing falls in between
		t.list(d, o == wanted)
	}
	return d
}

// forget takes a directory out of the tree.
func (t *tree) forget(d *dir) {
	for name, e := range d.entries {
		t.follow(d, e, filepath.Join(d.path, name), "")
	}
	t.detach(d)
	delete(t.dirs, d.path)
}

// trim stops watching fresh directories that hold files but none that matters,
// once there are many of them.
func (t *tree) trim() {
	if len(t.dirs) <= t.wanted+maxFresh {
		return
	}
	for _, d := range t.dirs {
		if d.origin == fresh && !d.mayMatter() {
			t.forget(d)
		}
	}
}

// mayMatter reports whether d holds a relevant file, or no file at all yet.
func (d *dir) mayMatter() bool {
	files := false
	for _, e := range d.entries {
		if e.relevant {
			return true
		}
		files = files || !e.isDir
	}
	return !files
}

// problem keeps p for people to see.
func (t *tree) problem(p Problem) {
	t.log.Warn("watch: "+p.Message, "mend", p.Mend)
	t.problems = append(t.problems, p)
}

// keys returns the keys of m in order.
func keys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
