package graph

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Reimported returns the graph that Load would make after changes of files, if
// that can be told without the go command: as long as they are Go files of own
// packages and only their imports have changed, to packages that the app has
// already or of the standard library, and all that the app had is still
// imported. Then the same files are in the build. ok is false where Load has to
// look, or to say what is wrong.
func (g *Graph) Reimported(files []string) (_ *Graph, ok bool) {
	if !g.listed || g.main.Dir == "" || len(g.errs) > 0 {
		return nil, false
	}
	r := *g
	r.headers = maps.Clone(g.headers)
	changed := map[string]bool{} // directories of packages
	for _, file := range files {
		p := g.locate(file)
		h, ok := g.reread(p)
		if !ok {
			return nil, false
		}
		r.headers[p] = h
		changed[filepath.Dir(p)] = true
	}
	byPath := byImportPath(g.imports)
	r.imports = slices.Clone(g.imports)
	for i, p := range r.imports {
		if !changed[p.Dir] {
			continue
		}
		imports, ok := r.importsOf(p)
		if !ok || slices.ContainsFunc(imports, func(path string) bool {
			return !slices.Contains(p.Imports, path) && !g.importable(path, byPath)
		}) {
			return nil, false
		}
		q := *p
		q.Imports = imports
		r.imports[i] = &q
	}
	return r.reordered()
}

// reread returns the header of an own Go file that is in the build, if it is
// one that it had, but for the imports.
func (g *Graph) reread(p string) (h header, ok bool) {
	old, own := g.headers[p]
	if !own || g.inputs[p].kind != kindGo {
		return header{}, false
	}
	src, err := os.ReadFile(p)
	if err != nil {
		return header{}, false
	}
	h = readHeader(src)
	return h, h.known && !h.differsElsewhere(old) && !slices.Contains(h.imports, "C")
}

// importsOf returns what the files of p import, sorted.
func (g *Graph) importsOf(p *listPackage) (imports []string, ok bool) {
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		h := g.headers[filepath.Join(p.Dir, name)]
		if !h.known {
			return nil, false
		}
		imports = append(imports, h.imports...)
	}
	slices.Sort(imports)
	return slices.Compact(imports), true
}

// importable reports whether any own package may import path: it is a package
// of the standard library, or one that the app has, in byPath.
func (g *Graph) importable(path string, byPath map[string]*listPackage) bool {
	for element := range strings.SplitSeq(path, "/") {
		if element == "internal" || element == "vendor" || strings.HasPrefix(element, ".") {
			return false
		}
	}
	if p := byPath[path]; p != nil {
		return p.Name != "main"
	}
	p, err := g.matcher.ctx.ImportDir(filepath.Join(g.env.GOROOT, "src", filepath.FromSlash(path)), 0)
	return err == nil && p.Name != "main" || path == "unsafe"
}

// reordered returns g with its packages in the order of their imports, if there
// are no cycles, and the app needs them all.
func (g Graph) reordered() (_ *Graph, ok bool) {
	byPath := byImportPath(g.imports)
	main := byPath[g.main.ImportPath]
	if main == nil {
		return nil, false
	}
	const under, done = 1, 2
	state := map[*listPackage]int{}
	var list []*listPackage
	var visit func(p *listPackage) bool
	visit = func(p *listPackage) bool {
		if state[p] != 0 {
			return state[p] == done // else there is a cycle
		}
		state[p] = under
		for _, path := range p.Imports {
			if q := byPath[path]; q != nil && !visit(q) {
				return false
			}
		}
		state[p] = done
		list = append(list, p)
		return true
	}
	if !visit(main) || len(list) < len(g.imports) {
		return nil, false
	}
	g.importer = map[string]string{}
	g.imports = g.needed(main, list)
	g.packages = nil
	for _, p := range g.imports {
		if m := g.byDir[p.Dir]; m != nil && m.own {
			g.packages = append(g.packages, m.Package)
		}
	}
	return &g, true
}
