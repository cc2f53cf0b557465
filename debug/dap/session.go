package dap

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"

	"github.com/google/go-dap"

	"github.com/hotdev/hotdev/rpc/outbox"
)

// join takes in a client that has connected.
func (l *loop) join(conn net.Conn) {
	l.clientsSeen++
	c := &client{conn: conn, out: outbox.New(clientBacklog), owner: fmt.Sprintf("client %d", l.clientsSeen)}
	l.clients = append(l.clients, c)
	l.tasks.Go(func() { c.read(l.Front) })
	l.tasks.Go(c.write)
}

// leave forgets a client. Its breakpoints go with it; an app that stands runs on
// if nobody is left to let it.
func (l *loop) leave(c *client, err error) {
	if err != nil && !hungUp(err) {
		c.send(c.response(message{}, false, err.Error(), errorBody(err.Error())))
	}
	c.end()
	if c.gone {
		return
	}
	c.gone = true
	l.clients = slices.DeleteFunc(l.clients, func(other *client) bool { return other == c })
	l.opt.Logger.Debug("a debug client has left", "client", c.owner, "error", err)
	files, functions := l.ledger.Drop(c.owner)
	g := l.current
	if g == nil {
		return
	}
	for _, file := range files {
		l.arm(g, file, nil, func() {})
	}
	if functions {
		l.armFunctions(g, nil, func() {})
	}
	for kind := range c.points {
		l.armPoints(g, kind, nil, func(message) {})
	}
	if g.stop != nil && !slices.ContainsFunc(l.clients, func(c *client) bool { return c.phase >= attached }) {
		l.resume(g)
	}
}

// hear handles what a client has sent.
func (l *loop) hear(in said) {
	c, req := in.client, in.message
	switch {
	case c.gone:
		return
	case in.err != nil:
		c.fail(req, "this is no message of DAP: "+in.err.Error())
		return
	case req.Type == "response":
		return // the front asks clients nothing
	case req.Type != "request":
		c.fail(req, fmt.Sprintf("a client sends requests, not messages of type %q", req.Type))
		return
	}
	early, ok := beginnings[req.Command]
	if !ok {
		early = attached
	}
	if c.phase < early {
		c.fail(req, req.Command+" comes too early: initialize comes first, then launch or attach")
		return
	}
	if err := l.serve(c, req); err != nil {
		c.fail(req, err.Error())
	}
}

// beginnings says how far a client must have come for the requests that begin and
// end a session; for all others it must be attached.
var beginnings = map[string]phase{
	"initialize": connected,
	"disconnect": connected,
	"terminate":  connected,
	"launch":     initialized,
	"attach":     initialized,
}

// serve answers a request, now or later; with an error it has not been.
func (l *loop) serve(c *client, req message) error {
	switch req.Command {
	case "initialize":
		return l.initialize(c, req)
	case "launch", "attach":
		return l.attach(c, req)
	case "configurationDone":
		return l.configurationDone(c, req)
	case "disconnect", "terminate":
		// The app is the daemon's: neither ends it, whatever terminateDebuggee says.
		c.answer(req, nil)
		c.tell("terminated", nil)
		l.leave(c, nil)
	case "restart", "hotdev/reload":
		return l.reload(c, req)
	case "setBreakpoints":
		return l.setBreakpoints(c, req)
	case "setFunctionBreakpoints":
		return l.setFunctionBreakpoints(c, req)
	case "setExceptionBreakpoints":
		return l.setExceptionBreakpoints(c, req)
	case instructionPoints.command:
		return l.setPoints(c, req, instructionPoints)
	case dataPoints.command:
		return l.setPoints(c, req, dataPoints)
	default:
		return l.forward(c, req)
	}
	return nil
}

