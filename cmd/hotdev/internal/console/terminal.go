package console

import (
	"context"
	"errors"
	"os"
	"strings"

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

// ReadLine reads a line from f, without its end. It reads byte by byte, so that
// what follows stays for others.
func ReadLine(ctx context.Context, f *os.File) (string, error) {
	r, err := newReader(f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	stop := context.AfterFunc(ctx, r.Close)
	defer stop()
	var line []byte
	for b := make([]byte, 1); ; {
		switch n, err := r.Read(b); {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case n == 1 && b[0] == '\n':
			return strings.TrimSuffix(string(line), "\r"), nil
		case n == 1:
			line = append(line, b[0])
		case err != nil:
			return "", err
		}
	}
}
