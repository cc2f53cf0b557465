package server

import (
	"path/filepath"

	"github.com/hotdev/hotdev/rpc/protocol"
)

func (c *client) didOpen(p protocol.DidOpenParams) {
	c.hold(p.TextDocument.URI, []byte(p.TextDocument.Text))
}

// didChange takes a document's new text. A client that sends edits, which was
// not asked to, has no text that is known.
func (c *client) didChange(p protocol.DidChangeParams) {
	if len(p.ContentChanges) == 0 {
		return
	}
	var text []byte
	if last := p.ContentChanges[len(p.ContentChanges)-1]; last.Range == nil {
		text = []byte(last.Text)
	}
	c.hold(p.TextDocument.URI, text)
}

func (c *client) didClose(p protocol.DidCloseParams) { c.hold(p.TextDocument.URI, nil) }

// hold tells the session what the client holds of a Go file; nil: nothing.
func (c *client) hold(uri string, text []byte) {
	path, err := protocol.FilePath(uri)
	if err != nil || filepath.Ext(path) != ".go" {
		return
	}
	delete(c.held, path)
	if text != nil {
		c.held[path] = true
	}
	c.srv.backend.Buffer(path, text)
}

// release tells the session that the client, which is gone, holds nothing.
func (c *client) release() {
	for path := range c.held {
		c.srv.backend.Buffer(path, nil)
	}
}
