package dap

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// ownBreakpoints is the ledger's owner of what `hotdev break` has set.
const ownBreakpoints = "hotdev"

// Delve's exception filters.
const (
	unrecoveredPanic = "unrecovered-panic"
	fatalThrow       = "runtime-fatal-throw"
)

// disk is the files as they are now, which is how editors know them.
func disk(file string) ([]byte, error) { return os.ReadFile(file) }

func (l *loop) setBreakpoints(c *client, req message) error {
	var args dap.SetBreakpointsArguments
	if err := req.arguments(&args); err != nil {
		return err
	}
	if args.Source.Path == "" {
		return errors.New("unable to set breakpoints: the source has no path")
	}
	if args.Breakpoints == nil { // the older form
		for _, line := range args.Lines {
			args.Breakpoints = append(args.Breakpoints, dap.SourceBreakpoint{Line: line})
		}
	}
	specs := make([]breakpoint.Spec, len(args.Breakpoints))
	for i, b := range args.Breakpoints {
		specs[i] = breakpoint.Spec{
			Line: b.Line, Column: b.Column,
			Condition: b.Condition, HitCondition: b.HitCondition, LogMessage: b.LogMessage,
		}
	}
	file := c.config.SubstitutePath.toBuild(args.Source.Path)
	text, _ := disk(file) // without it, lines are taken as they are
	set := l.ledger.Set(c.owner, file, text, specs, args.SourceModified)
	l.armFor(c, func(g *generation, waits *client, then func()) { l.arm(g, file, waits, then) }, func() {
		l.answerBreakpoints(c, req, set)
	})
	return nil
}

func (l *loop) setFunctionBreakpoints(c *client, req message) error {
	var args dap.SetFunctionBreakpointsArguments
	if err := req.arguments(&args); err != nil {
		return err
	}
	specs := make([]breakpoint.FunctionSpec, len(args.Breakpoints))
	for i, b := range args.Breakpoints {
		specs[i] = breakpoint.FunctionSpec{Name: b.Name, Condition: b.Condition, HitCondition: b.HitCondition}
	}
	set := l.ledger.SetFunctions(c.owner, specs)
	l.armFor(c, l.armFunctions, func() { l.answerBreakpoints(c, req, set) })
	return nil
}

// setExceptionBreakpoints keeps the filters; Delve stops for all there are, and
// loop.unwanted lets go on what no filter asks for. So they count at once: Delve
// itself takes filters only while the app stands.
func (l *loop) setExceptionBreakpoints(c *client, req message) error {
	var args dap.SetExceptionBreakpointsArguments
	if err := req.arguments(&args); err != nil {
		return err
	}
	filters := args.Filters
	for _, o := range args.FilterOptions {
		filters = append(filters, o.FilterId)
	}
	l.ledger.SetExceptions(c.owner, filters)
	list := make([]dap.Breakpoint, len(filters))
	for i, name := range filters {
		list[i].Verified = name == unrecoveredPanic || name == fatalThrow
		if !list[i].Verified {
			list[i].Message = fmt.Sprintf("there is no exception filter %q", name)
		}
	}
	c.answer(req, dap.SetExceptionBreakpointsResponseBody{Breakpoints: list})
	return nil
}

// setOwn sets the breakpoints of `hotdev break`.
func (l *loop) setOwn(in breakpointsSet) {
	set := l.ledger.Set(ownBreakpoints, in.file, in.text, in.specs, true)
	l.save()
	l.refresh()
	in.result <- set
	l.armFor(nil, func(g *generation, waits *client, then func()) { l.arm(g, in.file, waits, then) }, func() {
		l.refresh()
		in.result <- l.refreshed(set)
	})
}

// armFor has Delve asked for what c has set, and calls then with the answer in
// the ledger. While no app runs, or one is being started, then is called at
// once; what Delve says is told when the app runs.
func (l *loop) armFor(c *client, arm func(*generation, *client, func()), then func()) {
	switch g := l.newest(); {
	case g == nil:
		then()
	case g != l.current:
		arm(g, nil, func() {})
		then()
	default:
		arm(g, c, then)
	}
}

// newest returns the generation that breakpoints go to: the current one, or the
// one that is to become it.
func (l *loop) newest() *generation {
	if l.current != nil {
		return l.current
	}
	for _, g := range slices.Backward(l.generations) {
		if g.stage == arming {
			return g
		}
	}
	return nil
}

