package console

import (
	"errors"
	"os"

	"golang.org/x/term"
)

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Columns returns the width of the terminal f; 0 when f is none.
func Columns(f *os.File) int {
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}

// Colors reports whether human output to f may be coloured: f is a terminal
// that knows colours, and NO_COLOR (https://no-color.org) is unset or empty.
// getenv is os.Getenv, or a test's.
func Colors(f *os.File, getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && IsTerminal(f)
}

// errClosed is the error of a reader's Read after its Close.
var errClosed = errors.New("the reader is closed")
