package dap

import (
	"encoding/json"
	"slices"

	"github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// told handles what Delve has sent.
func (l *loop) told(g *generation, m message) {
	switch {
	case !slices.Contains(l.generations, g):
		// it has ended
	case m.Type == "response":
		g.answered(m)
	case m.Type == "event":
		l.happened(g, m)
	}
}

// happened handles an event. Those that are about Delve's own session are never
// passed on: the clients' sessions outlive it.
func (l *loop) happened(g *generation, m message) {
	switch m.Event {
	case "initialized", "capabilities":
	case "stopped":
		l.stopped(g, m.Body)
	case "continued":
		if g == l.current && g.stop != nil {
			thread := g.stop.ThreadId
			g.stop = nil
			l.continued(thread, nil)
		}
	case "exited":
		var body dap.ExitedEventBody
		_ = json.Unmarshal(m.Body, &body) // an exit without a code is one with 0
		g.exit = &body.ExitCode
	case "terminated":
		l.end(g, errEnded)
	case "breakpoint":
		l.materialized(g, m.Body)
	case "invalidated":
		if g.views == 0 { // else it is of the front's own making
			l.pass(g, m, func(c *client) bool { return c.can.SupportsInvalidatedEvent })
		}
	case "memory":
		l.pass(g, m, func(c *client) bool { return c.can.SupportsMemoryEvent })
	default: // output, process of a child, what may come
		l.pass(g, m, func(*client) bool { return true })
	}
}

// pass gives an event of the current generation to the clients that want it.
func (l *loop) pass(g *generation, m message, wanted func(*client) bool) {
	if g != l.current {
		return
	}
	l.each(attached, func(c *client) {
		body, err := decode(m.Body)
		if err != nil || !wanted(c) {
			return
		}
		c.translator(g).outbound(body)
		c.tell(m.Event, body)
	})
}

// stopped shows that the app stands, unless there is nobody to let it go on.
func (l *loop) stopped(g *generation, raw json.RawMessage) {
	stop := &stopped{body: object{}}
	v, err := decode(raw)
	if body, ok := v.(object); ok && err == nil {
		stop.body = body
		_ = json.Unmarshal(raw, &stop.StoppedEventBody) // what has another type is taken as absent
	}
	switch {
	case g.stage == outlived:
		if g.points[dataPoints] {
			g.unset(dataPoints.command)
			g.points[dataPoints] = false
		}
		l.proceed(g, stop.ThreadId)
		return
	case g.stage == live && l.unwanted(g, stop.StoppedEventBody):
		l.proceed(g, stop.ThreadId)
		return
	case g.stage != live && stop.Reason != "entry":
		return // of the attaching itself
	case g.halt && stop.Reason == "pause":
		stop.Reason = "entry"
		stop.body["reason"] = "entry"
	}
	g.halt = false
	g.stop = stop
	if g == l.current {
		l.each(configured, func(c *client) { l.showStop(c, g) })
	}
}

// unwanted reports whether nobody has asked for this stop, or whoever did has
// left. Breakpoints that the front does not know are someone else's on the same
// debugger, who may be waiting for them.
func (l *loop) unwanted(g *generation, stop dap.StoppedEventBody) bool {
	if stop.Reason == "exception" {
		switch stop.Description {
		case "panic":
			return !slices.Contains(l.ledger.Exceptions(), unrecoveredPanic)
		case "fatal error":
			return !slices.Contains(l.ledger.Exceptions(), fatalThrow)
		}
	}
	for _, id := range stop.HitBreakpointIds {
		ids, known := g.hits[id]
		if !known || l.exists(ids) {
			return false
		}
	}
	return len(stop.HitBreakpointIds) > 0 || !slices.ContainsFunc(l.clients, func(c *client) bool { return c.phase >= attached })
}

// exists reports whether one of these breakpoints or points is still set.
func (l *loop) exists(ids []int) bool {
	return len(l.ledger.Get(ids...)) > 0 ||
		slices.ContainsFunc(l.clients, func(c *client) bool { return len(c.hit(ids, l.ledger)) > 0 })
}

// showStop shows c where the app stands: its own breakpoints only.
func (l *loop) showStop(c *client, g *generation) {
	body := object{}
	for key, v := range g.stop.body {
		body[key] = v
	}
	if _, ok := body["hitBreakpointIds"]; ok {
		var ids []int
		for _, id := range g.stop.HitBreakpointIds {
			ids = append(ids, g.hits[id]...)
		}
		body["hitBreakpointIds"] = c.hit(ids, l.ledger)
	}
	c.tell("stopped", body)
}

// materialized takes in that Delve has set a breakpoint that it could not set
// before, as when a plugin is loaded.
func (l *loop) materialized(g *generation, raw json.RawMessage) {
	var body dap.BreakpointEventBody
	if err := json.Unmarshal(raw, &body); err != nil || g.stage == outlived {
		return
	}
	b := body.Breakpoint
	if r, ok := g.requests[b.Id]; ok {
		l.tellChanged(l.ledger.Answered([]breakpoint.Request{r}, []breakpoint.Answer{answer(b)}), nil)
	}
}
