package incremental

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/build/archive"
)

// run is one pass over the app's own packages. It has a goroutine a package,
// which waits for those of the package's dependencies and then finds out, by
// hashes, whether there is anything to compile; compileAll waits for all. One
// more checks types meanwhile; commit and discard wait for that.
type run struct {
	b      *Builder
	c      *capture
	plan   *plan
	cutoff Cutoff
	slots  chan struct{} // one for each compiler that may run
	nodes  map[string]*node
	// prepare is called before the first command: when there is nothing to run,
	// there is nothing to prepare.
	prepare func() error

	onCheck func(Failures) // nil: types are left to the compiler
	check   func()         // starts the type check, if there is to be one
	stop    func()         // ends it
	checked chan struct{}  // closed when the type check has ended; nil: there is none
	// checking is how long the type check took; known when it has ended.
	checking time.Duration

	mu       sync.Mutex
	compiled []string // import paths, in any order until compileAll returns
	failures Failures
	err      error // another one
}

// node is what a run finds out about a package.
type node struct {
	p    *pkg
	done chan struct{} // closed when what is below is final
	state
	changed bool // state is new
	joined  bool // its archive has the export data of an older one
	found   bool // its archive was published before
	failed  bool // there is no state: it, or a dependency, could not be compiled
}

// state is what others need to know of a package.
type state struct {
	archive         string
	export, content archive.Hash
	key             archive.Hash
}

func (p *pkg) state() state {
	return state{archive: p.Archive, export: p.Export, content: p.Content, key: p.Key}
}

func (b *Builder) newRun(c *capture, p *plan, req Request, prepare func() error) *run {
	compilers := runtime.GOMAXPROCS(0)
	if b.ahead {
		compilers = 1
	}
	r := &run{b: b, c: c, plan: p, cutoff: req.Cutoff, onCheck: req.OnCheck, slots: make(chan struct{}, compilers), nodes: map[string]*node{}, prepare: prepare}
	for _, p := range c.own {
		r.nodes[p.Path] = &node{p: p, done: make(chan struct{}), state: p.state()}
	}
	return r
}

// state returns that of a package, whose node must be done if it has one.
func (r *run) state(path string) state {
	if n, ok := r.nodes[path]; ok {
		return n.state
	}
	return r.c.Pkgs[path].state()
}

// keyOf returns the hash of what p is to be made from, whose dependencies have their
// states.
func (r *run) keyOf(p *pkg) archive.Hash {
	return r.c.keyOf(p, r.plan.sources, r.plan.depsOf(p), func(dep string) archive.Hash { return r.state(dep).export })
}

// compileAll compiles what must be. Without an error all nodes have a state.
func (r *run) compileAll(ctx context.Context) error {
	r.check, r.stop = func() {}, func() {}
	if r.onCheck != nil {
		r.check = sync.OnceFunc(func() { r.stop = r.startCheck(ctx) })
		if r.mustCompile() {
			r.check() // now, and not only once all packages that need nothing were visited
		}
	}
	defer func() { r.stop() }()
	var g sync.WaitGroup
	for _, n := range r.nodes {
		g.Go(func() {
			defer close(n.done)
			if err := r.visit(ctx, n); err != nil {
				n.failed = true
				r.record(err)
			}
		})
	}
	g.Wait()
	slices.Sort(r.compiled)
	order := map[string]int{}
	for i, p := range r.c.own {
		order[p.Path] = i
	}
	slices.SortFunc(r.failures, func(a, b *Failure) int { return order[a.Package] - order[b.Package] })
	switch {
	case r.err != nil:
		return r.err
	case len(r.failures) > 0:
		return r.failures
	}
	return nil
}

func (r *run) record(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := (*Failure)(nil); errors.As(err, &f) {
		r.failures = append(r.failures, f)
	} else if r.err == nil {
		r.err = err
	}
}

// visit brings a package up to date. After an error that is no Failure nothing
// more is compiled.
func (r *run) visit(ctx context.Context, n *node) error {
	deps := r.plan.depsOf(n.p)
	for _, dep := range deps {
		if d, ok := r.nodes[dep]; ok {
			<-d.done
			n.failed = n.failed || d.failed
		}
	}
	if n.failed {
		return nil
	}
	key := r.keyOf(n.p)
	if key == n.p.Key {
		return nil
	}
	if n.p.Why != "" {
		return fallback("package %s must be compiled, and cannot be alone: %s", n.p.Path, n.p.Why)
	}
	object, ok := r.b.objects.find(key)
	if !ok {
		var err error
		if object, err = r.compile(ctx, n.p, deps, key); err != nil {
			return err
		}
	}
	return r.publish(n, object, key)
}

