package graph

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// needed returns those packages that main is built from, dependencies first,
// and fills g.importer.
func (g *Graph) needed(main *listPackage, packages []*listPackage) []*listPackage {
	byPath := byImportPath(packages)
	queue := []*listPackage{main}
	reached := map[*listPackage]bool{main: true}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for _, path := range p.Imports {
			if q := byPath[path]; q != nil && !reached[q] {
				reached[q] = true
				g.importer[path] = p.ImportPath
				queue = append(queue, q)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(packages), func(p *listPackage) bool { return !reached[p] })
}

func byImportPath(packages []*listPackage) map[string]*listPackage {
	byPath := make(map[string]*listPackage, len(packages))
	for _, p := range packages {
		byPath[p.ImportPath] = p
	}
	return byPath
}

// relevant returns packages without the standard library, with canonical
// directories.
func relevant(packages []*listPackage) []*listPackage {
	dirs := resolver{}
	packages = slices.DeleteFunc(packages, func(p *listPackage) bool { return p.Standard })
	for _, p := range packages {
		if p.Dir != "" {
			p.Dir = dirs.canonical(p.Dir)
		}
	}
	return packages
}

// resolver resolves symbolic links in directory names, each directory once.
type resolver map[string]string

func (r resolver) canonical(dir string) string {
	if real, ok := r[dir]; ok {
		return real
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return dir
	}
	real := filepath.Join(r.canonical(parent), filepath.Base(dir))
	if info, err := os.Lstat(real); err == nil && info.Mode()&os.ModeSymlink != 0 {
		real = Canonical(real)
	}
	r[dir] = real
	return real
}

// add takes a package into the graph: an own or vendored one with its files, a
// missing one with the place where it would be.
func (g *Graph) add(p *listPackage) {
	if p.Dir == "" || len(p.GoFiles)+len(p.CgoFiles) == 0 {
		dir := p.Dir
		if dir == "" {
			dir = g.dirOf(p.ImportPath)
		}
		if dir != "" && p.Error != nil {
			g.missing[dir] = p.ImportPath
		}
		if p.Dir == "" {
			return
		}
	}
	m, inModule := g.moduleOf(p.Dir)
	if !inModule || g.inCache(p.Dir) {
		return
	}
	own := !vendored(p.Dir, m.dir)
	pkg := Package{
		ImportPath: p.ImportPath, Name: p.Name, Dir: p.Dir,
		GoFiles: p.GoFiles, CgoFiles: p.CgoFiles, OtherFiles: p.otherFiles(),
		EmbedPatterns: p.EmbedPatterns, EmbedFiles: p.EmbedFiles,
		TestGoFiles:    append(p.TestGoFiles, p.XTestGoFiles...),
		IgnoredGoFiles: p.IgnoredGoFiles,
	}
	for _, name := range p.InvalidGoFiles {
		if !slices.Contains(pkg.GoFiles, name) && !strings.HasSuffix(name, "_test.go") {
			pkg.GoFiles = append(pkg.GoFiles, name)
		}
	}
	g.byDir[p.Dir] = &member{Package: pkg, own: own}
	if own {
		g.packages = append(g.packages, pkg)
	}
	for _, list := range []struct {
		kind  string
		names []string
	}{{kindEmbed, pkg.EmbedFiles}, {kindOther, pkg.OtherFiles}, {kindCgo, pkg.CgoFiles}, {kindGo, pkg.GoFiles}} {
		for _, name := range list.names {
			g.inputs[filepath.Join(p.Dir, name)] = input{kind: list.kind, pkg: p.ImportPath}
		}
	}
}
