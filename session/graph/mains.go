package graph

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ListMains returns the import paths of the main packages of the module or
// workspace that dir belongs to, sorted. Packages in testdata, vendor and
// nested modules are not among them.
func ListMains(ctx context.Context, dir string) ([]string, error) {
	dir = Canonical(dir)
	t := tool{dir: dir}
	env, err := t.environ(ctx)
	if err != nil {
		return nil, err
	}
	packages, err := t.list(ctx, []string{"-find"}, modulePatterns(readModules(env, dir, "").modules))
	if err != nil {
		return nil, err
	}
	return mainPaths(packages), nil
}

// modulePatterns returns the go list patterns for all packages of the main
// modules. By import path go list matches them twice as fast as by directory,
// but with packages of other modules whose paths begin alike: see developed.
func modulePatterns(modules []module) []string {
	var patterns []string
	for _, m := range modules {
		switch {
		case m.main && m.path != "":
			patterns = append(patterns, m.path+"/...")
		case m.main:
			patterns = append(patterns, filepath.Join(m.dir, "..."))
		}
	}
	if patterns == nil {
		return []string{"./..."} // the go command says what is missing
	}
	return patterns
}

// packagePattern returns the go list pattern for the package that was asked
// for: a directory is made absolute.
func packagePattern(root, pkg string) (pattern string, reason string) {
	switch {
	case strings.Contains(pkg, "..."):
		return "", "it is a pattern; name one package"
	case strings.HasSuffix(pkg, ".go"):
		return "", "it is a file; name its directory"
	case isDirPath(pkg):
		return Canonical(resolve(root, pkg)), ""
	default:
		return pkg, ""
	}
}

// isDirPath reports whether the go command takes pkg for a directory.
func isDirPath(pkg string) bool {
	return pkg == "." || pkg == ".." || strings.HasPrefix(filepath.ToSlash(pkg), "./") ||
		strings.HasPrefix(filepath.ToSlash(pkg), "../") || filepath.IsAbs(pkg)
}

// developed reports whether p is a package of a main module that the patterns
// were meant for.
func (p *listPackage) developed() bool {
	return !p.DepOnly && p.Dir != "" && p.Module != nil && p.Module.Main
}

// mayBeMain reports whether p is a main package, or has a package clause that
// cannot be read now.
func (p *listPackage) mayBeMain() bool {
	return p.Name == "main" || p.Name == "" && len(p.GoFiles) > 0
}

// rootIsMain reports whether a Go file in the root says package main, so that
// go list need not look at every package of the module to find it.
func (g *Graph) rootIsMain() bool {
	if _, ok := g.moduleOf(g.root); !ok {
		return false
	}
	entries, _ := os.ReadDir(g.root) // the go command reports an error
	for _, entry := range entries {
		name := filepath.Join(g.root, entry.Name())
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err != nil || f.Name.Name != "main" {
			continue
		}
		if _, excluded := g.matcher.excludes(name); !excluded {
			return true
		}
	}
	return false
}

// givenMain checks that the package that was asked for can be the app. One
// whose package clause cannot be read now is let through.
func (g *Graph) givenMain(pkg string, packages []*listPackage) (*listPackage, error) {
	i := slices.IndexFunc(packages, func(p *listPackage) bool { return !p.DepOnly })
	fail := &NoMainError{Package: pkg, Dir: g.root}
	switch {
	case i < 0:
		fail.Reason = "there is no such package outside the standard library"
	case packages[i].mayBeMain():
		return packages[i], nil
	case packages[i].Name != "":
		fail.Reason = fmt.Sprintf("package %s is a library", packages[i].Name)
	case packages[i].Error != nil:
		fail.Reason = packages[i].Error.Err
	default:
		fail.Reason = "it has no Go files"
	}
	if !isDirPath(pkg) && isDir(filepath.Join(g.root, pkg)) {
		fail.Reason += fmt.Sprintf("; for the directory, write ./%s", filepath.ToSlash(pkg))
	}
	return nil, fail
}

// findMain chooses the main package as Options.Package documents. inRoot says
// that there is one in the root, whatever go list makes of its files now.
func (g *Graph) findMain(packages []*listPackage, inRoot bool) (*listPackage, error) {
	var mains, below, unnamed []*listPackage
	listed := 0
	for _, p := range packages {
		if !p.developed() {
			continue
		}
		listed++
		switch {
		case p.Dir == g.root && (inRoot || p.mayBeMain()):
			return p, nil
		case !p.mayBeMain():
		case p.Name == "":
			unnamed = append(unnamed, p)
		default:
			mains = append(mains, p)
			if within(p.Dir, g.root) {
				below = append(below, p)
			}
		}
	}
	for _, choice := range [][]*listPackage{below, mains, unnamed} {
		if len(choice) == 1 {
			return choice[0], nil
		}
		if len(choice) > 1 {
			return nil, &SeveralMainsError{Packages: mainPaths(choice)}
		}
	}
	if len(g.modules) == 0 {
		return nil, &NoMainError{Dir: g.root, Reason: "there is no go.mod in it or above it; make one with `go mod init`, or name the package's directory when its module lies deeper"}
	}
	if listed == 0 {
		return nil, &NoMainError{Dir: g.root, Reason: "it holds no Go packages"}
	}
	return nil, &NoMainError{Dir: g.root, Reason: fmt.Sprintf("none of the %d packages is called main", listed)}
}

// mainPaths returns the sorted import paths of those packages that can be
// commands.
func mainPaths(packages []*listPackage) []string {
	var paths []string
	for _, p := range packages {
		if p.developed() && p.mayBeMain() {
			paths = append(paths, p.ImportPath)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// mainFile returns the file of p that declares func main; else the first one;
// "" for a package without files.
func mainFile(p Package) string {
	names := append(slices.Clone(p.GoFiles), p.CgoFiles...)
	for _, name := range names {
		f, _ := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if f == nil {
			continue
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "main" {
				return filepath.Join(p.Dir, name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return filepath.Join(p.Dir, names[0])
}