// compile makes the object for a key.
func (r *run) compile(ctx context.Context, p *pkg, deps []string, key archive.Hash) (path string, err error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	r.mu.Lock()
	stop := r.err != nil
	r.compiled = append(r.compiled, p.Path)
	r.mu.Unlock()
	if stop {
		return "", errors.New("another package failed before")
	}
	if err := r.prepare(); err != nil {
		return "", err
	}
	r.check()
	out := r.b.temp(fmt.Sprintf("%x.a", key))
	if err := r.b.compile(ctx, r.c, p, r.plan.sources.overlay, deps, func(dep string) string { return r.state(dep).archive }, out); err != nil {
		return "", err
	}
	return r.b.objects.add(key, out)
}

// publish makes an object the state of a package. If the package looks the same
// to its dependents as before, they shall see the same export data.
func (r *run) publish(n *node, object string, key archive.Hash) error {
	by := publicationKey{key, n.p.Export, r.cutoff}
	r.mu.Lock()
	before, ok := r.b.publications.find(by)
	r.mu.Unlock()
	if ok {
		n.state, n.joined, n.changed, n.found = before.state, before.joined, true, true
		return nil
	}
	if err := r.publishNew(n, object, key); err != nil || !r.b.ahead {
		return err
	}
	info, err := os.Stat(n.archive)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.b.publications[by] = publication{n.state, n.joined, info}
	return nil
}

// publishNew is publish for an object that was not published before.
func (r *run) publishNew(n *node, object string, key archive.Hash) error {
	a, err := readArchive(object)
	if err != nil {
		return err
	}
	path := r.b.nextPublished(&r.mu)
	switch joined, err := r.joined(n.p, a); {
	case err != nil:
		return err
	case joined == nil:
		err = os.Link(object, path)
		n.state = state{archive: path, export: a.Export(), content: a.Content(), key: key}
		n.changed = true
		return err
	default:
		if a, err = archive.Parse(joined); err != nil {
			return err
		}
		n.state = state{archive: path, export: n.p.Export, content: a.Content(), key: key}
		n.changed, n.joined = true, true
		return os.WriteFile(path, joined, 0o600)
	}
}

// joined returns the archive a with the export data that p has had, if the
// difference does not matter to dependents; nil when there is none or it does.
func (r *run) joined(p *pkg, a *archive.Archive) ([]byte, error) {
	if r.cutoff != Interface || a.Export() == p.Export {
		return nil, nil
	}
	before, err := readArchive(p.Archive)
	if err != nil {
		return nil, err
	}
	was, err := r.b.interfaces.of(before)
	if err != nil {
		return nil, nil // not understood: dependents are compiled
	}
	if is, err := r.b.interfaces.of(a); err != nil || is != was {
		return nil, nil
	}
	return a.WithExport(before), nil
}

// nextPublished returns a name for an archive that no other has had.
func (b *Builder) nextPublished(mu *sync.Mutex) string {
	mu.Lock()
	defer mu.Unlock()
	b.serial++
	return b.published(fmt.Sprintf("%d.a", b.serial))
}

// stale reports whether a file that was compiled is no longer what was read
// before.
func (r *run) stale() bool {
	return slices.ContainsFunc(r.compiled, func(path string) bool { return !r.nodes[path].p.unchanged(r.plan.sources) })
}

// waitForCheck returns when the type check is over.
func (r *run) waitForCheck() {
	if r.checked != nil {
		<-r.checked
	}
}

// discard removes the archives of a run that is not committed.
func (r *run) discard() {
	r.waitForCheck()
	for _, n := range r.nodes {
		if n.changed && !n.found {
			_ = os.Remove(n.archive)
		}
	}
}

// published reports whether the run has made an archive.
func (r *run) published() bool {
	for _, n := range r.nodes {
		if n.changed && !n.found {
			return true
		}
	}
	return false
}

// edited returns the packages of which a file is another one, dependencies first.
func (r *run) edited() (paths []string) {
	for _, p := range r.c.own {
		before, now := r.c.Sources.Dirs[p.Dir], r.plan.sources.Dirs[p.Dir]
		if slices.ContainsFunc(p.Compile.Files, func(path string) bool { return before[path].Hash != now[path].Hash }) {
			paths = append(paths, p.Path)
		}
	}
	return paths
}

// mustCompile reports whether it is likely before any visit that a package must be
// compiled: the first edited one, on which others hardly have a bearing.
func (r *run) mustCompile() bool {
	edited := r.edited()
	if len(edited) == 0 {
		return false
	}
	_, made := r.b.objects.find(r.keyOf(r.nodes[edited[0]].p))
	return !made
}

// commit makes what the run found the state that the next build starts from.
func (r *run) commit() {
	r.waitForCheck()
	r.b.edit(r.edited())
	r.c.Sources = r.plan.sources
	r.c.Link.Packages = r.plan.linked
	for p, deps := range r.plan.deps {
		p.Deps = deps
	}
	for _, n := range r.nodes {
		if !n.changed {
			continue
		}
		r.c.Hybrid = r.c.Hybrid || n.joined
		n.p.Archive, n.p.Export, n.p.Content, n.p.Key = n.archive, n.export, n.content, n.key
	}
}
