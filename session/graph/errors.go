package graph

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Error is one thing that go list found wrong, such as a missing package, an
// import cycle, a syntax error in an import block, an embed pattern without a
// match, or a bad line in go.mod.
type Error struct {
	File        string   // absolute path; "" when the go command named none
	Line, Col   int      // from 1, Col in bytes; 0 is unknown
	Msg         string   // as the go command says it; may have several lines
	ImportPath  string   // the package at fault; "" for module files
	ImportStack []string // how the build came to the package, main first
}

// Error returns file:line:col and the message.
func (e Error) Error() string {
	switch {
	case e.File == "":
		return e.Msg
	case e.Line == 0:
		return e.File + ": " + e.Msg
	case e.Col == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
	default:
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
	}
}

// ListError says that the go command could list nothing at all, mostly because
// of go.mod or go.work.
type ListError struct {
	Command string  // go command that failed: "env" or "list"
	Output  string  // all that it said
	Errors  []Error // the same in parts, at least one
}

func newListError(dir, command, output string) *ListError {
	output = strings.TrimSpace(output)
	e := &ListError{Command: command, Output: output}
	for line := range strings.Lines(output) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "go: ")
		if m := moduleFileError.FindStringSubmatch(line); m != nil {
			err := position(dir, m[1])
			err.Msg = m[2]
			e.Errors = append(e.Errors, err)
		}
	}
	if e.Errors == nil {
		e.Errors = []Error{{Msg: strings.TrimPrefix(output, "go: ")}}
	}
	return e
}

// moduleFileError matches how the go command reports a line of go.mod,
// go.work, go.sum or vendor/modules.txt.
var moduleFileError = regexp.MustCompile(`^(.*\.(?:mod|work|sum|txt):\d+(?::\d+)?): (.+)$`)

// Error returns the first error of the go command and how many more there are.
func (e *ListError) Error() string {
	more := ""
	if n := len(e.Errors) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("go %s: %v%s", e.Command, e.Errors[0], more)
}

// SeveralMainsError says that the app's main package is ambiguous.
type SeveralMainsError struct {
	Packages []string // import paths, sorted
}

// Error lists the candidates.
func (e *SeveralMainsError) Error() string {
	return fmt.Sprintf("several main packages: %s; name the one to run", strings.Join(e.Packages, ", "))
}

// NoMainError says that there is no main package where one was looked for.
type NoMainError struct {
	Package string // as asked for; "" when it was to be found out
	Dir     string // where it was looked for
	Reason  string // what was found instead
}

// Error says where it was looked for, and what was found.
func (e *NoMainError) Error() string {
	if e.Package == "" {
		return fmt.Sprintf("no main package in %s: %s", e.Dir, e.Reason)
	}
	return fmt.Sprintf("%s is no main package in %s: %s", e.Package, e.Dir, e.Reason)
}

// position splits file:line:col, as the go command writes it relative to dir.
func position(dir, pos string) Error {
	var e Error
	var numbers []int
	for len(numbers) < 2 {
		i := strings.LastIndexByte(pos, ':')
		n, err := strconv.Atoi(pos[i+1:])
		if i < 0 || err != nil {
			break
		}
		numbers, pos = append(numbers, n), pos[:i]
	}
	switch len(numbers) {
	case 1:
		e.Line = numbers[0]
	case 2:
		e.Line, e.Col = numbers[1], numbers[0]
	}
	if pos != "" && !filepath.IsAbs(pos) {
		pos = filepath.Join(dir, pos)
	}
	e.File = pos
	return e
}

// packageErrors returns the errors of the packages that keep accepts. An
// import cycle comes without a position from go list: it gets that of the
// import that closes it.
func packageErrors(dir string, packages []*listPackage) []Error {
	byPath := byImportPath(packages)
	var errs []Error
	for _, p := range packages {
		if p.Error == nil {
			continue
		}
		e := position(dir, p.Error.Pos)
		e.Msg, e.ImportPath, e.ImportStack = p.Error.Err, p.ImportPath, p.Error.ImportStack
		if n := len(e.ImportStack); e.File == "" && n > 1 {
			if from := byPath[e.ImportStack[n-2]]; from != nil {
				e.File, e.Line, e.Col = importPosition(from, e.ImportStack[n-1])
			}
		}
		errs = append(errs, e)
	}
	return errs
}

// importPosition finds where the files of p import path.
func importPosition(p *listPackage, path string) (file string, line, col int) {
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, spec := range f.Imports {
			if got, _ := strconv.Unquote(spec.Path.Value); got == path {
				at := fset.Position(spec.Path.Pos())
				return at.Filename, at.Line, at.Column
			}
		}
	}
	return "", 0, 0
}
