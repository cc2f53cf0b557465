package dap

import (
	"fmt"

	"github.com/google/go-dap"
)

// forward passes a request that the front has no part in on to Delve.
func (l *loop) forward(c *client, req message) error {
	g := l.current
	if g == nil {
		return l.idle(c, req)
	}
	args, err := decode(req.Arguments)
	if err != nil {
		return fmt.Errorf("the arguments of %s: %w", req.Command, err)
	}
	if err := c.translator(g).inbound(args); err != nil {
		return err
	}
	if g.stop != nil {
		l.look(c, g)
	}
	if expression, ok := evaluated(req, args); ok {
		g.view.typed(expression)
	}
	g.call(c, req.Command, args, func(m message) { l.relay(c, g, req, args, m) })
	return nil
}

// relay passes Delve's answer to a forwarded request on to the client.
func (l *loop) relay(c *client, g *generation, req message, args any, m message) {
	body, err := decode(m.Body)
	switch {
	case err != nil:
		c.fail(req, "Delve has answered what is no JSON: "+err.Error())
		return
	case !m.Success && body == nil:
		c.fail(req, m.Message)
		return
	}
	c.translator(g).outbound(body)
	c.send(c.response(req, m.Success, m.Message, body))
	if !m.Success {
		return
	}
	if req.Command == "continue" { // Delve sends the event only for steps
		fields, _ := args.(object)
		thread, _ := integer(fields["threadId"])
		g.stop = nil
		l.continued(thread, c)
	}
	if expression, ok := evaluated(req, args); ok {
		c.view.typed(expression)
	}
}

// evaluated returns the expression of an evaluate request.
func evaluated(req message, args any) (expression string, ok bool) {
	if fields, is := args.(object); is && req.Command == "evaluate" {
		expression, ok = fields["expression"].(string)
	}
	return expression, ok
}

// idle answers while no app is to be seen: what an editor asks by itself in a
// way that does not disturb it, the rest with an error.
func (l *loop) idle(c *client, req message) error {
	state := "not running"
	if len(l.generations) > 0 {
		state = "being started"
	}
	switch req.Command {
	case "threads":
		c.answer(req, dap.ThreadsResponseBody{Threads: []dap.Thread{{Id: 1, Name: state}}})
	case "continue":
		c.answer(req, dap.ContinueResponseBody{AllThreadsContinued: true})
	case "next", "stepIn", "stepOut", "stepBack", "reverseContinue":
		c.answer(req, nil)
	default:
		return fmt.Errorf("the app is %s", state)
	}
	return nil
}

// look gives g the view of c, if it has another one. Delve answers in order, so
// that a request that is sent next gets it.
func (l *loop) look(c *client, g *generation) {
	done := func(m message) {
		g.views--
		if !m.Success {
			l.opt.Logger.Warn("the view of a debug client can't be set", "client", c.owner, "error", m.reason())
		}
	}
	if g.view.types != c.view.types || g.view.paging != c.view.paging {
		g.views++
		g.call(nil, "initialize", c.view.initialize(), done)
	}
	for _, command := range g.view.commands(c.view) {
		g.views++
		g.call(nil, "evaluate", dap.EvaluateArguments{Expression: command, Context: "repl"}, done)
	}
	g.view = c.view.clone()
}

// resume lets the app of g run on.
func (l *loop) resume(g *generation) {
	thread := g.stop.ThreadId
	g.stop = nil
	l.continued(thread, nil)
	l.proceed(g, thread)
}

// proceed lets Delve continue at a stop that the clients do not see.
func (l *loop) proceed(g *generation, thread int) {
	g.call(nil, "continue", dap.ContinueArguments{ThreadId: thread}, func(m message) {
		if !m.Success && g.stage != outlived {
			l.opt.Logger.Warn("the app does not go on", "pid", g.PID, "error", m.reason())
		}
	})
}

func continuedBody(thread int) dap.ContinuedEventBody {
	return dap.ContinuedEventBody{ThreadId: thread, AllThreadsContinued: true}
}

// halt stops the app of g, which runs, for clients that wanted to see its entry.
func (l *loop) halt(g *generation) {
	g.halt = true
	g.call(nil, "pause", dap.PauseArguments{ThreadId: 1}, func(m message) { g.halt = g.halt && m.Success })
}
