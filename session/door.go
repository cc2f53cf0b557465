package session

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/proxy"
	"github.com/hotdev/hotdev/session/target"
)

// portMode is how the app's public port is handled. The loop begins with the
// first that is worth a try and steps down for good when one does not work.
type portMode string

const (
	portsMoved  portMode = "redirect"  // the app's binds are moved; versions run side by side
	portFromEnv portMode = "env"       // the app takes its port from PORT; versions run side by side
	portItsOwn  portMode = "exclusive" // the app has its port; the old version stops before the new one starts
	portNoDoor  portMode = "off"       // the same, because [proxy] enabled = false
)

// door is the session's front door: the proxy, and what was found out about the
// app's port. The loop owns it.
type door struct {
	proxy  *proxy.Proxy // nil in the modes exclusive and off
	mode   portMode
	reason string
	public string // the address that the proxy serves; "" until the app has asked for one

	serves  *proxy.Version // what the proxy was told last
	down    string
	shown   *proxy.Problem
	cleared bool // the public addresses were given up
}

// openDoor makes a front door as the configuration wants it.
func (l *loop) openDoor() {
	c := l.config.Proxy
	if !c.Enabled {
		l.door = door{mode: portNoDoor, reason: "[proxy] enabled = false"}
		return
	}
	l.door = door{mode: portsMoved, proxy: proxy.New(proxy.Options{
		HoldTimeout: c.HoldTimeout,
		Inject:      c.Inject,
		Observe:     l.s.observe,
		Open:        l.s.opt.Open,
		Logger:      l.s.opt.Logger,
	})}
}

// closeDoor gives up the public addresses.
func (l *loop) closeDoor() {
	if l.door.proxy != nil {
		l.door.proxy.Close()
		l.door.proxy = nil
	}
}

// stepDown goes to the next way to handle the app's port.
func (l *loop) stepDown(why string) {
	switch l.door.mode {
	case portsMoved:
		l.door.mode = portFromEnv
	default:
		l.closeDoor()
		l.door.mode = portItsOwn
		l.door.public = ""
	}
	l.door.reason = why
	l.s.hub.logs.say("info", "the app's port: "+string(l.door.mode)+", because "+why)
}

// sideBySide reports whether a new version can start while app serves.
func (l *loop) sideBySide(app *instance) bool {
	return app.version != nil && (l.door.mode == portsMoved || l.door.mode == portFromEnv) && l.exclusive() == ""
}

// exclusive says why versions of this app must not run at once; "" if they may.
func (l *loop) exclusive() string {
	if l.config.Run.Exclusive {
		return "[run] exclusive = true"
	}
	return l.learned
}

// place is what a new process must know of its place behind the front door.
type place struct {
	ports *target.Ports
	env   []string
	claim func() error // to be called when no older process has the port any more
}

// placeFor gives a new instance its place behind the front door.
func (l *loop) placeFor(app *instance) (place, error) {
	d := &l.door
	none := func() error { return nil }
	switch d.mode {
	case portsMoved:
		app.version = l.newVersion(app)
		v, p := app.version, d.proxy
		return place{claim: none, ports: &target.Ports{
			Claim: func(network, asked string) error {
				err := p.Claim(network, asked)
				if err != nil {
					why := err.Error()
					app.refused.Store(&why)
				}
				return err
			},
			Bound: func(at target.Listener) {
				v.Bind(at.Asked, at.Actual)
				app.listens(at)
				l.s.post(measured{})
			},
			Missed: func(asked string, err error) {
				why := fmt.Sprintf("the bind to %s could not be moved: %v", asked, err)
				app.missed.Store(&why)
			},
		}}, nil
	case portFromEnv:
		private, err := freePort()
		if err != nil {
			return place{}, fmt.Errorf("finding a port for the app: %w", err)
		}
		d.public = l.publicAddress()
		app.version, app.port, app.public = l.newVersion(app), private, d.public
		p, public := d.proxy, d.public
		return place{env: []string{"PORT=" + private}, claim: func() error { return p.Claim("tcp", public) }}, nil
	}
	return place{claim: none}, nil
}

// publicAddress is where the app is to be reached when it does not say so by a
// bind: the configured address, else gin's default rule (PORT, or 8080).
func (l *loop) publicAddress() string {
	if l.config.Run.Address != "" {
		return l.config.Run.Address
	}
	port := "8080"
	for _, e := range slices.Backward(l.s.opt.Environ) {
		if v, ok := strings.CutPrefix(e, "PORT="); ok && v != "" {
			port = v
			break
		}
	}
	return net.JoinHostPort("localhost", port)
}

// freePort returns a TCP port of the loopback address that nobody uses.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// behindDoor looks at where app, which is ready, listens, and reports whether
// it can be reached through the front door. If not, it says why.
func (l *loop) behindDoor(app *instance) (ok bool, why string) {
	listeners := app.proc.Listeners()
	if l.door.proxy == nil || len(listeners) == 0 {
		return true, ""
	}
	if l.door.mode == portFromEnv {
		for _, at := range listeners {
			if _, port, err := net.SplitHostPort(at.Actual); err == nil && port == app.port {
				app.version.Bind(l.door.public, at.Actual)
				return true, ""
			}
		}
		return false, "the app listens on " + listeners[0].Asked + " and not on the port in PORT"
	}
	if why := app.missed.Load(); why != nil {
		return false, *why
	}
	l.door.public = ""
	if listeners[0].Asked != listeners[0].Actual { // else it asked for port 0, which is left alone
		l.door.public = listeners[0].Asked
	}
	return true, ""
}

