// Package wire makes safe connections out of go.lsp.dev/jsonrpc2, of which it
// is the only importer: LSP framing with limits, calls beside each other and
// notifications in order, cancellation both ways, and an outbox that never
// blocks the sender. It also knows where the daemon of a workspace listens and
// who may connect. It knows no message but those of JSON-RPC itself.
package wire
