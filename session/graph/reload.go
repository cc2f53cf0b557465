package graph

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// NeedsReload reports whether the graph must be loaded again after a change of
// path, because the set of files may be another one: the package clause,
// imports, build constraints, cgo directives or embed patterns of a Go file
// are not those of Load; a file of the build appeared or vanished; or go.mod,
// go.sum, go.work and the like changed. It is never so for an edit of a
// function's body, nor for a Go file that cannot be parsed up to the end of its
// imports: the mend of it is told from the content at Load.
func (g *Graph) NeedsReload(path string) bool {
	p := g.locate(path)
	if c, ok := g.controls[p]; ok {
		return readControl(p) != c
	}
	if g.globs.ignores(relSlash(g.root, p)) != "" {
		return false
	}
	_, built := g.inputs[p]
	if old, ok := g.headers[p]; ok {
		if built {
			return headerChanged(p, old)
		}
		_, excluded := g.matcher.excludes(p)
		return !excluded
	}
	if built {
		return !exists(p)
	}
	if !exists(p) {
		return g.holds(p) != ""
	}
	if !g.listed || temporary(filepath.Base(p)) || ignoredPath(p, g.top(p)) {
		return false
	}
	_, joins := g.joins(p)
	return joins
}

// headerChanged compares the file at p with its header at Load.
func headerChanged(p string, old header) bool {
	src, err := os.ReadFile(p)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return readHeader(src).differs(old)
}
