package server_test

import (
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
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

// TestBreakpointsCountInTheOrderOfRequests sends many requests for one file at
// once, as an editor does in which breakpoints are toggled: the last one counts,
// and those that the debugger is slow to answer keep none of the others waiting.
func TestBreakpointsCountInTheOrderOfRequests(t *testing.T) {
	const n = 60
	f := newFake()
	f.status.Debug = session.DebugStatus{Mode: "lazy", State: session.DebugIdle, Endpoint: "tcp:127.0.0.1:4040"}
	var lines []int // as the session gets them
	var got atomic.Int32
	f.setting = func(list []session.Breakpoint) {
		line := list[0].Line
		for i := 0; line%2 == 1 && got.Load() < int32(line) && i < 20000; i++ {
			runtime.Gosched() // the next one overtakes this one, if it can
		}
		lines = append(lines, line)
		got.Add(1)
	}
	last := make(chan struct{})
	f.answer = func(list []session.Breakpoint) {
		if list[0].Line == n {
			close(last)
		}
		<-last
	}
	dial := serve(t, f)
	raw := dial()
	defer raw.Close()
	var all strings.Builder
	all.WriteString(frame(t, protocol.MethodInitialize, 1000, protocol.InitializeParams{}))
	for line := 1; line <= n; line++ {
		params := map[string]any{"file": "/ws/a.go", "breakpoints": []map[string]int{{"line": line}}}
		if line%2 == 0 {
			all.WriteString(frame(t, protocol.MethodSetBreakpoints, line, params))
		} else {
			all.WriteString(frame(t, protocol.MethodExecuteCommand, line, map[string]any{"command": "hotdev.setBreakpoints", "arguments": []any{params}}))
		}
	}
	if _, err := io.WriteString(raw, all.String()); err != nil {
		t.Fatal(err)
	}
	<-last
	for i, line := range lines {
		if line != i+1 {
			t.Fatalf("the session got the requests in the order %v", lines)
		}
	}
	if got := f.Breakpoints(); len(got) != 1 || got[0].Line != n {
		t.Errorf("the breakpoints are %+v, want the one of the last request", got)
	}
}

// TestAnOlderAnswerIsAmended lets the breakpoints change, and that be told, while
// a client's answer is made, which says how they were before: the client is told
// once more.
func TestAnOlderAnswerIsAmended(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	var once sync.Once
	f.asked = func() {
		once.Do(func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.points = []session.Breakpoint{{ID: 1, File: "/ws/a.go", Line: 7}}
		})
	}
	var answer protocol.BreakpointsResult
	e.MustCall(protocol.MethodBreakpoints, nil, &answer)
	if len(answer.Breakpoints) != 0 {
		t.Fatalf("the answer is %+v: newer than this test means", answer)
	}
	e.Expect(rpctest.Expectation{What: "a breakpoint on line 7", Check: func(s *rpctest.State) rpctest.Verdict {
		if len(s.Breakpoints) == 1 && s.Breakpoints[0].Line == 7 {
			return rpctest.Met
		}
		return rpctest.Unmet
	}})
}

// TestAClientIsToldTheNewestBreakpoints lets them change once more before a client
// was told of a change: it never sees the ones between.
func TestAClientIsToldTheNewestBreakpoints(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	f.mu.Lock()
	f.points = []session.Breakpoint{{ID: 1, File: "/ws/a.go", Line: 6}}
	for s := range f.subs {
		s.queue = append(s.queue, session.BreakpointsChanged{})
		s.signal()
	}
	f.points = []session.Breakpoint{{ID: 1, File: "/ws/a.go", Line: 7}}
	f.mu.Unlock()
	e.Expect(rpctest.Expectation{What: "a breakpoint on line 7", Check: func(s *rpctest.State) rpctest.Verdict {
		switch {
		case len(s.Breakpoints) == 0:
			return rpctest.Unmet
		case s.Breakpoints[0].Line == 7:
			return rpctest.Met
		}
		return rpctest.Unmeetable
	}})
}
