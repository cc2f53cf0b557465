package wire

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/jsonrpc2"
)

const methodCancel = "$/cancelRequest"

// cancelParams names one of the sender's requests.
type cancelParams struct {
	ID int64 `json:"id"`
}

// cancelCall cancels the request that the peer names, if it is being answered.
func (c *Conn) cancelCall(params []byte) {
	var p struct {
		ID jsontext.Value `json:"id"`
	}
	if Unmarshal(params, &p) != nil {
		return
	}
	var id jsonrpc2.ID
	var text string
	if number, err := strconv.ParseInt(string(p.ID), 10, 64); err == nil {
		id = jsonrpc2.NewNumberID(number)
	} else if Unmarshal(p.ID, &text) == nil {
		id = jsonrpc2.NewStringID(text)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, ok := c.calls[id]; ok {
		cancel()
	}
}
