// Package rpctest is a fake editor for tests: it connects to a daemon, in this
// process or behind a socket, edits real files, and waits for what the daemon
// is expected to tell. An expectation that can no longer come true fails at
// once instead of running into a time-out.
package rpctest
