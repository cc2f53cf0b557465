package incremental

import (
	"fmt"
	"slices"
	"strings"
)

// importsNow returns what p depends on by the imports in its files now.
func (c *capture) importsNow(p *pkg, now *sources) []string {
	deps := slices.Clone(p.extra)
	for _, path := range p.compile.files {
		deps = append(deps, now.dirs[p.dir][path].header.imports...)
	}
	slices.Sort(deps)
	return slices.DeleteFunc(slices.Compact(deps), func(path string) bool { return path == "unsafe" })
}

// checkImports says why the go command has to look at the imports that p has
// now; "" when it is sure what it would say: packages that are in the program
// already, may be imported by p, and do not import it; and none is left over.
func (c *capture) checkImports(p *pkg, deps []string, all map[string][]string) string {
	if p.mapped || !p.main {
		return fmt.Sprintf("the imports of package %s changed, which is vendored or in another module", p.path)
	}
	for _, dep := range deps {
		q := c.pkgs[dep]
		switch {
		case slices.Contains(p.deps, dep):
		case q == nil:
			return fmt.Sprintf("package %s imports %q now, which is new to the program", p.path, dep)
		case q == c.main || dep == "C" || dep == "embed" || !visible(dep, p.path):
			return fmt.Sprintf("package %s imports %q now, which is a special case", p.path, dep)
		case reaches(all, dep, p.path):
			return fmt.Sprintf("package %s imports %q now, which imports it", p.path, dep)
		}
	}
	return ""
}

// leftOver returns a package that was in the program and is imported by none of
// its packages any more; "" if there is none.
func (c *capture) leftOver(all map[string][]string) string {
	imported := map[string]bool{c.main.path: true}
	for _, deps := range all {
		for _, dep := range deps {
			imported[dep] = true
		}
	}
	for _, path := range c.link.packages {
		if !imported[path] {
			return path
		}
	}
	return ""
}

// visible reports whether the rule for internal packages lets importer import
// path (go help packages).
func visible(path, importer string) bool {
	at := strings.LastIndex("/"+path+"/", "/internal/")
	if at < 0 {
		return !strings.HasPrefix(path, "vendor/")
	}
	return at > 0 && hasPathPrefix(importer, path[:at-1])
}

// reaches reports whether from is to or imports it, also through others.
func reaches(all map[string][]string, from, to string) bool {
	seen := map[string]bool{}
	var visit func(path string) bool
	visit = func(path string) bool {
		if seen[path] {
			return false
		}
		seen[path] = true
		return path == to || slices.ContainsFunc(all[path], visit)
	}
	return visit(from)
}
