package dap

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-dap"
)

// begin attaches to a new generation. Until that has worked, nothing changes for
// the one before it.
func (l *loop) begin(g *generation) {
	l.generationsSeen++
	g.number = l.generationsSeen
	g.slot = (g.number-1)%slots + 1
	g.entry = slices.ContainsFunc(l.clients, func(c *client) bool { return c.config.StopOnEntry })
	g.view = newView(dap.InitializeRequestArguments{SupportsVariableType: true, SupportsVariablePaging: true})
	l.generations = append(l.generations, g)
	l.tasks.Go(func() { g.read(l.Front) })
	l.tasks.Go(g.write)
	g.call(nil, "initialize", g.view.initialize(), func(m message) {
		if !m.Success {
			l.end(g, m.reason())
		}
	})
	g.call(nil, "attach", object{"request": "attach", "mode": "remote", "stopOnEntry": g.entry}, func(m message) {
		if !m.Success {
			l.end(g, m.reason())
			return
		}
		l.takeOver(g)
	})
}

// report lets Begin return err, if it has not returned.
func (l *loop) report(g *generation, err error) {
	if g.begun != nil {
		l.refresh()
		g.begun <- err
		g.begun = nil
	}
}

// abandon gives up a generation that has not begun in time.
func (l *loop) abandon(g *generation, err error) {
	if g.begun != nil {
		l.end(g, fmt.Errorf("the debugger is not ready: %w", err))
	}
}

// takeOver makes g, whose app does not run yet, the generation that breakpoints
// are set in, and lets it run.
func (l *loop) takeOver(g *generation) {
	for _, other := range l.generations {
		switch {
		case other.number > g.number && other.stage != connecting:
			l.outlive(g) // it was overtaken while it was attached to
		case other.number < g.number && (other.stage == arming || other.stage == live):
			l.outlive(other)
		}
	}
	if g.stage == outlived {
		l.release(g)
		return
	}
	g.stage = arming
	l.forgetPoints()
	l.ledger.Build(g.Source, disk)
	l.save()
	l.armAll(g, func() { l.release(g) })
}

// outlive ends g's being the one to be debugged: its app runs on by itself, to
// answer its last requests.
func (l *loop) outlive(g *generation) {
	g.stage = outlived
	if l.current == g {
		l.current = nil
	}
	g.abort(false, "restarted")
	for _, file := range slices.Sorted(maps.Keys(g.files)) {
		if g.files[file] {
			args := sourceBreakpoints{Source: dap.Source{Path: file}, Breakpoints: []dap.SourceBreakpoint{}}
			g.call(nil, "setBreakpoints", args, func(message) {})
		}
	}
	clear(g.files)
	if g.functions {
		g.unset("setFunctionBreakpoints")
		g.functions = false
	}
	for kind := range g.points {
		g.unset(kind.command) // Delve refuses this for data while the app runs: see stopped
	}
	if g.stop != nil {
		l.resume(g)
	}
}

// armAll gives Delve all breakpoints; then is called when it has answered.
func (l *loop) armAll(g *generation, then func()) {
	files := l.ledger.Files()
	waiting := len(files) + 1
	one := func() {
		if waiting--; waiting == 0 {
			then()
		}
	}
	for _, file := range files {
		l.arm(g, file, nil, one)
	}
	l.armFunctions(g, nil, one)
}

// release lets the app of g run, at last.
func (l *loop) release(g *generation) {
	g.call(nil, "configurationDone", nil, func(m message) {
		if !m.Success {
			l.end(g, m.reason())
			return
		}
		if g.stage == arming {
			g.stage = live
			l.current = g
			l.announce(g)
			l.entered(g)
		}
		l.report(g, nil)
	})
}

// entered sees to those who want to see the app at its entry, once: g stands there
// if one of them was there in time.
func (l *loop) entered(g *generation) {
	late := false
	for _, c := range l.clients {
		if !g.entry && c.phase < configured {
			continue // configurationDone does it
		}
		late = late || c.config.StopOnEntry && !g.entry
		c.config.StopOnEntry = false
	}
	if late && g.stop == nil {
		l.halt(g)
	}
}

// announce tells the clients that they see another program now: which, where
// their breakpoints are in it, and where it stands, if it does.
func (l *loop) announce(g *generation) {
	list := l.ledger.List()
	l.each(attached, func(c *client) {
		if c.phase == configured {
			l.introduce(c, g)
		}
		for _, b := range list {
			if b.Owner == c.owner {
				c.tell("breakpoint", breakpointChanged(l.shown(c, b)))
			}
		}
		if c.phase == configured && g.stop != nil {
			l.showStop(c, g)
		}
	})
}

// end forgets g, whose connection has ended or is to.
func (l *loop) end(g *generation, err error) {
	if !slices.Contains(l.generations, g) {
		return
	}
	shown := g.stage == arming || g.stage == live
	l.generations = slices.DeleteFunc(l.generations, func(other *generation) bool { return other == g })
	g.stage = outlived
	if l.current == g {
		l.current = nil
	}
	g.out.End(false)
	g.Conn.Close()
	g.abort(true, "the app has ended")
	l.report(g, fmt.Errorf("the debugger of process %d: %w", g.PID, err))
	if shown {
		l.mourn(g)
	}
	l.fallBack()
}

// mourn tells the clients that what they saw is no more.
func (l *loop) mourn(g *generation) {
	if g.stop != nil {
		l.continued(g.stop.ThreadId, nil)
		g.stop = nil
	}
	text := fmt.Sprintf("the debugger of process %d has gone", g.PID)
	if g.exit != nil {
		text = fmt.Sprintf("the app has ended with exit code %d", *g.exit)
	}
	l.each(configured, func(c *client) { c.note(text) })
	l.forgetPoints()
	l.tellChanged(l.ledger.Ended(), nil)
}

// fallBack makes the newest generation that still runs the current one, if there
// is none and none is about to be.
func (l *loop) fallBack() {
	if l.current != nil || len(l.generations) == 0 {
		return
	}
	if g := l.generations[len(l.generations)-1]; g.stage == outlived {
		l.rearm(g)
	}
}

// rearm makes g current again, whose app runs.
func (l *loop) rearm(g *generation) {
	g.stage = live
	l.current = g
	l.ledger.Build(g.Source, disk)
	l.save()
	l.armAll(g, func() {
		if l.current == g {
			l.announce(g)
		}
	})
}