// arm gives Delve the breakpoints that are wanted in file, of all clients in
// one; then is called when the ledger has the answer, or there will be none. For
// c it is called at a swap at the latest.
func (l *loop) arm(g *generation, file string, c *client, then func()) {
	requests := l.ledger.Wanted(file)
	list := make([]dap.SourceBreakpoint, len(requests))
	for i, r := range requests {
		list[i] = dap.SourceBreakpoint{
			Line: r.Line, Condition: r.Condition, HitCondition: r.HitCondition, LogMessage: r.LogMessage,
		}
	}
	g.files[file] = len(list) > 0
	args := sourceBreakpoints{Source: dap.Source{Path: file}, Breakpoints: list}
	g.call(c, "setBreakpoints", args, func(m message) {
		l.settle(g, requests, m, c)
		then()
	})
}

// sourceBreakpoints is dap.SetBreakpointsArguments with an empty list sent.
type sourceBreakpoints struct {
	Source      dap.Source             `json:"source"`
	Breakpoints []dap.SourceBreakpoint `json:"breakpoints"`
}

// armFunctions is arm for breakpoints that are set by function.
func (l *loop) armFunctions(g *generation, c *client, then func()) {
	requests := l.ledger.WantedFunctions()
	list := make([]dap.FunctionBreakpoint, len(requests))
	for i, r := range requests {
		list[i] = dap.FunctionBreakpoint{Name: r.Function, Condition: r.Condition, HitCondition: r.HitCondition}
	}
	g.functions = len(list) > 0
	g.call(c, "setFunctionBreakpoints", dap.SetFunctionBreakpointsArguments{Breakpoints: list}, func(m message) {
		l.settle(g, requests, m, c)
		then()
	})
}

// settle puts Delve's answer to requests into the ledger, and tells the clients
// what has changed by it, but not asking, which gets a response.
func (l *loop) settle(g *generation, requests []breakpoint.Request, m message, asking *client) {
	if g.stage != arming && g.stage != live {
		return
	}
	var body dap.SetBreakpointsResponseBody
	if m.Success {
		_ = json.Unmarshal(m.Body, &body) // one of another form says nothing of any breakpoint
	}
	answers := make([]breakpoint.Answer, len(requests))
	for i, r := range requests {
		if i >= len(body.Breakpoints) {
			answers[i].Message = m.reason().Error()
			continue
		}
		b := body.Breakpoints[i] // its id is 0 if it is not set
		answers[i] = answer(b)
		g.hits[b.Id], g.requests[b.Id] = r.IDs, r
		if r.Function != "" {
			for _, id := range r.IDs {
				g.places[id] = b
			}
		}
	}
	l.tellChanged(l.ledger.Answered(requests, answers), asking)
}

func answer(b dap.Breakpoint) breakpoint.Answer {
	return breakpoint.Answer{Verified: b.Verified, Line: b.Line, Message: b.Message}
}

// tellChanged tells clients, but not except, how their breakpoints stand. While
// a generation is being armed they are told nothing; announce does that.
func (l *loop) tellChanged(list []breakpoint.Breakpoint, except *client) {
	if len(l.generations) > 0 && l.current == nil {
		return
	}
	for _, b := range list {
		for _, c := range l.clients {
			if c != except && c.owner == b.Owner {
				c.tell("breakpoint", breakpointChanged(l.shown(c, b)))
			}
		}
	}
}

// changedBody is dap.BreakpointEventBody with a shownBreakpoint.
type changedBody struct {
	Reason     string          `json:"reason"`
	Breakpoint shownBreakpoint `json:"breakpoint"`
}

func breakpointChanged(b shownBreakpoint) changedBody { return changedBody{"changed", b} }

// shown returns b as c is to see it.
func (l *loop) shown(c *client, b breakpoint.Breakpoint) shownBreakpoint {
	if g := l.current; g != nil {
		if at, ok := g.places[b.ID]; ok {
			return c.show(b, &at, false)
		}
	}
	return c.show(b, nil, l.current == nil)
}

// answerBreakpoints answers with set as it stands now.
func (l *loop) answerBreakpoints(c *client, req message, set []breakpoint.Breakpoint) {
	list := make([]shownBreakpoint, len(set))
	for i, b := range l.refreshed(set) {
		list[i] = l.shown(c, b)
	}
	c.answer(req, map[string]any{"breakpoints": list})
}

// refreshed returns the breakpoints of list as the ledger has them now; one that
// has been removed meanwhile is as it was.
func (l *loop) refreshed(list []breakpoint.Breakpoint) []breakpoint.Breakpoint {
	list = slices.Clone(list)
	for i, b := range list {
		if now := l.ledger.Get(b.ID); len(now) == 1 {
			list[i] = now[0]
		}
	}
	return list
}
