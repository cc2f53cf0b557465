package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/target"
)

// work is one applied save or command on its way from its cause to a built
// binary: the graph is loaded if need be, then the sources are built. At most
// one runs; a newer one cancels it, takes over what it had to do, and starts
// when it has returned.
type work struct {
	rev     int
	reason  string         // one sentence: what caused it
	files   []string       // cause files
	first   time.Time      // of the first event
	load    bool           // the graph must be loaded first
	stale   []string       // files because of which it is out of date
	restart bool           // start the result even if it is what runs already
	backTo  int            // rev of the older version to be put back; 0 for none
	now     bool           // even if the app stands in the debugger
	pages   pageChange     // what open pages shall do if no new version serves in the end
	waiters []func(Reload) // each is called once, in the loop, and must not block

	build  build.How
	ahead  bool // a build before the save has done it
	phases Phases
	record int // its serial; 0 before there is one
	cancel context.CancelFunc
}

// absorb takes over what old, which will not come to its end, had to do.
func (w *work) absorb(old *work) {
	w.load = w.load || old.load
	w.stale = append(w.stale, old.stale...)
	w.restart = w.restart || old.restart
	w.now = w.now || old.now
	w.pages = max(w.pages, old.pages)
	w.waiters = append(w.waiters, old.waiters...)
	old.waiters = nil
	if old.first.Before(w.first) {
		w.first = old.first
	}
	for _, f := range old.files {
		if !slices.Contains(w.files, f) {
			w.files = append(w.files, f)
		}
	}
}

// request starts w, or lets it replace what runs and what waits. It builds what
// is on the disk, and so what is withheld, too.
func (l *loop) request(w *work) {
	w.rev = l.rev
	l.take(w, l.takeWithheld())
	l.current = false
	if l.vetting != nil {
		l.vetting()
		l.vetting = nil
	}
	l.stopAhead()
	l.expect(nil) // it was saved, or will not be as it was
	l.stopTwin()
	l.found.set(diag.Unsaved, l.rev, nil) // the build speaks of it
	if l.queued != nil {
		w.absorb(l.queued)
		l.record(l.queued, Superseded, "a newer save came first")
		l.queued = nil
	}
	if l.work == nil {
		l.perform(w)
		return
	}
	w.absorb(l.work)
	l.work.cancel()
	l.queued = w
}

// perform starts the next step of w in a goroutine that posts its end.
func (l *loop) perform(w *work) {
	ctx, cancel := context.WithCancel(l.ctx)
	w.cancel = cancel
	l.work = w
	if w.load || len(w.stale) > 0 || l.graph == nil || l.graph.Main().ImportPath == "" {
		options, old := l.graphOptions(), l.graph
		guessed := options.Package != l.config.App.Package
		if w.load {
			old = nil
		}
		l.tasks.Go(func() {
			defer cancel()
			g, err := loadGraph(ctx, options, old, w.stale)
			l.s.post(graphLoaded{w, g, guessed, err})
		})
		return
	}
	if w.phases.Queue == 0 {
		w.phases.Queue = time.Since(w.first)
	}
	req, before := l.buildRequest(w.rev), l.newestSources()
	req.OnDiagnostics = func(list []diag.Diagnostic) { l.s.post(diagnosed{w, list}) }
	l.tasks.Go(func() {
		defer cancel()
		var now *sources
		var taking sync.WaitGroup // beside the build, which is not much longer if it was ready
		if req.Debug {
			taking.Go(func() { now = takeSources(req.Graph, before) })
		}
		result := l.s.builder.Build(ctx, req)
		taking.Wait()
		l.s.post(buildEnded{w, result, now})
	})
}

// loadGraph returns the graph after changes of files; old, which may be nil, is
// that before them.
func loadGraph(ctx context.Context, o graph.Options, old *graph.Graph, files []string) (*graph.Graph, error) {
	if old != nil {
		if g, ok := old.Reimported(files); ok {
			return g, nil
		}
	}
	return graph.Load(ctx, o)
}

