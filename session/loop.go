package session

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/target"
	"github.com/hotdev/hotdev/session/watch"
)

// loop is the session's state and the only code that changes it. Its fields
// belong to the goroutine of Run. What takes time runs elsewhere and comes
// back as an event: work (load, build), transitions (stop, start), followers
// of processes.
type loop struct {
	s       *Session
	ctx     context.Context // ends when the session must
	tasks   sync.WaitGroup  // everything that Run waits for
	watcher *watch.Watcher

	config    *config.Config // the last good one
	overrides config.Overrides
	graph     *graph.Graph // nil until the first load
	found     *findings

	rev      int
	holds    int // saves are withheld while there is one
	withheld withheld

	want    bool // the app shall run
	work    *work
	vetting context.CancelFunc // ends the check of the newest version; nil for none
	queued  *work              // starts when work, cancelled, has returned

	moving *transition // in progress
	next   *transition // starts when moving, cancelled, has returned

	debug   DebuggerState
	waiting *transition // for the app that stands in the debugger to go on

	ahead ahead
	twin  twin
	quiet <-chan time.Time // delivers when all that was not told is to be; nil: nothing waits

	door     door
	learned  string               // why versions can't run at once; "" if they can for all that is known
	retiring []context.CancelFunc // end the patience with old versions that still answer

	app      *instance // serves
	starting *instance // is not ready yet

	dead *instance // ended by itself; its panics stand until something better runs

	kept    []target.Binary     // good versions, oldest first
	newest  *target.Binary      // of the last good build
	sources map[string]*sources // by BuildID, of the binaries that are held
	current bool                // newest holds every save so far
	last    *LastBuild
	failed  string // why the last build or start failed; "" if it did not
	ended   string // how the app ended by itself; "" if it did not
	crashed bool   // and that was no success
}

// Run runs the session until ctx ends; it returns after the app, every build
// and every goroutine of the session are gone.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer close(s.done)
	defer s.hub.close()
	defer s.input.close()
	l := &loop{
		s:         s,
		ctx:       ctx,
		overrides: s.opt.Overrides,
		found:     newFindings(s.hub.setDiagnostics),
		withheld:  withheld{},
		want:      s.opt.Autostart,
		ahead:     newAhead(),
		twin:      newTwin(),
	}
	defer l.shutDown(cancel)
	if err := l.begin(); err != nil {
		return err
	}
	for {
		l.publish()
		select {
		case <-ctx.Done():
			return nil
		case b := <-l.watcher.Batches():
			l.handle(changed{b})
		case p := <-l.watcher.Problems():
			l.handle(problem{p})
		case <-s.debuggerChanged():
			l.onDebugger()
		case <-s.buffers.changed:
			l.onBuffers()
		case <-l.ahead.timer.C:
			l.onPause()
		case <-l.twin.timer.C:
			l.onIdle()
		case <-l.quiet:
			l.speak()
		case e := <-s.events:
			l.handle(e)
		}
	}
}

// shutDown cancels what runs, stops the app and waits for all goroutines,
// which must find their events taken until they are gone.
func (l *loop) shutDown(cancel context.CancelFunc) {
	cancel()
	defer l.s.builder.Close() // no build runs when all tasks have ended
	defer l.closeDoor()
	if l.watcher != nil {
		l.watcher.Close()
	}
	for _, app := range []*instance{l.app, l.starting} {
		if app != nil {
			l.tasks.Go(func() { app.stop(l.ctx) })
		}
	}
	ended := make(chan struct{})
	go func() {
		l.tasks.Wait()
		close(ended)
	}()
	for {
		select {
		case e := <-l.s.events:
			stopLaunched(e)
		case <-ended:
			for { // what was posted just before the end
				select {
				case e := <-l.s.events:
					stopLaunched(e)
				default:
					return
				}
			}
		}
	}
}

// stopLaunched stops the process that came up while the session ends.
func stopLaunched(e event) {
	if e, ok := e.(launched); ok && e.proc != nil {
		e.proc.Stop(context.Background())
	}
}

// begin reads the configuration and starts the first load and build.
func (l *loop) begin() error {
	l.rev = 1
	c, err := config.Load(l.s.opt.Root, l.s.opt.Environ, l.overrides)
	l.configRead(c, err)
	l.openDoor()
	l.recall()
	if err := l.watch(); err != nil {
		return err
	}
	l.request(&work{reason: "first build", first: time.Now()})
	return nil
}

// watch replaces the watcher by one for the configuration in force.
func (l *loop) watch() error {
	w, err := watch.New(watch.Options{Poll: l.config.Watch.Poll, Logger: l.s.opt.Logger})
	if err != nil {
		return fmt.Errorf("watching %s: %w", l.s.opt.Root, err)
	}
	if l.watcher != nil {
		l.watcher.Close()
	}
	l.watcher = w
	if l.graph != nil {
		w.SetGraph(l.graph)
	}
	return nil
}

