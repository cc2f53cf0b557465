package typecheck

import (
	"context"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strconv"
)

// run is one check.
type run struct {
	ctx      context.Context
	c        *Checker
	p        *Program
	tell     func(pkg, output string)
	affected map[string]bool     // by import path, once found out
	checked  map[string]*checked // by import path
}

// checked is a package that was checked from its sources.
type checked struct {
	pkg    *types.Package // nil: it has errors, or cannot be checked
	output string         // its own errors
	// What pkg was made of, to know it again.
	version string
	files   []Hash
	imports map[string]*types.Package
}

func newRun(ctx context.Context, c *Checker, p *Program, tell func(pkg, output string)) *run {
	return &run{ctx: ctx, c: c, p: p, tell: tell, affected: map[string]bool{}, checked: map[string]*checked{}}
}

// all checks the packages that changed, and then those that import them.
func (r *run) all() {
	var importers []*Package
	for _, own := range r.p.Own {
		changed := own.Imports || slices.ContainsFunc(own.Files, func(f File) bool { return f.Hash != f.Built })
		switch {
		case changed:
			r.check(own)
		case slices.ContainsFunc(own.Deps, r.differs):
			importers = append(importers, own)
		}
	}
	for _, own := range importers {
		r.check(own)
	}
}

// differs reports whether importers may see the package with a path in another
// way than its archive describes it, for a change of its own.
func (r *run) differs(path string) bool {
	own := r.p.Packages[path]
	if own == nil || !own.own() {
		return false
	}
	return slices.ContainsFunc(own.Files, func(f File) bool {
		if f.Hash == f.Built {
			return false
		}
		k, err := r.c.files.parse(r.p, f)
		return err != nil || k.affects(f)
	})
}

// affects reports whether importers may see the package with a path in another
// way than its archive describes it, for changes anywhere.
func (r *run) affects(path string) bool {
	affects, known := r.affected[path]
	if known {
		return affects
	}
	r.affected[path] = false
	own := r.p.Packages[path]
	affects = own != nil && own.own() && (r.differs(path) || slices.ContainsFunc(own.Deps, r.affects))
	r.affected[path] = affects
	return affects
}

// check checks a package, unless that is done, and tells of its errors.
func (r *run) check(own *Package) *checked {
	if c := r.checked[own.Path]; c != nil {
		return c
	}
	c := &checked{}
	r.checked[own.Path] = c // imports make no cycle, but if they did, that would be another's to tell
	if own.Opaque || r.ctx.Err() != nil {
		return c
	}
	trees, syntax, err := r.parse(own)
	switch {
	case err != nil:
		return c
	case syntax != "":
		c.output = syntax
	case !r.imports(own, trees, c):
		return c
	default:
		r.types(own, trees, c)
	}
	if c.output != "" && r.ctx.Err() == nil {
		r.tell(own.Path, c.output)
	}
	return c
}

// parse returns the syntax trees of a package, or what the compiler says when
// there is none.
func (r *run) parse(own *Package) (trees []*ast.File, syntax string, err error) {
	for _, f := range own.Files {
		k, err := r.c.files.parse(r.p, f)
		if err != nil {
			return nil, "", err
		}
		if k.err != nil {
			syntax += syntaxError(f.Path, k.err)
		}
		trees = append(trees, k.tree)
	}
	return trees, syntax, nil
}

// imports finds everything that a package imports; false if something cannot be
// had, and then the compiler does not compile the package either, or knows more.
func (r *run) imports(own *Package, trees []*ast.File, c *checked) bool {
	c.version, c.imports = own.GoVersion, map[string]*types.Package{}
	for _, tree := range trees {
		for _, spec := range tree.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return false
			}
			pkg, err := r.find(path)
			if err != nil || pkg == nil {
				return false
			}
			c.imports[path] = pkg
		}
	}
	for _, f := range own.Files {
		c.files = append(c.files, f.Hash)
	}
	return true
}

// find returns the package that an import path stands for now; nil if there is
// none.
func (r *run) find(path string) (*types.Package, error) {
	if r.affects(path) {
		return r.check(r.p.Packages[path]).pkg, nil
	}
	return r.c.exports.load(r.p, path)
}

// types checks the types of a package, unless the last check did with all the
// same.
func (r *run) types(own *Package, trees []*ast.File, c *checked) {
	last := r.c.checked[own.Path]
	if last != nil && last.version == c.version && slices.Equal(last.files, c.files) && maps.Equal(last.imports, c.imports) {
		*c = *last
		return
	}
	m := messages{fset: r.c.fset, version: own.GoVersion, trees: trees, seen: map[string]bool{}}
	config := types.Config{
		GoVersion: own.GoVersion,
		Importer:  importer(c.imports),
		Sizes:     types.SizesFor("gc", r.p.Arch),
		Error:     m.add,
	}
	info := &types.Info{FileVersions: map[*ast.File]string{}}
	m.versions = info.FileVersions
	pkg, err := config.Check(own.Path, r.c.fset, trees, info)
	if err == nil {
		c.pkg = pkg
	}
	c.output = m.text.String()
}

// importer has all that a package imports.
type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) { return i[path], nil }
