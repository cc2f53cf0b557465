package server_test

import (
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// TestBreakpointsAreSharedByAllClients sets a breakpoint through one client; the
// other one is told, and one that comes later can ask.
func TestBreakpointsAreSharedByAllClients(t *testing.T) {
	f := newFake()
	f.status.Debug = session.DebugStatus{Mode: "lazy", State: session.DebugIdle, Endpoint: "tcp:127.0.0.1:4040"}
	connect := serve(t, f)
	one := rpctest.Connect(t, connect(), rpctest.Options{Root: "/ws"})
	two := rpctest.Connect(t, connect(), rpctest.Options{Root: "/ws"})
	two.MustCall(protocol.MethodSubscribe, nil, nil)
	one.MustCall(protocol.MethodSetBreakpoints, protocol.SetBreakpointsParams{
		File: "/ws/a.go", Breakpoints: []protocol.SourceBreakpoint{{Line: 4, LogMessage: "here"}},
	}, nil)
	two.Expect(rpctest.Expectation{What: "the breakpoint in /ws/a.go", Check: func(s *rpctest.State) rpctest.Verdict {
		if len(s.Breakpoints) == 1 && s.Breakpoints[0].File == "/ws/a.go" && s.Breakpoints[0].LogMessage == "here" {
			return rpctest.Met
		}
		return rpctest.Unmet
	}})
	three := rpctest.Connect(t, connect(), rpctest.Options{Root: "/ws"})
	var all protocol.BreakpointsResult
	three.MustCall(protocol.MethodBreakpoints, nil, &all)
	if len(all.Breakpoints) != 1 || all.Breakpoints[0].Line != 4 {
		t.Errorf("the ledger has %+v", all)
	}
}

func TestWithoutADebuggerThereIsNoEndpoint(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	refused(t, e.Call(protocol.MethodDebugEndpoint, nil, nil), wire.CodeRequestFailed)
	refused(t, e.Call(protocol.MethodSetBreakpoints, protocol.SetBreakpointsParams{File: "/ws/a.go"}, nil), wire.CodeRequestFailed)
}