// handle is the one place where events change state.
func (l *loop) handle(e event) {
	switch e := e.(type) {
	case changed:
		l.onChanged(e.batch)
	case problem:
		l.s.hub.logs.say("warn", e.Message+": "+e.Mend)
	case saved:
		l.onSaved(e)
	case breakpointsSet:
		l.onDebugger()
		e.published <- struct{}{}
	case holdRequested:
		l.holds++
		e.done <- struct{}{}
	case released:
		l.holds--
	case applyRequested:
		l.watcher.Flush(e.files...)
	case reloadRequested:
		l.onReload(e)
	case startRequested:
		l.onStart(e)
	case stopRequested:
		l.onStop(e)
	case rollbackRequested:
		l.onRollback(e)
	case graphLoaded:
		l.onGraph(e)
	case diagnosed:
		if e.work == l.work {
			l.found.merge(diag.Build, e.work.rev, e.list)
		}
	case buildEnded:
		l.onBuilt(e)
	case differed:
		l.onDiffered(e.why)
	case vetted:
		l.onVetted(e)
	case guessed:
		l.onGuessed(e)
	case prepared:
		l.onPrepared(e)
	case judged:
		l.onJudged(e)
	case twinEnded:
		l.twin.cancel = nil
	case unsavedChecked:
		l.onUnsavedChecked(e)
	case launched:
		l.onLaunched(e)
	case ready:
		l.onReady(e.app)
	case notReady:
		l.onNotReady(e.app, e.err)
	case exited:
		l.onExited(e.app)
	case answered:
		l.onAnswered(e)
	case measured: // publish does it
	case found:
		l.onFound(e)
	case routed:
		l.onRoute(e)
	}
}

// need is what a changed configuration asks for.
type need int

const (
	needNothing need = iota
	needRestart
	needBuild
)

// configRead takes a configuration in force; with err the last good one stays.
func (l *loop) configRead(c *config.Config, err error) need {
	l.found.set(diag.Config, l.rev, configFindings(l.s.opt.Root, err))
	old := l.config
	switch {
	case err != nil && old != nil:
		l.s.hub.logs.say("error", "the configuration has errors; the last good one stays in force: "+err.Error())
		return needNothing
	case err != nil:
		l.s.hub.logs.say("error", "the configuration has errors; the defaults are in force until they are mended: "+err.Error())
		c = config.Default(l.s.opt.Root)
	}
	l.config = c
	if old != nil && old.Proxy != c.Proxy {
		l.renewDoor()
	}
	if old == nil || old.Debug.Mode != c.Debug.Mode {
		l.onDebugger()
	}
	if old != nil && old.Watch.Poll != c.Watch.Poll {
		if err := l.watch(); err != nil {
			l.s.hub.logs.say("error", err.Error()+"; the watcher stays as it was")
		}
	}
	switch {
	case old == nil:
		return needBuild
	case !reflect.DeepEqual(old.Build, c.Build), !reflect.DeepEqual(old.Watch, c.Watch), old.App.Package != c.App.Package,
		!slices.Equal(old.App.EnvFiles, c.App.EnvFiles), old.Debug.Mode != c.Debug.Mode:
		return needBuild
	case !reflect.DeepEqual(old.App, c.App), !reflect.DeepEqual(old.Run, c.Run), old.Proxy.Enabled != c.Proxy.Enabled:
		return needRestart
	}
	return needNothing
}

// beQuiet lets who is to be told of something wait until the new version, which is
// about to start, has answered its first request.
func (l *loop) beQuiet() {
	l.quiet = time.After(quietTime)
	l.s.hub.setQuiet(true)
}

// speak ends that.
func (l *loop) speak() {
	l.quiet = nil
	l.s.hub.setQuiet(false)
}

// publish tells of the new state if there is one.
func (l *loop) publish() {
	l.tellDoor()
	now := l.status()
	if !reflect.DeepEqual(now, l.s.hub.status()) {
		l.s.hub.setStatus(now)
	}
	l.s.launching.set(now.State == Starting)
}

// status derives the visible state.
func (l *loop) status() Status {
	s := Status{
		Rev:         l.rev,
		Root:        l.s.opt.Root,
		Profile:     l.config.Profile,
		LastBuild:   l.last,
		Diagnostics: l.found.count(),
		Debug:       l.debugStatus(),
	}
	if l.graph != nil {
		s.App = l.graph.Main().ImportPath
	}
	if l.app != nil {
		s.Running = l.app.running()
	}
	s.Proxy = ProxyStatus{Mode: string(l.door.mode), Reason: l.door.reason}
	if why := l.exclusive(); why != "" && l.door.proxy != nil {
		s.Proxy.Reason = strings.TrimPrefix(s.Proxy.Reason+"; versions do not run at once: "+why, "; ")
	}
	if l.door.proxy != nil && l.door.public != "" {
		s.Proxy.Address = reachable(l.door.public)
	}
	s.Hold = HoldStatus{Holds: l.holds, Withheld: l.withheld.count()}
	s.State, s.Message = l.state()
	if waits := s.Hold.sentence(); waits != "" {
		s.Message = strings.TrimPrefix(s.Message+"; "+waits, "; ")
	}
	return s
}

// state names what goes on, the newest first, and explains it.
func (l *loop) state() (State, string) {
	serves := ""
	if l.app != nil {
		serves = fmt.Sprintf("; rev %d goes on serving", l.app.bin.Rev)
	}
	switch {
	case l.work != nil:
		return Building, l.work.reason
	case l.debug.State == DebugPaused && l.waiting != nil:
		return Paused, fmt.Sprintf("rev %d is built, waiting for you", l.waiting.bin.Rev)
	case l.debug.State == DebugPaused && (l.last == nil || l.last.OK) && (l.app != nil || l.starting != nil):
		return Paused, ""
	case l.starting != nil || l.moving != nil && l.moving.bin != nil:
		return Starting, ""
	case l.last != nil && !l.last.OK:
		return Failed, l.failed + serves
	case l.app != nil:
		return Running, l.failed
	case l.crashed:
		return Crashed, l.ended
	case l.failed != "":
		return Failed, l.failed
	case l.want || l.moving != nil || len(l.kept) > 0:
		return Stopped, l.ended
	}
	return Idle, ""
}