// capabilities are the same for all and before there is any program: Delve's.
func capabilities() dap.Capabilities {
	return dap.Capabilities{
		SupportsConfigurationDoneRequest:  true,
		SupportsConditionalBreakpoints:    true,
		SupportsHitConditionalBreakpoints: true,
		SupportsDelayedStackTraceLoading:  true,
		SupportsFunctionBreakpoints:       true,
		SupportsInstructionBreakpoints:    true,
		SupportsExceptionInfoRequest:      true,
		SupportsSetVariable:               true,
		SupportsEvaluateForHovers:         true,
		SupportsClipboardContext:          true,
		SupportsSteppingGranularity:       true,
		SupportsLogPoints:                 true,
		SupportsDisassembleRequest:        true,
		SupportsRestartRequest:            true,
		SupportsReadMemoryRequest:         true,
		SupportsWriteMemoryRequest:        true,
		SupportsDataBreakpoints: (runtime.GOOS == "linux" || runtime.GOOS == "darwin") &&
			(runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"),
		ExceptionBreakpointFilters: []dap.ExceptionBreakpointsFilter{
			{Filter: unrecoveredPanic, Label: "Unrecovered Panics", Default: true},
			{Filter: fatalThrow, Label: "Fatal Throws", Default: true},
		},
	}
}

func (l *loop) initialize(c *client, req message) error {
	if c.phase != connected {
		return errors.New("initialize comes once")
	}
	// What is absent is the specification's default.
	args := dap.InitializeRequestArguments{LinesStartAt1: true, ColumnsStartAt1: true, PathFormat: "path"}
	if err := req.arguments(&args); err != nil {
		return err
	}
	switch {
	case args.PathFormat != "path":
		return fmt.Errorf("pathFormat %q is not supported, only \"path\" is", args.PathFormat)
	case !args.LinesStartAt1 || !args.ColumnsStartAt1:
		return errors.New("lines and columns are only supported to start at 1")
	}
	c.can, c.view, c.phase = args, newView(args), initialized
	if args.ClientID != "" {
		c.owner = fmt.Sprintf("%s %s", args.ClientID, c.owner)
	}
	c.answer(req, capabilities())
	return nil
}

// attach makes c a client of whatever runs, now and later. Launching is the same
// but that the app is started once c has set its breakpoints.
func (l *loop) attach(c *client, req message) error {
	if c.phase >= attached {
		return errors.New("the session has begun already: launch or attach come once")
	}
	if err := req.arguments(&c.config); err != nil {
		return err
	}
	c.view.configure(c.config)
	c.launch, c.phase = req.Command == "launch", attached
	c.tell("initialized", nil)
	c.answer(req, nil)
	return nil
}

// configurationDone shows c how things are, as it has missed what came before.
func (l *loop) configurationDone(c *client, req message) error {
	if c.phase == configured {
		return errors.New("configurationDone comes once")
	}
	c.answer(req, nil)
	c.phase = configured
	if g := l.current; g != nil {
		l.introduce(c, g)
		switch {
		case g.stop != nil:
			l.showStop(c, g)
		case c.config.StopOnEntry:
			l.halt(g)
		}
		c.config.StopOnEntry = false
	}
	if wanted := c.config.Launch; c.launch && l.opt.Launch != nil {
		l.tasks.Go(func() {
			if err := l.opt.Launch(l.ctx, wanted); err != nil {
				l.post(launched{c, err})
			}
		})
	}
	return nil
}

// reload asks for a new build. A restart is answered at once, as clients show no
// session before; Delve never gets it, as it would kill the app.
func (l *loop) reload(c *client, req message) error {
	if l.opt.Reload == nil {
		return errors.New("this app can't be built anew from here")
	}
	if req.Command == "restart" {
		c.answer(req, nil)
	}
	l.tasks.Go(func() { l.post(reloaded{c, req, l.opt.Reload(l.ctx)}) })
	return nil
}

func (l *loop) reloaded(in reloaded) {
	c := in.client
	switch {
	case in.request.Command == "restart" && in.err != nil:
		c.warn("the app was not started anew: " + in.err.Error())
	case in.request.Command == "restart":
	case in.err != nil:
		c.fail(in.request, in.err.Error())
	default:
		c.answer(in.request, nil)
	}
}

// introduce tells c which program it is looking at.
func (l *loop) introduce(c *client, g *generation) {
	method := "attach"
	if c.launch {
		method = "launch"
	}
	c.tell("process", dap.ProcessEventBody{
		Name: g.Program, SystemProcessId: g.PID, IsLocalProcess: true, StartMethod: method,
	})
}
