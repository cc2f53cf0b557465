//go:build !unix

package console

import "os"

// watchTerminal delivers nothing where the system tells of nothing: the width
// is looked at on every update instead.
func watchTerminal() (resized, suspended <-chan os.Signal, stop func()) {
	return nil, nil, func() {}
}

// Suspend returns at once where the system can't suspend a process.
func Suspend() error { return nil }
