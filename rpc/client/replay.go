package client

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// envelope is what the bridge looks at in a message.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
}

func (m envelope) isRequest() bool { return m.Method != "" && len(m.ID) > 0 }
func (m envelope) isAnswer() bool  { return m.Method == "" && len(m.ID) > 0 }

// peek decodes the envelope; one that makes no sense is empty, and left for the
// daemon to refuse.
func peek(body []byte) (m envelope) {
	_ = wire.Unmarshal(body, &m)
	return m
}

// replay is what the bridge keeps of an editor's session, to bring another
// daemon to the same state and to settle what a lost one owes. It belongs to
// the bridge's goroutine.
type replay struct {
	initialize  []byte            // nil: has not come
	initID      string            // its id
	answered    bool              // the editor has the answer to initialize
	greeted     bool              // the daemon has answered it
	initialized []byte            // nil: has not come
	open        map[string][]byte // URI → didOpen
	changed     map[string][]byte // URI → the last didChange, which has the whole text
	pending     map[string]bool   // ids of the editor's requests without an answer
	shown       map[string]bool   // URIs with diagnostics in the editor
	progress    map[string]bool   // tokens of progress that has not ended, encoded
}

func newReplay() *replay {
	return &replay{open: map[string][]byte{}, changed: map[string][]byte{}, pending: map[string]bool{}, shown: map[string]bool{}, progress: map[string]bool{}}
}

// document is the part of document notifications that is looked at.
type document struct {
	TextDocument protocol.TextDocument `json:"textDocument"`
}

// fromEditor keeps what is needed of a message of the editor.
func (r *replay) fromEditor(m envelope, body []byte) {
	if m.isRequest() {
		r.pending[string(m.ID)] = true
	}
	switch m.Method {
	case protocol.MethodInitialize:
		if r.initialize == nil {
			r.initialize, r.initID = body, string(m.ID)
		}
	case protocol.MethodInitialized:
		r.initialized = body
	case protocol.MethodDidOpen:
		var d document
		if wire.Unmarshal(m.Params, &d) == nil {
			r.open[d.TextDocument.URI] = body
			delete(r.changed, d.TextDocument.URI)
		}
	case protocol.MethodDidChange:
		var d document
		if wire.Unmarshal(m.Params, &d) == nil && r.open[d.TextDocument.URI] != nil {
			r.changed[d.TextDocument.URI] = body
		}
	case protocol.MethodDidClose:
		var d document
		if wire.Unmarshal(m.Params, &d) == nil {
			delete(r.open, d.TextDocument.URI)
			delete(r.changed, d.TextDocument.URI)
		}
	}
}

// done forgets a request that the bridge has answered.
func (r *replay) done(m envelope) { delete(r.pending, string(m.ID)) }

// fromDaemon keeps what is needed of a message of the daemon, and tells whether
// it is for the editor: the answer to a replayed initialize is not. hello is
// what any answer to initialize says.
func (r *replay) fromDaemon(body []byte) (hello *protocol.InitializeResult, forEditor bool) {
	m := peek(body)
	if m.isAnswer() {
		id := string(m.ID)
		owed := r.pending[id]
		delete(r.pending, id)
		if id == r.initID && (owed || !r.greeted) {
			r.answered, r.greeted = true, true
			hello = new(protocol.InitializeResult)
			_ = wire.Unmarshal(m.Result, hello) // of a stranger: it is told as one
		}
		return hello, owed
	}
	switch m.Method {
	case protocol.MethodPublishDiagnostics:
		var p struct {
			URI         string            `json:"uri"`
			Diagnostics []json.RawMessage `json:"diagnostics"`
		}
		if wire.Unmarshal(m.Params, &p) == nil {
			delete(r.shown, p.URI)
			if len(p.Diagnostics) > 0 {
				r.shown[p.URI] = true
			}
		}
	case protocol.MethodProgress:
		var p protocol.ProgressParams
		if wire.Unmarshal(m.Params, &p) == nil {
			delete(r.progress, p.Token)
			if p.Value.Kind != "end" {
				r.progress[p.Token] = true
			}
		}
	}
	return nil, true
}

// messages are what a fresh daemon must get first.
func (r *replay) messages() [][]byte {
	r.greeted = false
	var list [][]byte
	if r.initialize != nil {
		list = append(list, r.initialize)
	}
	if r.initialized != nil {
		list = append(list, r.initialized)
	}
	for _, uri := range slices.Sorted(maps.Keys(r.open)) {
		list = append(list, r.open[uri])
		if changed := r.changed[uri]; changed != nil {
			list = append(list, changed)
		}
	}
	return list
}

// settle returns what the editor must get when the daemon is lost: errors for
// its requests, but for initialize, which is sent again, the end of progress,
// and no diagnostics, as the next daemon does not know what the editor shows.
func (r *replay) settle() [][]byte {
	var list [][]byte
	for _, id := range slices.Sorted(maps.Keys(r.pending)) {
		if id != r.initID || r.answered {
			list = append(list, refusal(json.RawMessage(id), wire.CodeRequestFailed, "the hotdev daemon has ended"))
			delete(r.pending, id)
		}
	}
	for _, token := range slices.Sorted(maps.Keys(r.progress)) {
		list = append(list, notification(protocol.MethodProgress, protocol.ProgressParams{Token: token, Value: protocol.ProgressValue{Kind: "end"}}))
	}
	for _, uri := range slices.Sorted(maps.Keys(r.shown)) {
		list = append(list, notification(protocol.MethodPublishDiagnostics, protocol.PublishDiagnosticsParams{URI: uri, Diagnostics: []protocol.LSPDiagnostic{}}))
	}
	clear(r.progress)
	clear(r.shown)
	return list
}

// notification is the body of a notification.
func notification(method string, params any) []byte {
	return mustMarshal(struct {
		JSONRPC string `json:"jsonrpc"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{"2.0", method, params})
}

// refusal is the body of an error answer.
func refusal(id json.RawMessage, code int, text string) []byte {
	type failure struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	return mustMarshal(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   failure         `json:"error"`
	}{"2.0", id, failure{code, text}})
}

// mustMarshal encodes messages made of nothing but text and numbers.
func mustMarshal(v any) []byte {
	body, err := wire.Marshal(v)
	if err != nil {
		panic(err) // not possible for what is given
	}
	return body
}

// rootOf finds the workspace in an initialize request: the folder that was
// opened first, else otherwise.
func rootOf(body []byte, otherwise string) string {
	var p struct {
		WorkspaceFolders []protocol.WorkspaceFolder `json:"workspaceFolders"`
		RootURI          string                     `json:"rootUri"`
		RootPath         string                     `json:"rootPath"`
	}
	if wire.Unmarshal(peek(body).Params, &p) != nil {
		return otherwise
	}
	var places []string
	for _, f := range p.WorkspaceFolders {
		places = append(places, f.URI)
	}
	for _, place := range append(places, p.RootURI, p.RootPath) {
		if path, err := protocol.FilePath(place); err == nil {
			return path
		}
	}
	return otherwise
}
