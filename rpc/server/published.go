package server

import (
	"maps"
	"slices"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session/diag"
)

// published is what one client shows of diagnostics. It sends a file's list
// only when it differs from what the client has. It belongs to the feed's
// goroutine.
type published struct {
	conn    *wire.Conn
	related bool              // the client shows related information
	last    map[string]string // file → encoded parameters; files without diagnostics are absent
}

func newPublished(conn *wire.Conn, related bool) *published {
	return &published{conn: conn, related: related, last: map[string]string{}}
}

// set makes list what the client shows of file.
func (p *published) set(file string, list []diag.Diagnostic) {
	if _, shown := p.last[file]; file == "" || len(list) == 0 && !shown {
		return
	}
	params := protocol.PublishDiagnosticsParams{
		URI:         protocol.FileURI(file),
		Diagnostics: newConverter(p.related).diagnostics(list),
	}
	encoded, err := wire.Marshal(params)
	if err != nil || p.last[file] == string(encoded) {
		return
	}
	if p.conn.Notify(protocol.MethodPublishDiagnostics, params) != nil {
		return // the connection ends
	}
	p.last[file] = string(encoded)
	if len(list) == 0 {
		delete(p.last, file)
	}
}

// sync makes all the client shows equal to byFile.
func (p *published) sync(byFile map[string][]diag.Diagnostic) {
	for _, file := range slices.Sorted(maps.Keys(p.last)) {
		if len(byFile[file]) == 0 {
			p.set(file, nil)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		p.set(file, byFile[file])
	}
}
