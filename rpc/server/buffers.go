package server

import "github.com/hotdev/hotdev/rpc/protocol"

func (c *client) didOpen(p protocol.DidOpenParams) {
	c.buffer(p.TextDocument.URI, []byte(p.TextDocument.Text))
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
	c.buffer(p.TextDocument.URI, text)
}

func (c *client) didClose(p protocol.DidCloseParams) { c.buffer(p.TextDocument.URI, nil) }

// buffer tells the session what the client holds of a file; nil: nothing.
func (c *client) buffer(uri string, text []byte) {
	path, err := protocol.FilePath(uri)
	if err != nil {
		return
	}
	delete(c.open, path)
	if text != nil {
		c.open[path] = true
	}
	c.srv.backend.Buffer(path, text)
}

// dropBuffers tells the session that the client, which is gone, holds nothing.
func (c *client) dropBuffers() {
	for path := range c.open {
		c.srv.backend.Buffer(path, nil)
	}
}
