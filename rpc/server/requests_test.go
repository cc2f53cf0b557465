package server_test

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	if err := wire.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

// TestEveryRequestIsACommand sends each request in both ways and wants the same
// answer.
func TestEveryRequestIsACommand(t *testing.T) {
	f := newFake()
	f.print("one")
	f.print("two")
	f.routes = []session.Route{{Method: "GET", Path: "/users", Handler: "app.List", File: "/ws/list.go", Line: 4}}
	f.tell(show("/ws/a.go", finding("/ws/a.go", 1, 2, "m")))
	f.status.Debug = session.DebugStatus{Mode: "lazy", State: session.DebugIdle, Endpoint: "unix:/run/dap"}
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	for name, c := range map[string]struct {
		params any
		want   string // part of the answer
	}{
		"status":      {nil, `"workspace":"/ws"`},
		"start":       {protocol.StartParams{Args: []string{"-v"}}, `"state":"idle"`},
		"stop":        {nil, `"state":"idle"`},
		"rollback":    {protocol.RollbackParams{Rev: 7}, `"rev":9,"backTo":7`},
		"why":         {protocol.WhyParams{File: "file:///ws/a%20b.go"}, `"reason":"/ws/a b.go is compiled in"`},
		"history":     {nil, `"files":["/ws/main.go"]`},
		"routes":      {nil, `"handler":"app.List"`},
		"logs":        {protocol.LogsParams{Limit: 1}, `"text":"two"}],"missed":3`},
		"diagnostics": {nil, `"severity":"error","owner":"build"`},
		"stdin":       {protocol.StdinParams{Text: "in"}, `{}`},
		"reload":      {nil, ``},
		"hold":        {protocol.HoldParams{On: true}, `{}`},
		"apply":       {protocol.ApplyParams{Files: []string{"file:///ws/a%20b.go"}}, `{}`},
		"setBreakpoints": {
			protocol.SetBreakpointsParams{File: "file:///ws/a.go", Breakpoints: []protocol.SourceBreakpoint{{Line: 4, Condition: "n > 3"}}},
			`{"breakpoints":[{"id":1,"owner":"hotdev","file":"/ws/a.go","line":4,"condition":"n > 3","verified":false}]}`,
		},
		"debugEndpoint": {nil, `{"network":"unix","address":"/run/dap"}`},
	} {
		var direct, command json.RawMessage
		e.MustCall("hotdev/"+name, c.params, &direct)
		e.Command("hotdev."+name, c.params, &command)
		if string(direct) != string(command) {
			t.Errorf("%s: as a request %s, as a command %s", name, direct, command)
		}
		if !strings.Contains(string(direct), c.want) {
			t.Errorf("%s: answer %s, want %s in it", name, direct, c.want)
		}
	}
	if !slices.Equal(f.args, []string{"-v"}) || f.input != "inin" {
		t.Errorf("the session got args %q and input %q", f.args, f.input)
	}
	refused(t, e.Call(protocol.MethodWhy, protocol.WhyParams{File: "relative"}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodWhy, protocol.WhyParams{File: "/ws/none"}, nil), wire.CodeRequestFailed)
	refused(t, e.Call(protocol.MethodSetBreakpoints, protocol.SetBreakpointsParams{File: "relative"}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodSetBreakpoints, protocol.SetBreakpointsParams{
		File: "/ws/a.go", Breakpoints: []protocol.SourceBreakpoint{{}},
	}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodApply, protocol.ApplyParams{Files: []string{"relative"}}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodLogs, protocol.LogsParams{Limit: -1}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodExecuteCommand, protocol.ExecuteCommandParams{Command: "hotdev.nonsense"}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodExecuteCommand, protocol.ExecuteCommandParams{Command: "initialize"}, nil), wire.CodeInvalidParams)
	refused(t, e.Call(protocol.MethodExecuteCommand, protocol.ExecuteCommandParams{
		Command: "hotdev.status", Arguments: []json.RawMessage{[]byte("{}"), []byte("{}")},
	}, nil), wire.CodeInvalidParams)
}

