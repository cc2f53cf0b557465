package rpctest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// backstop ends a test that waits for what never comes; it is no part of any
// expectation.
const backstop = time.Minute

// Options configures an Editor.
type Options struct {
	Root  string // workspace root
	Token string // for a connection over TCP
	// Plain makes an editor that does not know hotdev/*; else it gets hotdev's
	// notifications from the start.
	Plain bool
	// ShowDocument shows a document and reports whether it did; nil: the editor
	// can't. It is called beside everything else.
	ShowDocument func(protocol.ShowDocumentParams) bool
}

// Editor is one connected client. A failure ends its test. Its methods are for
// the test's goroutine.
//
// Its goroutines: the connection's (wire.Conn), waited for when the test ends.
type Editor struct {
	t      testing.TB
	opt    Options
	conn   *wire.Conn
	server protocol.InitializeResult

	mu         sync.Mutex
	state      State
	transcript []Message
	changed    chan struct{} // closed and replaced at every change of state
}

// Message is one message that the daemon sent.
type Message struct {
	Kind   Kind
	Method string          // for a Result, the request's
	JSON   json.RawMessage // params or result; nil: none
}

// Kind is a kind of message.
type Kind string

// The kinds of messages.
const (
	Request      Kind = "request"
	Notification Kind = "notification"
	Result       Kind = "result"
)

// Connect makes an editor of a fresh connection to a daemon, initialized.
func Connect(t testing.TB, nc net.Conn, o Options) *Editor {
	t.Helper()
	e := Attach(t, nc, o)
	e.Initialize()
	return e
}

// Attach makes an editor that has not sent anything yet.
func Attach(t testing.TB, nc net.Conn, o Options) *Editor {
	e := &Editor{t: t, opt: o, changed: make(chan struct{})}
	e.state.Diagnostics = map[string][]protocol.LSPDiagnostic{}
	e.conn = wire.NewConn(nc, receiver{e}, wire.Options{})
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		err := e.conn.Run(context.Background())
		e.update(func(s *State) { s.Ended, s.EndedBy = true, err })
	}()
	t.Cleanup(func() {
		e.conn.Close()
		<-ran
	})
	return e
}

// Initialize does the handshake; after it, the editor is told of everything that
// happens.
func (e *Editor) Initialize() {
	e.t.Helper()
	pid, root := os.Getpid(), protocol.FileURI(e.opt.Root)
	params := protocol.InitializeParams{
		ProcessID:        &pid,
		ClientInfo:       &protocol.Program{Name: "rpctest"},
		RootURI:          &root,
		WorkspaceFolders: []protocol.WorkspaceFolder{{URI: root, Name: "root"}},
	}
	params.Capabilities.Window.WorkDoneProgress = true
	params.Capabilities.Window.ShowDocument.Support = e.opt.ShowDocument != nil
	params.Capabilities.TextDocument.PublishDiagnostics.RelatedInformation = true
	params.Capabilities.TextDocument.CodeAction.LiteralSupport = &protocol.CodeActionLiteralSupport{}
	if !e.opt.Plain {
		params.Capabilities.Experimental = json.RawMessage(`{"hotdev":true}`)
	}
	if e.opt.Token != "" {
		params.InitializationOptions = json.RawMessage(fmt.Sprintf(`{"hotdev":{"token":%q}}`, e.opt.Token))
	}
	e.MustCall(protocol.MethodInitialize, params, &e.server)
	e.Notify(protocol.MethodInitialized, struct{}{})
	e.MustCall(protocol.MethodStatus, struct{}{}, nil) // answered after initialized was handled
}

// Server is what the daemon answered to initialize.
func (e *Editor) Server() protocol.InitializeResult { return e.server }

