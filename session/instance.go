package session

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/proxy"
	"github.com/hotdev/hotdev/session/target"
)

// instance is one process of the app with what it prints. The loop owns it but
// for scanning, which happens in the process's output goroutines.
type instance struct {
	bin      target.Binary
	proc     target.Process // nil until launched
	started  time.Time
	ready    time.Time   // zero until then
	by       *transition // that started it
	stdout   *output
	stderr   *output
	stdin    io.ReadCloser
	firstLog uint64                 // number of the first log entry that can be its own
	version  *proxy.Version         // behind the front door; nil for one that has its port itself
	missed   atomic.Pointer[string] // why a bind was not moved; nil if none was missed
	refused  atomic.Pointer[string] // why an address that it asked for is not to be had; nil if none was refused
	port     string                 // what PORT was set to, in the mode env
	public   string                 // and the address that stands for that port
	routes   routeTable
	list     []diag.Diagnostic // panics and races that it printed

	mu      sync.Mutex
	scanner *diag.Scanner
	bound   []target.Listener // moved to behind the front door, in the order of the binds
}

// newInstance makes an instance of bin that writes to the session's log.
func (l *loop) newInstance(t *transition) *instance {
	app := &instance{bin: *t.bin, by: t, stdin: l.s.input.next(), firstLog: l.s.hub.logs.head()}
	app.scanner = diag.NewScanner(l.scanOptions())
	app.stdout = newOutput(Stdout, l.s.hub.logs, l.scan(app, app.scanner.Stdout))
	app.stderr = newOutput(Stderr, l.s.hub.logs, l.scan(app, app.scanner.Stderr))
	return app
}

// scanOptions says which files the app's reports are about.
func (l *loop) scanOptions() diag.ScanOptions {
	g := l.graph
	dirs := map[string]string{"main": g.Main().Dir} // the runtime's name for it
	var files []string
	for _, p := range g.Packages() {
		dirs[p.ImportPath] = p.Dir
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			files = append(files, filepath.Join(p.Dir, name))
		}
	}
	return diag.ScanOptions{Own: g.Contains, Resolve: diag.Resolver(dirs, files), MainFile: g.Main().MainFile}
}

// scan returns what looks at a line of app's output and posts what it tells.
func (l *loop) scan(app *instance, look func(string) (diag.LineInfo, []diag.Diagnostic)) func(string) diag.LineInfo {
	return func(line string) diag.LineInfo {
		app.mu.Lock()
		defer app.mu.Unlock()
		info, list := look(line)
		if len(list) > 0 {
			l.s.post(found{app, list})
		}
		if info.Route != nil {
			l.s.post(routed{app, *info.Route})
		}
		return info
	}
}

// follow posts what becomes of app's process until it is gone.
func (l *loop) follow(app *instance) {
	l.tasks.Go(func() {
		select {
		case <-app.proc.Ready():
			l.s.post(ready{app})
		case err := <-app.proc.NotReady():
			l.s.post(notReady{app, err})
		case <-app.proc.Exited():
		}
		<-app.proc.Exited()
		app.stdout.close()
		app.stderr.close()
		app.stdin.Close()
		if exit := app.proc.Exit(); !exit.Stopped {
			app.mu.Lock()
			list := app.scanner.Exit(exit.Code, exit.Signal)
			app.mu.Unlock()
			if len(list) > 0 {
				l.s.post(found{app, list})
			}
		}
		l.s.post(exited{app})
	})
}

// running describes app for the status.
func (a *instance) running() *RunningApp {
	r := &RunningApp{
		Rev:       a.bin.Rev,
		BuildID:   a.bin.BuildID,
		PID:       a.proc.PID(),
		Listeners: a.listeners(),
		StartedAt: a.started,
	}
	if len(r.Listeners) > 0 {
		r.Address = reachable(r.Listeners[0].Asked)
	}
	if a.version != nil {
		r.Requests = a.version.Metrics()
	}
	return r
}

// listens notes a listener that was moved to behind the front door.
func (a *instance) listens(at target.Listener) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bound = slices.DeleteFunc(a.bound, func(b target.Listener) bool { return b.Asked == at.Asked })
	a.bound = append(a.bound, at)
}

// moved are the addresses that app has behind the front door.
func (a *instance) moved() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var asked []string
	for _, b := range a.bound {
		asked = append(asked, b.Asked)
	}
	return asked
}

// listeners are those that the runner has found, and those that came later.
func (a *instance) listeners() []target.Listener {
	list := slices.Clone(a.proc.Listeners())
	for i, at := range list {
		if _, port, err := net.SplitHostPort(at.Actual); err == nil && port == a.port {
			list[i].Asked = a.public
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range a.bound {
		if !slices.Contains(list, b) {
			list = append(list, b)
		}
	}
	return list
}

// stop stops the process and waits for its end; that of ctx does not hurry it.
func (a *instance) stop(ctx context.Context) { a.proc.Stop(context.WithoutCancel(ctx)) }

// reachable turns a listening address into one that a browser on this machine
// can open: the unspecified addresses become localhost.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// onFound takes a panic or a race that app printed.
func (l *loop) onFound(e found) {
	const most = 50 // of one process; more tell nothing new
	e.app.list = append(e.app.list, e.list[:min(len(e.list), most-min(len(e.app.list), most))]...)
	l.showFound()
}

// showFound publishes the panics and races of the processes that matter: the
// one that serves, the one that starts, and the one that ended by itself.
func (l *loop) showFound() {
	byOwner := map[diag.Owner][]diag.Diagnostic{}
	rev := 0
	for _, app := range l.speaking() {
		rev = max(rev, app.bin.Rev)
		for _, d := range app.list {
			byOwner[d.Owner] = append(byOwner[d.Owner], d)
		}
	}
	for _, owner := range []diag.Owner{diag.Panic, diag.Race} {
		l.found.set(owner, rev, byOwner[owner])
	}
}

// speaking lists the processes whose panics and races stand.
func (l *loop) speaking() []*instance {
	var list []*instance
	for _, app := range []*instance{l.app, l.starting, l.dead} {
		if app != nil && !slices.Contains(list, app) {
			list = append(list, app)
		}
	}
	return list
}

// forgive drops the panics and races in files that have changed since.
func (l *loop) forgive(files []string) {
	for _, app := range l.speaking() {
		app.list = slices.DeleteFunc(app.list, func(d diag.Diagnostic) bool { return slices.Contains(files, d.File) })
	}
	l.showFound()
}