// proceed starts the queued work after w has returned, and reports whether
// there was some.
func (l *loop) proceed(w *work) bool {
	l.work = nil
	if l.queued == nil {
		return false
	}
	q := l.queued
	l.queued = nil
	l.perform(q) // first, so that nobody sees a state in between
	l.record(w, Superseded, "a newer save came first")
	return true
}

// onGraph takes a loaded graph and goes on to the build.
func (l *loop) onGraph(e graphLoaded) {
	w := e.work
	if e.graph != nil && l.queued == nil {
		w.load, w.stale = false, nil
		l.graph = e.graph
		l.s.hub.setGraph(e.graph)
		l.watcher.SetGraph(e.graph)
	}
	if l.proceed(w) {
		return
	}
	var none *graph.NoMainError
	switch {
	case errors.As(e.err, &none) && e.guessed:
		l.perform(w) // the main package that was found before has gone: look again
	case e.graph == nil || e.graph.Main().ImportPath == "":
		// Nothing can be built; the watcher goes on, so that a mend is seen.
		l.fail(w, loadFindings(l.s.opt.Root, e.err), e.err)
	case len(l.config.Build.Command) > 0 && !l.want:
		l.record(w, Built, "[build] command runs only after the app was started")
	default:
		l.perform(w)
	}
}

// onBuilt ends w with a new version, or with the diagnostics of its failure.
func (l *loop) onBuilt(e buildEnded) {
	w, r := e.work, e.result
	w.build, w.phases.Check, w.phases.Compile, w.phases.Link = r.How, r.Check, r.Compile, r.Link
	w.ahead = r.Ahead && len(w.files) > 0
	if l.proceed(w) {
		return
	}
	if r.Canceled {
		l.record(w, Superseded, "the build was cancelled")
		return
	}
	l.judge(w, r.Compile+r.Link)
	if r.Binary == nil {
		l.fail(w, r.Diagnostics, r.Err)
		return
	}
	l.found.set(diag.Build, w.rev, r.Diagnostics) // warnings, if any
	if l.config.Build.Vet {
		l.vet(w)
	}
	l.failed = ""
	l.last = &LastBuild{Rev: w.rev, OK: true, Reason: w.reason, Build: w.build, Phases: w.phases}
	l.newest, l.current = r.Binary, true
	l.keepSources(e.sources)
	switch {
	case !l.want:
		l.record(w, Built, "the app is not started")
	case !w.restart && l.runs(r.Binary):
		l.record(w, Unchanged, fmt.Sprintf("the program is the same as rev %d's, which runs on", l.app.bin.Rev))
	case w.restart && l.runs(r.Binary):
		l.apply(&transition{work: w, bin: r.Binary, outcome: Restarted})
	default:
		l.apply(&transition{work: w, bin: r.Binary, outcome: Swapped})
	}
}

// onDiffered builds the newest sources again, now by go build, and starts the
// result instead of a program that should not be.
func (l *loop) onDiffered(why string) {
	l.s.hub.logs.say("warn", "go build has to build the app again: "+why)
	if l.work == nil { // else the build that runs, or waits for the graph, is one by go build already
		l.request(l.newWork("go build makes another program of the same sources"))
	}
}

// vet checks, beside everything else, the sources that w has built.
func (l *loop) vet(w *work) {
	ctx, cancel := context.WithCancel(l.ctx)
	l.vetting = cancel
	req := l.buildRequest(w.rev)
	l.tasks.Go(func() {
		defer cancel()
		l.s.lull(ctx)
		l.s.post(vetted{w, l.s.builder.Vet(ctx, req)})
	})
}

// onVetted adds the warnings to those of the build, if it is still the newest.
func (l *loop) onVetted(e vetted) {
	if l.work == nil && l.last != nil && l.last.OK && l.last.Rev == e.work.rev {
		l.found.add(diag.Build, e.list)
	}
}

// runs reports whether b is what serves, with nothing on its way.
func (l *loop) runs(b *target.Binary) bool {
	return l.app != nil && l.app.bin.BuildID == b.BuildID && l.starting == nil && l.moving == nil
}

