package graph

import (
	"context"
	"errors"
	"fmt"
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
	go func() { walked <- g.walkTrees(ctx) }() // received from below, on every path
	loadErr := g.load(ctx, o)
	w := <-walked
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	g.addAliases(w.aliases)
	g.collectDirs(w.found)
	return g, loadErr
}

// addAliases takes in the links by which the app reaches files. A target that
// is in the build under its own name keeps that, as do a module's directories.
func (g *Graph) addAliases(links map[string]string) {
	for target, link := range links {
		_, built := g.inputs[target]
		module := slices.ContainsFunc(g.modules, func(m module) bool { return within(m.dir, target) || within(target, m.dir) })
		if !built && (!module || !isDir(target)) {
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
		mod := filepath.Join(t.dir, "go.mod")
		g.controls[mod] = readControl(mod)
		return g.failed(err, nil)
	}
	g.env = env
	g.matcher = newConstraints(env, o)
	files := readModules(env, t.dir, lastModFlag(env, o))
	g.modules = files.modules
	for _, path := range files.controls {
		g.controls[path] = readControl(path)
	}
	inRoot := o.Package == "" && g.rootIsMain()
	var patterns []string
	switch pattern, reason := packagePattern(g.root, o.Package); {
	case reason != "":
		return &NoMainError{Package: o.Package, Dir: g.root, Reason: reason}
	case o.Package != "":
		patterns = []string{pattern}
	case inRoot:
		patterns = []string{g.root}
	default:
		patterns = modulePatterns(g.modules)
	}
	start := time.Now()
	packages, err := t.list(ctx, append([]string{"-deps"}, buildFlags(o)...), patterns)
	if err != nil {
		return g.failed(err, files.errs)
	}
	g.listed = true
	packages = relevant(packages)
	var main *listPackage
	if o.Package != "" {
		main, err = g.givenMain(o.Package, packages)
	} else {
		main, err = g.findMain(packages, inRoot)
	}
	if main != nil {
		packages = g.needed(main, packages)
	} else if isDirPath(o.Package) {
		g.missing[patterns[0]] = o.Package
	}
	g.fill(packages, start)
	g.imports = packages
	if main == nil {
		return err
	}
	m := g.byDir[main.Dir]
	if m == nil {
		return &NoMainError{Package: o.Package, Dir: g.root, Reason: "it lies in " + main.Dir + ", outside the modules that are developed here"}
	}
	g.main = m.Package
	g.main.MainFile = mainFile(g.main)
	return nil
}

// fill takes in packages, as go list, which began at start, described them.
func (g *Graph) fill(packages []*listPackage, start time.Time) {
	g.errs = packageErrors(g.goDir, packages)
	for _, p := range packages {
		g.add(p)
	}
	links := map[string]string{}
	g.headers = recordHeaders(g.packages, start, links)
	g.addAliases(links)
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
