// Package typecheck finds the type and syntax errors of a program's packages
// sooner than the compiler does. It checks only packages whose files changed,
// and those that import them and may be affected, against the export data of
// all others; what it has parsed and imported stays in memory. It writes as the
// compiler writes, runs nothing, and decides nothing: only what the compiler
// says counts in the end.
//
// # What is checked
//
// A package is affected by a change of one that it imports only if something
// outside of function bodies changed there: everything that importers see of a
// package is declared by the rest. So a change in a body checks one package. A
// wider one checks the direct importers too, if the package itself has no error.
//
// Export data of an affected package is never mixed with the checked package
// that it is affected by, because types that the compiler copied from there may
// be out of date: such a package is checked from its sources as well when a
// checked one needs it, whoever imports what.
//
// # Where it differs from the compiler
//
// The parser is another one, which words syntax errors in its own way and may
// see them elsewhere; only the first in a file is told. Columns can differ, and
// with them lines where an expression goes over several. What the compiler
// finds after it has checked types is not found: missing function bodies, wrong
// directives, stack frames that are too large.
package typecheck

import (
	"context"
	"crypto/sha256"
	"go/token"
	"go/types"
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

// Program describes the state of a program.
type Program struct {
	Arch     string // GOARCH
	Packages map[string]*Package
	// Own are the packages whose sources are known, dependencies first.
	Own []*Package
	// ReadFile returns the content of a file of a package.
	ReadFile func(path string) ([]byte, error)
}

// Package is a package of a program.
type Package struct {
	Path    string
	Archive string // file with the export data
	Export  Hash   // of the export data, or of what stands for it

	// What follows is known of own packages alone.

	Deps      []string // import paths of the packages that it imports now
	GoVersion string   // of the language, "go1.26"
	Files     []File   // that are compiled
	Imports   bool     // Deps are others than those that the archive was made from
	// Opaque tells that the compiler gets other files than these, or other
	// packages than the imports say. The package is not checked, nor is one that
	// would have to see it as it is now.
	Opaque bool
}

// File is a Go file.
type File struct {
	Path  string // absolute
	Hash  Hash   // of its content
	Built Hash   // of the content that the archive was made from
}

// Checker checks the packages of one program over and over. It is used by one
// goroutine at a time.
type Checker struct {
	fset    *token.FileSet
	exports exports
	files   files
	checked map[string]*checked // of the last check, by import path
}

// maxBase bounds the positions that a file set hands out, hence the memory that
// it needs for the files of packages that were imported again and again: each
// takes 1<<16 of them, and some hundred bytes.
const maxBase = 1 << 34

// New returns a Checker that knows nothing yet.
func New() *Checker {
	c := &Checker{}
	c.forget("")
	return c
}

// forget gives back everything that the Checker holds; what follows is for arch.
func (c *Checker) forget(arch string) {
	c.fset = token.NewFileSet()
	c.exports = exports{arch: arch, fset: c.fset, imports: map[string]*types.Package{}, read: map[string]*Package{}}
	c.files = files{fset: c.fset, known: map[string]*file{}}
	c.checked = nil
}

// Check checks the packages of p whose files are not those that their archives
// were made from, and those affected. It calls tell for each that has errors,
// once these are known, with what the compiler would print, where all paths are
// absolute. It returns when all is checked, or soon after ctx has ended; after
// that nothing is told.
func (c *Checker) Check(ctx context.Context, p *Program, tell func(pkg, output string)) {
	c.prepare(p)
	r := newRun(ctx, c, p, tell)
	r.all()
	c.checked = r.checked
	c.files.trim()
}

// Warm gets ready for the first check of p: it reads the export data and the
// files that one may need. It returns early when ctx ends.
func (c *Checker) Warm(ctx context.Context, p *Program) {
	c.prepare(p)
	for _, own := range p.Own {
		for _, f := range own.Files {
			if ctx.Err() != nil {
				return
			}
			c.files.parse(p, f)
		}
		_, _ = c.exports.load(p, own.Path) // a check will find out as well
	}
	c.files.trim()
}

// prepare drops what does not belong to p any more.
func (c *Checker) prepare(p *Program) {
	if c.fset.Base() > maxBase || !c.exports.update(p) {
		c.forget(p.Arch)
	}
	c.files.keep(p)
}
