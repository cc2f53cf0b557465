package server

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// codeLens shows, above each handler in the document, the routes that it serves
// in the running version.
func (c *client) codeLens(_ context.Context, p protocol.CodeLensParams) (any, error) {
	path, err := protocol.FilePath(p.TextDocument.URI)
	if err != nil {
		return nil, wire.Errorf(wire.CodeInvalidParams, "textDocument: %v", err)
	}
	lenses := []protocol.CodeLens{}
	_, routes := c.srv.backend.Routes()
	for _, r := range routes {
		if r.Line < 1 || filepath.Clean(r.File) != path {
			continue
		}
		at := protocol.Position{Line: r.Line - 1}
		lenses = append(lenses, protocol.CodeLens{
			Range:   protocol.Range{Start: at, End: at},
			Command: protocol.Command{Title: lensTitle(r), Command: "hotdev.routes"},
		})
	}
	return lenses, nil
}

func lensTitle(r session.Route) string {
	title := r.Method + " " + r.Path
	if r.Hits > 0 {
		title += fmt.Sprintf(" · %d hits · p50 %.1f ms", r.Hits, milliseconds(r.P50))
	}
	if r.Errors > 0 {
		title += fmt.Sprintf(" · %d errors", r.Errors)
	}
	return title
}