// fail ends w without a new version: what serves goes on.
func (l *loop) fail(w *work, list []diag.Diagnostic, err error) {
	l.found.set(diag.Build, w.rev, list)
	l.failed = err.Error()
	l.last = &LastBuild{Rev: w.rev, Reason: err.Error(), Build: w.build, Phases: w.phases}
	l.record(w, BuildFailed, err.Error())
}

// record ends w: its record goes to the history, to subscribers and to those
// who wait for it, after the state that it led to.
func (l *loop) record(w *work, outcome Outcome, message string) {
	l.publish()
	l.unprepare()
	r := Reload{
		Rev:     w.rev,
		BackTo:  w.backTo,
		Time:    w.first,
		Reason:  w.reason,
		Files:   w.files,
		Outcome: outcome,
		Message: message,
		Build:   w.build,
		Ahead:   w.ahead,
		Phases:  w.phases,
		Total:   time.Since(w.first),
	}
	if outcome != Superseded {
		r.Speculation = l.nextAhead()
		l.awaitIdle()
	}
	switch outcome {
	case BuildFailed:
		r.Diagnostics = l.found.errors(diag.Build)
	case StartFailed:
		r.Diagnostics = l.found.errors(diag.Panic)
	case Swapped, Restarted, Unchanged, RolledBack:
		if l.app != nil {
			r.BuildID = l.app.bin.BuildID
		}
	}
	l.tellPages(w, outcome)
	w.record = l.s.hub.addReload(r)
	for _, tell := range w.waiters {
		tell(r)
	}
	w.waiters = nil
}

// graphOptions says what to load under the configuration in force.
func (l *loop) graphOptions() graph.Options {
	c := l.config
	pkg := c.App.Package
	if pkg == "" && l.graph != nil {
		pkg = l.graph.Main().ImportPath // a second main package must not make it ambiguous
	}
	flags := c.Build.Flags
	if c.Build.Race { // it sets the build tag race
		flags = append(slices.Clone(flags), "-race")
	}
	return graph.Options{
		Root:       l.s.opt.Root,
		Package:    pkg,
		Dir:        c.App.Dir,
		Flags:      flags,
		Tags:       c.Build.Tags,
		Env:        l.s.opt.Environ,
		Restart:    c.Watch.Restart,
		Reload:     c.Watch.Reload,
		Ignore:     c.Watch.Ignore,
		EnvFiles:   c.App.EnvFiles,
		ConfigFile: c.File,
	}
}

// buildRequest says what to build under the configuration in force.
func (l *loop) buildRequest(rev int) build.Request {
	c := l.config
	req := build.Request{
		Rev:      rev,
		Graph:    l.graph,
		Root:     l.s.opt.Root,
		Package:  l.graph.Main().ImportPath,
		Flags:    c.Build.Flags,
		Tags:     c.Build.Tags,
		Race:     c.Build.Race,
		Optimize: c.Build.Optimize,
		Debug:    !l.debugOff(),
		Debugged: l.debugged(),
		GoBuild:  !c.Build.Incremental,
		Command:  c.Build.Command,
		Env:      l.s.opt.Environ,
		Output: func(line string) {
			l.s.hub.logs.append(LogEntry{Time: time.Now(), Stream: BuildStream, Text: line})
		},
	}
	for _, b := range l.held() {
		req.Keep = append(req.Keep, b.Path)
	}
	return req
}

// held lists the binaries that run, shall run, or may run again.
func (l *loop) held() []target.Binary {
	list := slices.Clone(l.kept)
	for _, a := range []*instance{l.app, l.starting} {
		if a != nil {
			list = append(list, a.bin)
		}
	}
	for _, t := range []*transition{l.moving, l.next, l.waiting} {
		if t != nil && t.bin != nil {
			list = append(list, *t.bin)
		}
	}
	if l.newest != nil {
		list = append(list, *l.newest)
	}
	return list
}
