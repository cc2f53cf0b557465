package diag

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// positionLine matches file:line: text and file:line:col: text. The file may
// begin with a drive letter, and hold spaces.
var positionLine = regexp.MustCompile(`^((?:[A-Za-z]:[\\/])?[^:\s][^:]*):(\d+)(?::(\d+))?:\s*(\S.*)$`)

// sourceExts are the kinds of files that a build reports positions in. Other
// files count when they exist: a log line such as "16:04: done" is none.
var sourceExts = map[string]bool{
	".go": true, ".mod": true, ".work": true, ".sum": true, ".s": true, ".S": true, ".sx": true,
	".c": true, ".h": true, ".cc": true, ".cpp": true, ".cxx": true, ".hh": true, ".hpp": true, ".hxx": true,
	".m": true, ".mm": true, ".f": true, ".F": true, ".f90": true, ".y": true, ".swig": true, ".swigcxx": true,
}

// position splits a line that begins with a position. pkg is the package that
// it was printed for.
func (p *buildParser) position(line, pkg string) (at Span, text string, ok bool) {
	m := positionLine.FindStringSubmatch(line)
	if m == nil {
		return Span{}, "", false
	}
	file := p.resolve(m[1], pkg)
	if !sourceExts[filepath.Ext(file)] && !p.exists(file) {
		return Span{}, "", false
	}
	at.File = file
	at.Line, _ = strconv.Atoi(m[2])
	at.Col, _ = strconv.Atoi(m[3])
	if isGenerated(file) {
		return Span{File: p.MainFile}, m[4], true // it is gone with the build
	}
	return at, m[4], true
}

// isGenerated reports whether file is an intermediate file of cgo.
func isGenerated(file string) bool {
	base := filepath.Base(file)
	return strings.HasPrefix(base, "_cgo_") || strings.HasSuffix(base, ".cgo2.c") || strings.HasSuffix(base, ".cgo1.go")
}

// resolve makes a path of the output absolute. The go command writes paths
// relative to its directory; C compilers run in the package's.
func (p *buildParser) resolve(file, pkg string) string {
	if isAbs(file) {
		return file
	}
	file = filepath.FromSlash(file)
	path := filepath.Join(p.Dir, file)
	if dir := p.packageDir(pkg); dir != "" && !p.exists(path) {
		if other := filepath.Join(dir, file); p.exists(other) {
			return other
		}
	}
	return path
}

// isAbs reports whether path is absolute here or on Windows.
func isAbs(path string) bool {
	return filepath.IsAbs(path) || len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
}

// importSpan finds where package importer imports path; name is the base name
// of the importing file, "" when it is not known. Without a line it is the
// file, and without a file the main file.
func (p *buildParser) importSpan(importer, name, path string) Span {
	dir := p.packageDir(importer)
	if dir == "" {
		return Span{File: p.MainFile}
	}
	names := []string{name}
	if name == "" {
		names = p.goFiles(dir)
	}
	for _, name := range names {
		if at := p.imports(filepath.Join(dir, name), path); at != (Span{}) {
			return at
		}
	}
	if name == "" {
		return Span{File: p.MainFile}
	}
	return Span{File: filepath.Join(dir, name)}
}

// imports returns where file imports path; zero when it does not.
func (p *buildParser) imports(file, path string) Span {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, p.read(file), parser.ImportsOnly)
	if err != nil {
		return Span{}
	}
	for _, spec := range f.Imports {
		if got, _ := strconv.Unquote(spec.Path.Value); got == path {
			at, end := fset.PositionFor(spec.Path.Pos(), false), fset.PositionFor(spec.Path.End(), false)
			return Span{File: file, Line: at.Line, Col: at.Column, EndLine: end.Line, EndCol: end.Column}
		}
	}
	return Span{}
}

// goFiles returns the base names of the Go files in dir, without tests.
func (p *buildParser) goFiles(dir string) []string {
	if p.ReadDir == nil {
		return nil
	}
	names, err := p.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []string
	for _, name := range names {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && p.exists(filepath.Join(dir, name)) {
			list = append(list, name)
		}
	}
	return list
}

// lineSpan returns the first line of file that accept accepts, from its first
// to its last byte that is no space; without such a line it is the file.
func (p *buildParser) lineSpan(file string, accept func(line string) bool) Span {
	n := 0
	for line := range strings.Lines(string(p.read(file))) {
		n++
		text := strings.TrimSpace(line)
		if accept(text) {
			col := 1 + strings.Index(line, text)
			return Span{File: file, Line: n, Col: col, EndLine: n, EndCol: col + len(text)}
		}
	}
	return Span{File: file}
}
