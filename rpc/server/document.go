package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/session/diag"
)

// ErrNoEditor is the error of ShowDocument when no client has shown the
// document.
var ErrNoEditor = errors.New("no editor that can open files is connected to hotdev")

// showTime is how long a client may take to show a document.
const showTime = 2 * time.Second

// ShowDocument has an editor show a place in a file (LSP 3.17,
// window/showDocument): of the clients that can, the one that connected last,
// or else the next. The line and the column, in bytes, count from 1; 0: none.
// It returns ErrNoEditor, or why ctx ended.
func (s *Server) ShowDocument(ctx context.Context, file string, line, col int) error {
	params := protocol.ShowDocumentParams{URI: protocol.FileURI(file), TakeFocus: true}
	if line > 0 {
		at := newConverter(false).span(diag.Span{File: file, Line: line, Col: max(col, 1)}).Start
		params.Selection = &protocol.Range{Start: at, End: at}
	}
	s.mu.Lock()
	clients := slices.Clone(s.clients)
	s.mu.Unlock()
	for _, c := range slices.Backward(clients) {
		shown, err := c.showDocument(ctx, params)
		switch {
		case shown:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("waiting for an editor to show %s: %w", file, context.Cause(ctx))
		case err != nil:
			s.opt.Logger.Warn("an editor does not show a document", "file", file, "err", err)
		}
	}
	return ErrNoEditor
}

// showDocument asks the client to show a document, if it can.
func (c *client) showDocument(ctx context.Context, params protocol.ShowDocumentParams) (shown bool, err error) {
	c.mu.Lock()
	can := c.started && c.phase == ready && c.can.Window.ShowDocument.Support
	c.mu.Unlock()
	if !can {
		return false, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, showTime, fmt.Errorf("it took more than %v", showTime))
	defer cancel()
	var result protocol.ShowDocumentResult
	err = c.conn.Call(ctx, protocol.MethodShowDocument, params, &result)
	return result.Success, err
}