func TestPlainEditorsAreShownWhatCommandsAnswer(t *testing.T) {
	f := newFake()
	f.routes = []session.Route{{Method: "GET", Path: "/users", Handler: "app.List"}}
	f.points = []session.Breakpoint{{File: "/ws/a.go", Line: 4, Verified: true}}
	f.print("a line")
	f.tell(show("/ws/a.go", finding("/ws/a.go", 1, 2, "broken")))
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws", Plain: true})
	for name, want := range map[string]string{
		"status":      "^idle, rev 0$",
		"history":     "rev 2 swapped",
		"routes":      "GET +/users → app.List",
		"logs":        "^a line$",
		"diagnostics": "^/ws/a.go:1:2: error: broken$",
		"breakpoints": "^/ws/a.go:4$",
		"rollback":    "^back to rev 1: rolledBack",
	} {
		e.Command("hotdev."+name, nil, nil)
		e.ExpectMessage(want)
	}
	e.Command("hotdev.why", protocol.WhyParams{File: "/ws/a.go"}, nil)
	e.ExpectMessage("^rebuild: /ws/a.go is compiled in$")
	if err := e.Call(protocol.MethodExecuteCommand, protocol.ExecuteCommandParams{
		Command: "hotdev.why", Arguments: []json.RawMessage{[]byte(`{"file":"/ws/none"}`)},
	}, nil); err == nil {
		t.Error("why of an unknown file succeeds")
	}
	e.ExpectMessage("not known yet")
}

func TestSavesReachTheSession(t *testing.T) {
	f := newFake()
	dir := t.TempDir()
	path := filepath.Join(dir, "a b.go")
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: dir})
	e.Save(path, "package a")
	e.Open(path)
	e.Notify(protocol.MethodDidSave, json.RawMessage(`"nonsense"`))
	e.Notify(protocol.MethodDidSave, protocol.DidSaveParams{TextDocument: protocol.TextDocument{URI: "untitled:1"}})
	e.Notify(protocol.MethodDidChangeWatchedFiles, protocol.DidChangeWatchedFilesParams{Changes: []protocol.FileEvent{
		{URI: "file:///ws/%C3%BC.go", Type: 1}, {URI: "untitled:1", Type: 2}, {URI: "file:///ws/gone.go", Type: 3},
	}})
	e.MustCall(protocol.MethodStatus, nil, nil) // notifications before it have been handled
	if want := []string{"/ws/ü.go", "/ws/gone.go"}; !slices.Equal(f.saved, want) || !slices.Equal(f.written, []string{path}) {
		t.Errorf("the session got %q, want %q, and %q", f.saved, want, f.written)
	}
}

// TestBuffersReachTheSession holds what the session is told of unsaved files.
func TestBuffersReachTheSession(t *testing.T) {
	f := newFake()
	dir := t.TempDir()
	a, b, other := filepath.Join(dir, "a.go"), filepath.Join(dir, "b.go"), filepath.Join(dir, "a.txt")
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: dir})
	expect := func(what string, want map[string]string) {
		t.Helper()
		e.MustCall(protocol.MethodStatus, nil, nil) // notifications before it have been handled
		if got := f.holds(); !maps.Equal(got, want) {
			t.Errorf("%s: the session holds %q, want %q", what, got, want)
		}
	}
	for _, path := range []string{a, b, other} {
		e.Save(path, "package a")
		e.Open(path)
	}
	expect("open", map[string]string{a: "package a", b: "package a", other: "package a"})
	e.Notify(protocol.MethodDidClose, protocol.DidCloseParams{TextDocument: protocol.TextDocument{URI: protocol.FileURI(other)}})
	e.Type(a, "package ü")
	e.Type(b, "")
	e.Notify(protocol.MethodDidChange, json.RawMessage(`{"textDocument":{"uri":"untitled:1.go","version":2},"contentChanges":[{"text":"x"}]}`))
	e.Notify(protocol.MethodDidChange, protocol.DidChangeParams{TextDocument: protocol.VersionedTextDocument{URI: protocol.FileURI(a)}})
	expect("changed", map[string]string{a: "package ü", b: ""})
	e.Notify(protocol.MethodDidChange, protocol.DidChangeParams{
		TextDocument:   protocol.VersionedTextDocument{URI: protocol.FileURI(a)},
		ContentChanges: []protocol.ContentChange{{Range: &protocol.Range{}, Text: "//"}},
	})
	expect("changed by a range", map[string]string{b: ""})
	e.Type(a, "package a // whole")
	expect("changed as a whole", map[string]string{a: "package a // whole", b: ""})
	e.Notify(protocol.MethodDidClose, protocol.DidCloseParams{TextDocument: protocol.TextDocument{URI: protocol.FileURI(b)}})
	expect("closed", map[string]string{a: "package a // whole"})
	e.Close()
	for _, want := range []string{other, a, b, a} { // the last one as the client is gone
		if got := <-f.dropped; got != want {
			t.Errorf("%s was dropped, want %s", got, want)
		}
	}
}

func TestRoutesAreLenses(t *testing.T) {
	f := newFake()
	f.routes = []session.Route{
		{Method: "GET", Path: "/users", File: "/ws/list.go", Line: 4, Hits: 3, P50: 1_500_000},
		{Method: "POST", Path: "/users", File: "/ws/create.go", Line: 9},
		{Method: "GET", Path: "/inline", File: "/ws/list.go"},
	}
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	var lenses []protocol.CodeLens
	e.MustCall(protocol.MethodCodeLens, protocol.CodeLensParams{TextDocument: protocol.TextDocument{URI: "file:///ws/list.go"}}, &lenses)
	if len(lenses) != 1 || lenses[0].Range.Start.Line != 3 || lenses[0].Command.Title != "GET /users · 3 hits · p50 1.5 ms" {
		t.Errorf("lenses %+v", lenses)
	}
}

