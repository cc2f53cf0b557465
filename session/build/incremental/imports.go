package incremental

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// importsNow returns what p depends on by the imports in its files now.
func (c *capture) importsNow(p *pkg, now *sources) []string {
	deps := slices.Clone(p.Extra)
	for _, path := range p.Compile.Files {
		deps = append(deps, now.Dirs[p.Dir][path].Header.Imports...)
	}
	slices.Sort(deps)
	return slices.DeleteFunc(slices.Compact(deps), func(path string) bool { return path == "unsafe" })
}

// checkImports says why the go command has to look at the imports that p has
// now; "" when it is sure what it would say: packages that are known, may be
// imported by p, and do not import it.
func (c *capture) checkImports(p *pkg, deps []string, depsOf func(*pkg) []string) string {
	if p.Mapped || !p.Main {
		return fmt.Sprintf("the imports of package %s changed, which is vendored or in another module", p.Path)
	}
	for _, dep := range deps {
		q := c.Pkgs[dep]
		switch {
		case slices.Contains(p.Deps, dep):
		case q == nil:
			return fmt.Sprintf("package %s imports %q now, which is new to the program", p.Path, dep)
		case q == c.main || dep == "C" || dep == "embed" || !visible(dep, p.Path):
			return fmt.Sprintf("package %s imports %q now, which is a special case", p.Path, dep)
		case c.reachable(dep, depsOf)[p.Path]:
			return fmt.Sprintf("package %s imports %q now, which imports it", p.Path, dep)
		}
	}
	return ""
}

// reachable returns the known packages that from depends on, and from itself, by
// what depsOf says of each.
func (c *capture) reachable(from string, depsOf func(*pkg) []string) map[string]bool {
	seen := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		q := c.Pkgs[path]
		if q == nil || seen[path] {
			return
		}
		seen[path] = true
		for _, dep := range depsOf(q) {
			visit(dep)
		}
	}
	visit(from)
	return seen
}

// checkLinked says why the go command has to be asked how these packages are
// linked; "" when it is sure what it would say. Standard packages may come and go:
// of all others the program names the modules, and its own it compiles.
func (c *capture) checkLinked(packages []string) string {
	for _, path := range c.Link.Packages {
		if _, found := slices.BinarySearch(packages, path); !found && !(c.Link.Implied && c.Pkgs[path].Std) {
			return fmt.Sprintf("nothing imports package %s any more", path)
		}
	}
	for _, path := range packages {
		if _, found := slices.BinarySearch(c.Link.Packages, path); !found && !(c.Link.Implied && c.Pkgs[path].Std) {
			return fmt.Sprintf("package %s is new to the program", path)
		}
	}
	return ""
}

// meet asks the go command about packages of the standard library that sources
// import and that are not known. What it does not find out, plan will miss.
func (b *Builder) meet(ctx context.Context, c *capture, now *sources) {
	if !c.Link.Implied {
		return
	}
	unknown := map[string]bool{}
	for _, p := range c.own {
		for _, path := range p.Compile.Files {
			for _, dep := range now.Dirs[p.Dir][path].Header.Imports {
				first, _, _ := strings.Cut(dep, "/")
				if c.Pkgs[dep] == nil && !strings.Contains(first, ".") && !slices.Contains(peculiar, dep) {
					unknown[dep] = true
				}
			}
		}
	}
	if len(unknown) == 0 {
		return
	}
	run := b.options.Run
	if b.ahead {
		run = b.options.Background
	}
	list, err := b.listPackages(ctx, run, c.Config, []string{"-export"}, slices.Sorted(maps.Keys(unknown))...)
	if err != nil {
		return
	}
	met := map[string]*pkg{}
	for _, l := range list {
		p := c.Pkgs[l.ImportPath]
		switch {
		case l.ImportPath == "unsafe":
		case p != nil && (p.Dir != "" || p.Archive == l.Export):
		case p != nil, !l.Standard, l.Export == "", len(l.CgoFiles) > 0, slices.Contains(peculiar, l.ImportPath):
			return
		default:
			met[l.ImportPath] = &pkg{Path: l.ImportPath, Std: true, Deps: slices.DeleteFunc(l.Imports, func(dep string) bool { return dep == "unsafe" })}
			met[l.ImportPath].takeArchive(l)
		}
	}
	maps.Copy(c.Pkgs, met)
}

// peculiar are packages whose presence changes more than what is linked.
var peculiar = []string{"C", "embed", "plugin", "unsafe"}

// visible reports whether the rule for internal packages lets importer import
// path (go help packages).
func visible(path, importer string) bool {
	at := strings.LastIndex("/"+path+"/", "/internal/")
	if at < 0 {
		return !strings.HasPrefix(path, "vendor/")
	}
	return at > 0 && hasPathPrefix(importer, path[:at-1])
}
