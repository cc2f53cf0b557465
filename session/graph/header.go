package graph

import (
	"crypto/sha256"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// header is the part of a Go file that can change the graph: imports, and
// hashed, package clause, build constraints, cgo directives, embed patterns. The
// zero header is unknown.
type header struct {
	known   bool              // the part up to the imports could be read
	imports []string          // sorted, each once
	top     [sha256.Size]byte // the rest, but the embed patterns

	embedKnown bool // the file could be read to its end
	embed      [sha256.Size]byte
}

// differs reports whether the graph may change when a file with header old
// becomes one with header h. What could not be read now counts as unchanged:
// the build reports it, and the mend is compared again.
func (h header) differs(old header) bool {
	switch {
	case !h.known:
		return false
	case !slices.Equal(h.imports, old.imports):
		return true
	default:
		return h.differsElsewhere(old)
	}
}

// differsElsewhere is differs for all but the imports.
func (h header) differsElsewhere(old header) bool {
	return !old.known || h.top != old.top || h.embedKnown && (!old.embedKnown || h.embed != old.embed)
}

// readHeader parses the header of src.
func readHeader(src []byte) header {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return header{}
	}
	lines := append([]string{"package " + f.Name.Name}, cgoDirectives(f)...)
	h := header{known: true, embedKnown: true}
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return header{}
		}
		h.imports = append(h.imports, path)
	}
	slices.Sort(h.imports)
	h.imports = slices.Compact(h.imports)
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() < f.Package && (constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text)) {
				lines = append(lines, c.Text)
			}
		}
	}
	h.top = hashSet(lines)
	if slices.Contains(h.imports, "embed") {
		patterns, ok := embedDirectives(fset, src)
		h.embed, h.embedKnown = hashSet(patterns), ok
	}
	return h
}

// cgoDirectives returns the #cgo lines above import "C".
func cgoDirectives(f *ast.File) []string {
	var lines []string
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			imp, ok := spec.(*ast.ImportSpec)
			if !ok || imp.Path.Value != `"C"` {
				continue
			}
			doc := imp.Doc
			if doc == nil && len(gen.Specs) == 1 {
				doc = gen.Doc
			}
			for line := range strings.Lines(doc.Text()) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "#cgo") {
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

// embedDirectives returns the //go:embed comments of src; ok is false when src
// is broken so that some may be missed.
func embedDirectives(fset *token.FileSet, src []byte) (lines []string, ok bool) {
	var s scanner.Scanner
	ok = true
	s.Init(fset.AddFile("", -1, len(src)), src, func(token.Position, string) { ok = false }, scanner.ScanComments)
	for {
		_, tok, text := s.Scan()
		if tok == token.EOF {
			return lines, ok
		}
		if tok == token.COMMENT && strings.HasPrefix(text, "//go:embed") {
			lines = append(lines, text)
		}
	}
}

// hashSet hashes lines without regard to their order and repetitions.
func hashSet(lines []string) [sha256.Size]byte {
	slices.Sort(lines)
	return sha256.Sum256([]byte(strings.Join(slices.Compact(lines), "\n")))
}

// recordHeaders reads the headers of the Go files of packages. A file that was
// written after start, when go list began, stays unknown: go list may have
// seen its older content, and the next question about it must say so. A
// symbolic link is also recorded in links, under its target.
func recordHeaders(packages []Package, start time.Time, links map[string]string) map[string]header {
	type file struct {
		path, target string
		header       header
	}
	var files []file
	for _, p := range packages {
		for _, names := range [][]string{p.GoFiles, p.CgoFiles, p.IgnoredGoFiles} {
			for _, name := range names {
				files = append(files, file{path: filepath.Join(p.Dir, name)})
			}
		}
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for batch := range slices.Chunk(files, 64) {
		workers.Go(func() error {
			for i := range batch {
				batch[i].header, batch[i].target = headerOf(batch[i].path, start)
			}
			return nil
		})
	}
	_ = workers.Wait() // the workers return no errors
	headers := make(map[string]header, len(files))
	for _, f := range files {
		headers[f.path] = f.header
		if f.target != "" {
			links[f.target] = f.path
		}
	}
	return headers
}

// headerOf reads the header of the file at path, unknown when it is newer than
// start; target is the file behind a symbolic link.
func headerOf(path string, start time.Time) (h header, target string) {
	info, err := os.Lstat(path)
	if err != nil {
		return header{}, ""
	}
	if info.Mode()&os.ModeSymlink != 0 {
		target = Canonical(path)
		if info, err = os.Stat(target); err != nil {
			return header{}, target
		}
	}
	if info.ModTime().After(start) {
		return header{}, target
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return header{}, target
	}
	return readHeader(src), target
}