// tellDoor tells the proxy which version serves, whether requests shall wait,
// and what open pages shall show. It is called after every event, and before
// an old version is stopped.
func (l *loop) tellDoor() {
	d := &l.door
	if d.proxy == nil {
		return
	}
	d.proxy.Pause(l.debug.State == DebugPaused)
	if problem := l.problem(); !reflect.DeepEqual(problem, d.shown) {
		d.shown = problem
		d.proxy.Show(problem)
	}
	switch {
	case l.app != nil && !l.replaced(l.app):
		if d.serves != l.app.version {
			d.proxy.Serve(l.app.version)
			d.proxy.ReloadPages()
		}
		d.serves, d.down, d.cleared = l.app.version, "", false
	case l.want && (l.work != nil || l.moving != nil || l.starting != nil):
		if d.serves != nil || d.down != "" {
			d.proxy.Hold()
		}
		d.serves, d.down, d.cleared = nil, "", false
	default:
		_, down := l.state()
		if down == "" {
			down = "the app is stopped"
		}
		if d.serves != nil || d.down != down {
			d.proxy.Down(down)
		}
		d.serves, d.down = nil, down
		if !l.want && l.starting == nil && l.moving == nil && !d.cleared {
			d.proxy.Release()
			d.cleared = true
		}
	}
}

// problem is what open pages show over themselves: the errors of the last
// build, or why the newest version does not run.
func (l *loop) problem() *proxy.Problem {
	switch {
	case l.last != nil && !l.last.OK:
		p := &proxy.Problem{Title: "The build of rev " + strconv.Itoa(l.last.Rev) + " failed"}
		for _, d := range l.found.errors(diag.Build) {
			p.Places = append(p.Places, l.placeOf(d))
		}
		return p
	case l.dead != nil:
		p := &proxy.Problem{Title: l.ended}
		if l.failed != "" {
			p.Title = l.failed
		}
		for _, d := range l.dead.list {
			p.Places = append(p.Places, l.placeOf(d))
			for _, r := range d.Related {
				p.Details += r.File + ":" + strconv.Itoa(r.Line) + " " + r.Message + "\n"
			}
		}
		return p
	}
	return nil
}

func (l *loop) placeOf(d diag.Diagnostic) proxy.Place {
	name := d.File
	if rel, err := filepath.Rel(l.s.opt.Root, name); err == nil {
		name = rel
	}
	return proxy.Place{File: d.File, Name: name, Line: d.Line, Col: d.Col, Message: d.Message}
}

// retire lets what is on its way to app end, for as long as it has to stop at
// most, then stops it. More than two versions do not linger.
func (l *loop) retire(app *instance) {
	patience := l.config.Run.StopTimeout
	p := l.door.proxy
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	l.retiring = append(l.retiring, cancel)
	if len(l.retiring) > 2 {
		l.retiring[0]()
		l.retiring = slices.Delete(l.retiring, 0, 1)
	}
	l.tasks.Go(func() {
		defer cancel()
		_ = app.version.Drain(ctx) // in time or not: it goes now
		l.s.lull(ctx)              // an end takes processors, too, that the new one needs for its first responses
		app.stop(ctx)
		if p != nil {
			p.Retire(app.version)
		}
	})
}

// newVersion makes app known to the front door.
func (l *loop) newVersion(app *instance) *proxy.Version {
	v := proxy.NewVersion(app.bin.Rev)
	v.Answered = func(q proxy.Request) { l.s.post(answered{app, time.Now(), q.Took}) }
	return v
}

// metricsEvery is how often a change of the request metrics alone is told.
const metricsEvery = time.Second

// observe counts a request that the front door has answered.
func (s *Session) observe(r proxy.Request) {
	s.hub.count(r)
	if s.measuring.CompareAndSwap(false, true) {
		time.AfterFunc(metricsEvery, func() {
			s.measuring.Store(false)
			s.post(measured{})
		})
	}
}

// renewDoor takes over changed settings of the front door. What serves is put
// behind the new one, unless that goes in another mode: then it is restarted.
func (l *loop) renewDoor() {
	before := l.door
	l.closeDoor()
	l.openDoor()
	if l.door.proxy == nil || before.proxy == nil {
		return
	}
	l.door.mode, l.door.reason, l.door.public = before.mode, before.reason, before.public
	if l.app == nil || l.app.version == nil {
		return
	}
	public := []string{l.door.public}
	if l.door.mode == portsMoved {
		public = l.app.moved()
	}
	for _, address := range public {
		if err := l.door.proxy.Claim("tcp", address); err != nil {
			l.s.hub.logs.say("error", err.Error())
		}
	}
}