// Call sends a request and returns the daemon's refusal, if any.
func (e *Editor) Call(method string, params, result any) error {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), backstop)
	defer cancel()
	var raw json.RawMessage
	if err := e.conn.Call(ctx, method, params, &raw); err != nil {
		return err
	}
	e.record(Message{Result, method, raw})
	if result == nil || len(raw) == 0 {
		return nil
	}
	if err := wire.Unmarshal(raw, result); err != nil {
		e.t.Fatalf("%s: answer %s: %v", method, raw, err)
	}
	return nil
}

// MustCall sends a request that must succeed.
func (e *Editor) MustCall(method string, params, result any) {
	e.t.Helper()
	if err := e.Call(method, params, result); err != nil {
		e.t.Fatal(err)
	}
}

// Command runs a hotdev.* command that must succeed; args is nil or its object.
func (e *Editor) Command(name string, args, result any) {
	e.t.Helper()
	params := protocol.ExecuteCommandParams{Command: name}
	if args != nil {
		raw, err := wire.Marshal(args)
		if err != nil {
			e.t.Fatal(err)
		}
		params.Arguments = []json.RawMessage{raw}
	}
	e.act()
	e.MustCall(protocol.MethodExecuteCommand, params, result)
}

// Notify sends a notification.
func (e *Editor) Notify(method string, params any) {
	e.t.Helper()
	if err := e.conn.Notify(method, params); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

// Open tells that the file at path is open.
func (e *Editor) Open(path string) {
	e.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	e.Notify(protocol.MethodDidOpen, protocol.DidOpenParams{TextDocument: protocol.TextDocumentItem{
		URI: protocol.FileURI(path), LanguageID: "go", Version: 1, Text: string(data),
	}})
}

// Type changes the open file at path to content, unsaved.
func (e *Editor) Type(path, content string) {
	e.t.Helper()
	e.Notify(protocol.MethodDidChange, protocol.DidChangeParams{
		TextDocument:   protocol.VersionedTextDocument{URI: protocol.FileURI(path), Version: 2},
		ContentChanges: []protocol.ContentChange{{Text: content}},
	})
}

// Save writes content to the file at path, as an editor does, and tells of it.
func (e *Editor) Save(path, content string) {
	e.t.Helper()
	e.act()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		e.t.Fatal(err)
	}
	e.Notify(protocol.MethodDidSave, protocol.DidSaveParams{TextDocument: protocol.TextDocument{URI: protocol.FileURI(path)}})
}

// Replace saves the file at path with the only occurrence of old replaced.
func (e *Editor) Replace(path, old, new string) {
	e.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	if n := strings.Count(string(data), old); n != 1 {
		e.t.Fatalf("%s holds %q %d times, want once", path, old, n)
	}
	e.Save(path, strings.Replace(string(data), old, new, 1))
}

// Close hangs up.
func (e *Editor) Close() { e.conn.Close() }

// Transcript returns everything the daemon has sent, in order.
func (e *Editor) Transcript() []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Message(nil), e.transcript...)
}

func (e *Editor) record(m Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.transcript = append(e.transcript, m)
}

// receiver is an Editor as its connection sees it.
type receiver struct{ *Editor }

// Call allows progress, shows documents and refuses everything else.
func (r receiver) Call(_ context.Context, method string, params []byte) (any, error) {
	r.record(Message{Request, method, params})
	switch {
	case method == protocol.MethodProgressCreate:
		return nil, nil
	case method == protocol.MethodShowDocument && r.opt.ShowDocument != nil:
		var p protocol.ShowDocumentParams
		if err := wire.Unmarshal(params, &p); err != nil {
			return nil, wire.Errorf(wire.CodeInvalidParams, "%v", err)
		}
		return protocol.ShowDocumentResult{Success: r.opt.ShowDocument(p)}, nil
	}
	return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
}

// Notify keeps what the daemon tells.
func (r receiver) Notify(_ context.Context, method string, params []byte) {
	r.record(Message{Notification, method, params})
	r.update(func(s *State) {
		if err := s.take(method, params); err != nil {
			r.t.Errorf("%s: %s: %v", method, params, err)
		}
	})
}
