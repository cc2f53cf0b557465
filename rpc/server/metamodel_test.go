package server_test

import (
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

// TestMessagesAreLSPs records sessions in which the server sends every kind of
// LSP message that it has, and holds each to LSP's own definition.
func TestMessagesAreLSPs(t *testing.T) {
	model := rpctest.LoadMetaModel(t)
	f := newFake()
	f.routes = []session.Route{{Method: "GET", Path: "/", File: "/ws/a.go", Line: 1}}
	d := finding("/ws/a.go", 1, 1, "m")
	d.Related = []diag.Related{{Span: diag.Span{File: "/ws/b.go", Line: 7}, Message: "here"}}
	d.Fix = &diag.Fix{Title: "go get x", Command: []string{"go", "get", "x"}, Dir: "/ws"}
	f.tell(show("/ws/a.go", d))
	srv := server.NewWithBackend(f, server.Options{})
	dial := rpctest.Serve(t, srv)
	checked := map[string]int{}
	for _, plain := range []bool{false, true} {
		e := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws", Plain: plain, ShowDocument: func(protocol.ShowDocumentParams) bool { return true }})
		e.ExpectDiagnostics("/ws/a.go", rpctest.Finding{Line: 1, Message: "m"})
		f.print("a line")
		for _, state := range []session.State{session.Building, session.Starting, session.Crashed} {
			f.tell(session.StatusChanged{Status: session.Status{State: state, Message: "m"}})
			if state != session.Building {
				continue
			}
			e.Expect(rpctest.Expectation{What: "progress", Check: func(s *rpctest.State) rpctest.Verdict {
				if len(s.Progress) == 0 {
					return rpctest.Unmet
				}
				return rpctest.Met
			}})
		}
		e.Expect(rpctest.Expectation{What: "the end of the progress and of the log", Check: func(s *rpctest.State) rpctest.Verdict {
			if n := len(s.Progress); n == 0 || s.Progress[n-1].Value.Kind != "end" || len(s.Logs)+len(s.Logged) == 0 {
				return rpctest.Unmet
			}
			return rpctest.Met
		}})
		doc := protocol.TextDocument{URI: "file:///ws/a.go"}
		e.MustCall(protocol.MethodCodeLens, protocol.CodeLensParams{TextDocument: doc}, nil)
		e.MustCall(protocol.MethodCodeAction, protocol.CodeActionParams{TextDocument: doc}, nil)
		e.Command("hotdev.status", nil, nil)
		if err := srv.ShowDocument(t.Context(), "/ws/a.go", 1, 1); err != nil {
			t.Error(err)
		}
		if plain {
			e.ExpectMessage("crashed")
		}
		f.tell(show("/ws/a.go"))
		e.ExpectDiagnostics("/ws/a.go")
		f.tell(show("/ws/a.go", d))
		e.MustCall(protocol.MethodShutdownSession, nil, nil)
		for _, m := range e.Transcript() {
			known, err := model.Check(m)
			if err != nil {
				t.Errorf("%s: %v", m.JSON, err)
			}
			if known {
				checked[string(m.Kind)+" "+m.Method]++
			}
		}
	}
	for _, want := range []string{
		"result initialize", "result shutdown", "result textDocument/codeLens", "result textDocument/codeAction",
		"result workspace/executeCommand", "request window/workDoneProgress/create", "request window/showDocument", "notification $/progress",
		"notification textDocument/publishDiagnostics", "notification window/showMessage", "notification window/logMessage",
	} {
		if checked[want] == 0 {
			t.Errorf("no %s was recorded", want)
		}
	}
}