func TestAFixIsOfferedAndRun(t *testing.T) {
	dir := t.TempDir()
	marker := filepath.Join(dir, "fixed")
	f := newFake()
	d := finding("/ws/a.go", 3, 2, "no required module provides package x")
	d.Fix = &diag.Fix{Title: "go mod init fixed", Command: []string{"go", "mod", "init", "fixed"}, Dir: dir}
	f.tell(show("/ws/a.go", d, finding("/ws/a.go", 9, 1, "other")))
	dial := serve(t, f)
	e := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	ask := func(line int, only ...string) protocol.CodeActionParams {
		at := protocol.Position{Line: line}
		return protocol.CodeActionParams{
			TextDocument: protocol.TextDocument{URI: "file:///ws/a.go"},
			Range:        protocol.Range{Start: at, End: protocol.Position{Line: line, Character: 80}},
			Context:      protocol.CodeActionContext{Only: only},
		}
	}
	var actions []protocol.CodeAction
	for _, none := range []protocol.CodeActionParams{ask(0), ask(8), ask(2, "refactor")} {
		e.MustCall(protocol.MethodCodeAction, none, &actions)
		if len(actions) > 0 {
			t.Errorf("actions %+v for %+v", actions, none)
		}
	}
	e.MustCall(protocol.MethodCodeAction, ask(2), &actions)
	if len(actions) != 1 || actions[0].Kind != protocol.QuickFix || len(actions[0].Diagnostics) != 1 {
		t.Fatalf("actions %+v", actions)
	}
	forged := protocol.Fix{Title: d.Fix.Title, Command: []string{"go", "mod", "init", "forged"}, Dir: dir}
	refused(t, e.Call(protocol.MethodFix, forged, nil), wire.CodeInvalidParams)
	e.Command(actions[0].Command.Command, actions[0].Command.Arguments[0], nil)
	if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || !strings.HasPrefix(string(data), "module fixed") {
		t.Errorf("after the fix: %s, %v (%s)", data, err, marker)
	}
	refused(t, e.Call(protocol.MethodFix, protocol.Fix(*d.Fix), nil), wire.CodeRequestFailed) // go.mod exists

	bare := rpctest.Attach(t, dial(), rpctest.Options{Root: "/ws"})
	bare.MustCall(protocol.MethodInitialize, protocol.InitializeParams{}, nil) // no code action literals
	var commands []protocol.Command
	bare.MustCall(protocol.MethodCodeAction, ask(2), &commands)
	if len(commands) != 1 || commands[0].Command != "hotdev.fix" {
		t.Errorf("commands %+v", commands)
	}
}

// TestRequestsBeginInOrder sends requests at once whose order makes a difference,
// directly and as commands, to a session that is slow to begin them.
func TestRequestsBeginInOrder(t *testing.T) {
	sequence := []string{"hold", "apply", "stdin", "stop", "start", "reload", "rollback"}
	const rounds = 10
	f := newFake()
	f.saves = make(chan string, 4*rounds)
	var mu sync.Mutex
	var got []string
	all := make(chan struct{})
	var begun, noted atomic.Int32
	f.begun = func(request string) {
		for i, turn := 0, begun.Add(1); turn%2 == 1 && noted.Load() < turn && i < 20000; i++ {
			runtime.Gosched() // the next one overtakes this one, if it can
		}
		mu.Lock()
		defer mu.Unlock()
		noted.Add(1)
		if got = append(got, request); len(got) == rounds*len(sequence) {
			close(all)
		}
	}
	dial := serve(t, f)
	raw := dial()
	defer raw.Close()
	var sent strings.Builder
	sent.WriteString(frame(t, protocol.MethodInitialize, 1000, protocol.InitializeParams{}))
	for i := range rounds * len(sequence) {
		name, params := sequence[i%len(sequence)], map[string]any{"on": true, "text": "x"}
		if i%2 == 0 {
			sent.WriteString(frame(t, "hotdev/"+name, i+1, params))
		} else {
			sent.WriteString(frame(t, protocol.MethodExecuteCommand, i+1, map[string]any{"command": "hotdev." + name, "arguments": []any{params}}))
		}
	}
	if _, err := io.WriteString(raw, sent.String()); err != nil {
		t.Fatal(err)
	}
	<-all
	if want := slices.Repeat(sequence, rounds); !slices.Equal(got, want) {
		t.Errorf("they began in the order %v", got)
	}
}
