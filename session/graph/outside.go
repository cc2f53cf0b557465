package graph

import (
	"fmt"
	"path/filepath"
	"strings"
)

// outsideGo says why a Go file is not part of the app.
func (g *Graph) outsideGo(p string) string {
	dir := filepath.Dir(p)
	if m := g.byDir[dir]; m != nil {
		if why, excluded := g.matcher.excludes(p); excluded {
			return fmt.Sprintf("package %s is built without it: %s", m.ImportPath, why)
		}
	}
	if reason, ok := g.foreign(p); ok {
		return reason
	}
	m, ok := g.moduleOf(p)
	if !ok {
		return "it lies outside the modules that the app is built from"
	}
	if other := nestedModule(dir, m.dir); other != "" {
		return fmt.Sprintf("it belongs to the module in %s, which the app does not use", other)
	}
	if why, skipped := g.skipped(p); skipped {
		return why
	}
	importPath := m.path
	if rel := relSlash(m.dir, dir); rel != "." {
		importPath += "/" + rel
	}
	if len(g.errs) > 0 {
		return fmt.Sprintf("the app does not import package %s, as far as can be told while the build has errors", importPath)
	}
	return fmt.Sprintf("the app does not import package %s", importPath)
}

// outsideOther says why a file that is not Go is not part of the app.
func (g *Graph) outsideOther(p string) string {
	if reason, ok := g.foreign(p); ok {
		return reason
	}
	if g.top(p) == "" {
		return "it lies outside the app's directories, and no package in the build reads it"
	}
	return "no package in the build compiles or embeds it, and no [watch] glob matches it"
}

// foreign says whose p is when it is not the developer's own.
func (g *Graph) foreign(p string) (reason string, ok bool) {
	switch {
	case g.inCache(p):
		return "it lies in the module cache, whose files never change", true
	case g.env.GOROOT != "" && within(p, g.env.GOROOT):
		return "it belongs to the Go installation", true
	}
	if m, ok := g.moduleOf(p); ok {
		if vendored(p, m.dir) {
			return "it lies in a vendor directory, and the app does not import its package", true
		}
	}
	return "", false
}

// inCache reports whether p lies in the module cache.
func (g *Graph) inCache(p string) bool {
	return g.env.GOMODCACHE != "" && within(p, g.env.GOMODCACHE)
}

// skipped says which directory above p keeps it out of every package pattern
// of its module (go help packages).
func (g *Graph) skipped(p string) (reason string, ok bool) {
	top := g.top(p)
	for dir := range parents(filepath.Dir(p)) {
		if dir == top {
			break
		}
		name := filepath.Base(dir)
		if name == "testdata" || name == "vendor" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			return fmt.Sprintf("the app does not import it, and the go command skips directories such as %s", name), true
		}
	}
	return "", false
}

// nestedModule returns the directory at or above dir, below top, that has a
// go.mod of its own; "" for none.
func nestedModule(dir, top string) string {
	for dir := range parents(dir) {
		if dir == top {
			break
		}
		if exists(filepath.Join(dir, "go.mod")) {
			return dir
		}
	}
	return ""
}
