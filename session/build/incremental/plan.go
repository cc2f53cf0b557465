package incremental

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// plan is what is to be built: the sources as they are now, the dependencies of
// the packages whose imports changed, and the packages that are linked.
type plan struct {
	sources *sources
	deps    map[*pkg][]string
	linked  []string // import paths, sorted
}

func (p *plan) depsOf(q *pkg) []string {
	if deps, ok := p.deps[q]; ok {
		return deps
	}
	return q.Deps
}

// plan compares the sources now with those that the archives were made from. It
// returns a reason when the go command has to be asked what to build.
func (c *capture) plan(now *sources) (p *plan, reason string) {
	for _, path := range c.Controls {
		if now.Controls[path] != c.Sources.Controls[path] {
			return nil, fmt.Sprintf("%s changed", c.name(path))
		}
	}
	p = &plan{sources: now, deps: map[*pkg][]string{}, linked: c.Link.Packages}
	for _, q := range c.own {
		imports, reason := c.compare(q, now)
		if reason != "" {
			return nil, reason
		}
		if imports {
			p.deps[q] = c.importsNow(q, now)
		}
	}
	if len(p.deps) == 0 {
		return p, ""
	}
	for q, deps := range p.deps {
		if reason := c.checkImports(q, deps, p.depsOf); reason != "" {
			return nil, reason
		}
	}
	p.linked = slices.Sorted(maps.Keys(c.reachable(c.main.Path, p.depsOf)))
	if reason := c.checkLinked(p.linked); reason != "" {
		return nil, reason
	}
	return p, ""
}

// compare compares the files of a package. It reports whether only the imports
// in them and their code are others, or gives the reason why that is not all.
func (c *capture) compare(p *pkg, now *sources) (imports bool, reason string) {
	before, files := c.Sources.Dirs[p.Dir], now.Dirs[p.Dir]
	for _, path := range slices.Sorted(maps.Keys(files)) {
		f := files[path]
		old, known := before[path]
		switch {
		case !known:
			return false, fmt.Sprintf("%s is new", c.name(path))
		case f.Hash == old.Hash:
		case p.Why != "":
			return false, fmt.Sprintf("%s changed, in a package that cannot be compiled alone: %s", c.name(path), p.Why)
		case filepath.Ext(path) != ".go":
			return false, fmt.Sprintf("%s changed", c.name(path))
		case f.Err != "" || old.Err != "":
			return false, fmt.Sprintf("the imports of %s cannot be read", c.name(path))
		case f.Header.Rules != old.Header.Rules:
			return false, fmt.Sprintf("the package clause, a build constraint or a //go: directive in %s changed", c.name(path))
		case slices.Contains(p.Compile.Files, path) && !slices.Equal(f.Header.Imports, old.Header.Imports):
			imports = true
		}
	}
	for path := range before {
		if _, ok := files[path]; !ok {
			return false, fmt.Sprintf("%s is gone", c.name(path))
		}
	}
	if p.Embed != nil && now.Trees[p.Path] != c.Sources.Trees[p.Path] {
		return false, fmt.Sprintf("a file that package %s may embed is new or gone", p.Path)
	}
	if p.Embed != nil && p.Why != "" {
		for _, path := range p.Embed.Files {
			if now.Embedded[path] != c.Sources.Embedded[path] {
				return false, fmt.Sprintf("%s changed, in a package that cannot be compiled alone: %s", c.name(path), p.Why)
			}
		}
	}
	return imports, ""
}

// name returns a path for people.
func (c *capture) name(path string) string {
	if rel, err := filepath.Rel(c.Config.Dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// unchanged reports whether the files that p is compiled from are still those
// of s.
func (p *pkg) unchanged(s *sources) bool {
	for _, path := range p.Compile.Files {
		if s.overlay.hash(path) != s.Dirs[p.Dir][path].Hash {
			return false
		}
	}
	if p.Embed == nil {
		return true
	}
	return !slices.ContainsFunc(p.Embed.Files, func(path string) bool { return s.overlay.hash(path) != s.Embedded[path] })
}
