package graph

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Load finds the app's file set. A graph comes out beside most errors, so that
// what mends them is noticed:
//
//   - *SeveralMainsError and *NoMainError: the graph has no main package, and
//     every package of the module counts.
//   - *ListError, or an error that the go command cannot be run: the graph
//     holds the root directory and the module files.
//
// The graph is nil when ctx ended, when the root is no directory, and when a
// glob is malformed. Errors of single packages fail nothing: see Graph.Errors.
func Load(ctx context.Context, o Options) (*Graph, error) {
	g, err := newGraph(o)
	if err != nil {
		return nil, err
	}
	walked := make(chan *walker, 1)
	go func() { walked <- g.walkTrees() }() // received from below, on every path
	loadErr := g.load(ctx, o)
	w := <-walked
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	g.addAliases(w.aliases)
	g.collectDirs(w.found)
	return g, loadErr
}

// addAliases takes in the links by which the app reaches files; a target that
// is in the build under its own name keeps that.
func (g *Graph) addAliases(links map[string]string) {
	for target, link := range links {
		if _, built := g.inputs[target]; !built {
			g.aliases[target] = link
		}
	}
}

// newGraph returns a graph that knows what o says, and nothing of packages.
func newGraph(o Options) (*Graph, error) {
	root := Canonical(o.Root)
	if !isDir(root) {
		return nil, fmt.Errorf("%s is not a directory that hotdev can work in", o.Root)
	}
	globs, err := newGlobs(root, o)
	if err != nil {
		return nil, err
	}
	g := &Graph{
		root: root, appDir: root, goDir: root, globs: globs,
		matcher:  newConstraints(goEnv{}, o),
		importer: map[string]string{},
		byDir:    map[string]*member{},
		inputs:   map[string]input{},
		controls: map[string]control{},
		missing:  map[string]string{},
		envFiles: map[string]bool{},
		aliases:  map[string]string{},
		dirs:     map[string]bool{},
	}
	if o.Dir != "" {
		g.appDir = Canonical(g.abs(o.Dir))
	}
	named := func(path string) string {
		name := canonicalName(g.abs(path))
		if target := Canonical(name); target != name {
			g.aliases[target] = name
		}
		return name
	}
	if o.ConfigFile != "" {
		g.config = named(o.ConfigFile)
	}
	for _, file := range o.EnvFiles {
		g.envFiles[named(file)] = true
	}
	return g, nil
}

// load runs the go command and takes in what it says.
func (g *Graph) load(ctx context.Context, o Options) error {
	t := tool{dir: g.root, env: o.Env}
	env, err := t.environ(ctx)
	if err == nil && isDirPath(o.Package) {
		t, env, err = nestedTool(ctx, t, env, Canonical(g.abs(o.Package)))
	}
	g.goDir = t.dir
	if err != nil {
		g.controls[filepath.Join(t.dir, "go.mod")] = readControl(filepath.Join(t.dir, "go.mod"), time.Now())
		return g.failed(err, nil)
	}
	g.env = env
	g.matcher = newConstraints(env, o)
	start := time.Now()
	files := readModules(env, t.dir, lastModFlag(env, o))
	g.modules = files.modules
	for _, path := range files.controls {
		g.controls[path] = readControl(path, start)
	}
	patterns := modulePatterns(g.modules)
	if o.Package != "" {
		pattern, reason := packagePattern(g.root, o.Package)
		if reason != "" {
			return &NoMainError{Package: o.Package, Dir: g.root, Reason: reason}
		}
		patterns = []string{pattern}
	}
	packages, err := t.list(ctx, append([]string{"-deps"}, buildFlags(o)...), patterns)
	if err != nil {
		return g.failed(err, files.errs)
	}
	g.listed = true
	packages = relevant(packages)
	main, mainErr := g.findMain(packages)
	if o.Package != "" {
		main, mainErr = g.givenMain(o.Package, packages)
	}
	if main != nil {
		packages = g.needed(main, packages)
	}
	g.errs = packageErrors(t.dir, packages)
	for _, p := range packages {
		g.add(p)
	}
	links := map[string]string{}
	g.headers = recordHeaders(g.packages, start, links)
	g.addAliases(links)
	switch {
	case main != nil && g.byDir[main.Dir] != nil:
		g.main = g.byDir[main.Dir].Package
		g.main.MainFile = mainFile(g.main)
	case main != nil:
		return &NoMainError{Package: o.Package, Dir: g.root, Reason: "it lies in " + main.Dir + ", outside the modules that are developed here"}
	case isDirPath(o.Package):
		g.missing[patterns[0]] = o.Package
	}
	return mainErr
}

// failed keeps what err says as the graph's errors and returns it. An error
// without a position gives way to those that were found in the module files.
func (g *Graph) failed(err error, found []Error) error {
	var list *ListError
	if !errors.As(err, &list) {
		g.errs = []Error{{Msg: err.Error()}}
		return err
	}
	if found != nil && list.Errors[0].File == "" {
		list.Errors = found
	}
	g.errs = list.Errors
	return err
}

// nestedTool returns the tool for the module of dir, when that is another one
// than that of t and no workspace joins them: then the go command must run
// there.
func nestedTool(ctx context.Context, t tool, env goEnv, dir string) (tool, goEnv, error) {
	if env.GOWORK != "" && env.GOWORK != "off" || !isDir(dir) {
		return t, env, nil
	}
	nested := tool{dir: dir, env: t.env}
	nestedEnv, err := nested.environ(ctx)
	if err != nil || nestedEnv.GOMOD == "" || nestedEnv.GOMOD == env.GOMOD {
		return t, env, nil // the go command says what is wrong
	}
	nested.dir = Canonical(filepath.Dir(nestedEnv.GOMOD))
	return nested, nestedEnv, nil
}

// lastModFlag returns the value of -modfile in force, or "".
func lastModFlag(env goEnv, o Options) string {
	values := flagValues(append(strings.Fields(env.GOFLAGS), o.Flags...), "modfile", false)
	if values == nil {
		return ""
	}
	return values[len(values)-1]
}

// needed returns those packages that main is built from, dependencies first,
// and fills g.importer.
func (g *Graph) needed(main *listPackage, packages []*listPackage) []*listPackage {
	byPath := make(map[string]*listPackage, len(packages))
	for _, p := range packages {
		byPath[p.ImportPath] = p
	}
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
	_, vendored := elementIn(p.Dir, m.dir, "vendor")
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
	g.byDir[p.Dir] = &member{Package: pkg, own: !vendored}
	if !vendored {
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
