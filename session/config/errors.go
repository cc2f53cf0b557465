package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong with the configuration.
type Error struct {
	File      string // absolute path; "" when a flag or an environment variable is wrong
	Line, Col int    // from 1, columns in bytes; 0 without File
	EndCol    int    // the column after the last one on Line
	Message   string
}

// Error is file:line:column: message, as far as they are known.
func (e Error) Error() string {
	if e.File == "" {
		return e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Message)
}

// Errors are all errors of a configuration, sorted by file and position.
type Errors []Error

// Error has one error a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the errors in order and without repetitions, nil if there
// are none.
func (e Errors) sorted() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.Compact(e)
}

// place is where a value was written: a flag or variable of that name, or a
// range of one line of hotdev.toml.
type place struct {
	name              string // "" in hotdev.toml
	line, col, endCol int
}

// errorAt makes the error for a value at p; file is the hotdev.toml.
func errorAt(file string, p place, message string) Error {
	if p.name != "" {
		return Error{Message: message}
	}
	return Error{File: file, Line: p.line, Col: p.col, EndCol: p.endCol, Message: message}
}
