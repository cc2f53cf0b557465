// Package server lets clients reach a session: their requests become session
// calls, and the session's notices become notifications. One connection is one
// client, and no client can disturb another or the session. It is the only
// place that knows that LSP counts in UTF-16.
package server
