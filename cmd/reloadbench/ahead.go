package main

import (
	"context"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
)

const (
	longestPause = 3 * time.Second        // that hotdev waits for typing to go on
	leastBuild   = 100 * time.Millisecond // CPU time of a build
)

// types shows hotdev what the editor holds, which is not saved yet.
func (h *editedHotdev) types(e edit, text string) error {
	uri := protocol.FileURI(e.file)
	if h.versions[uri] == 0 {
		document := protocol.TextDocumentItem{URI: uri, LanguageID: "go", Version: 1, Text: e.base}
		if err := h.conn.Notify(protocol.MethodDidOpen, protocol.DidOpenParams{TextDocument: document}); err != nil {
			return err
		}
		h.versions[uri] = 1
	}
	h.versions[uri]++
	h.typing = uri
	return h.conn.Notify(protocol.MethodDidChange, protocol.DidChangeParams{
		TextDocument:   protocol.VersionedTextDocument{URI: uri, Version: h.versions[uri]},
		ContentChanges: []protocol.ContentChange{{Text: text}},
	})
}

// typed is types, and waits until hotdev has built the text. hotdev tells nothing
// before the save: the CPU time shows it.
func (h *editedHotdev) typed(ctx context.Context, e edit, text string) error {
	before := h.cpu()
	if err := h.types(e, text); err != nil {
		return err
	}
	tick := time.NewTicker(quietTime)
	defer tick.Stop()
	for range int(2 * longestPause / quietTime) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if h.cpu() > before+leastBuild {
			break
		}
	}
	return quiet(ctx, h.cpu)
}

// saved tells hotdev of the save of what was typed last, as editors do.
func (h *editedHotdev) saved(context.Context) error {
	return h.conn.Notify(protocol.MethodDidSave, protocol.DidSaveParams{TextDocument: protocol.TextDocument{URI: h.typing}})
}

// wasReady reports whether the newest reload's build was done before the save.
func (h *editedHotdev) wasReady(ctx context.Context) (bool, error) {
	var history protocol.HistoryResult
	err := h.conn.Call(ctx, protocol.MethodHistory, struct{}{}, &history)
	return len(history.Reloads) > 0 && history.Reloads[0].Ahead, err
}
