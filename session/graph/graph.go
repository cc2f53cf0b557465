package graph

import (
	"path/filepath"
	"slices"
)

// Options says what to load. Relative paths are relative to Root.
type Options struct {
	// Root is the directory that hotdev works in; the go command runs there.
	Root string
	// Package is the main package: a directory that begins with . or is
	// absolute, or an import path. "" finds it: the only main package in Root
	// itself, else the only one below Root, else the only one in the module or
	// workspace. A refresh gives Main().Dir: a second main package that
	// appears meanwhile then does not make the choice ambiguous, and the go
	// command need not look at the whole module.
	Package string
	// Dir is the app's working directory; "" is Root.
	Dir string
	// Flags are go build flags, such as -race or -mod=mod.
	Flags []string
	// Tags are build tags, as -tags takes them; they win over Flags and GOFLAGS.
	Tags []string
	// Env is the environment of the go command, KEY=value; nil is this
	// process's own.
	Env []string

	// Restart, Reload and Ignore are the [watch] globs: doublestar patterns
	// with slashes, relative to Root.
	Restart, Reload, Ignore []string
	EnvFiles                []string
	ConfigFile              string
}

// Package is a package that the app is built from. File names are relative to
// Dir, as the go command gives them.
type Package struct {
	ImportPath string
	Name       string // "" when no file has a readable package clause
	Dir        string // canonical
	MainFile   string // of a main package: absolute path of the file with func main, or of the first file

	GoFiles        []string // built, without cgo
	CgoFiles       []string // built, import "C"
	OtherFiles     []string // C, C++, Objective-C, Fortran, SWIG, assembly, headers, .syso
	EmbedPatterns  []string // as written, //go:embed
	EmbedFiles     []string // what the patterns match
	TestGoFiles    []string // _test.go files of both kinds
	IgnoredGoFiles []string // excluded by constraints or names
}

// Graph is the file set of one app as it was at Load. It is immutable: its
// methods may be called from any goroutine, and a refresh makes a new Graph.
// Some queries read the file in question, none writes or starts anything.
type Graph struct {
	root    string // canonical
	appDir  string // canonical
	goDir   string // where the go command ran
	config  string // "" for none
	globs   globs
	env     goEnv
	matcher constraints

	main     Package            // zero while none is known
	packages []Package          // own ones in the build; all own ones while main is not known
	importer map[string]string  // import path → one package that imports it, for reasons
	imports  []*listPackage     // all packages in the build but the standard library's, dependencies first
	byDir    map[string]*member // packages in the build by directory, vendored ones too
	inputs   map[string]input   // files that the build read
	headers  map[string]header  // of the own Go files, excluded ones too
	controls map[string]control // go.mod and its like, absent ones too
	modules  []module           // own: main modules and local replacements
	missing  map[string]string  // directory → import path of a package that would be there
	envFiles map[string]bool
	aliases  map[string]string // target of a symbolic link → the link
	dirs     map[string]bool   // to watch
	errs     []Error
	listed   bool // go list said which packages there are
}

// member is a package in the build.
type member struct {
	Package
	own bool // false: vendored
}

// input is a file that the build reads.
type input struct {
	kind string // such as "Go file", "embedded file"
	pkg  string // import path
}

// Main returns the app's main package. It is zero when Load found none.
func (g *Graph) Main() Package { return g.main }

// Packages returns the app's own packages that are in the build, dependencies
// first: those of the main module or workspace and of replacement directories.
// While no main package is known it returns all that go list named.
func (g *Graph) Packages() []Package { return slices.Clone(g.packages) }

// GoDir returns the directory that the go command must run in to build
// Main().ImportPath. It is the root, unless the package was given by its
// directory and lies in a module of its own below or beside the root's.
func (g *Graph) GoDir() string { return g.goDir }

// Errors returns what go list found wrong. The graph is then partial: a
// package behind an import that could not be followed counts as outside.
func (g *Graph) Errors() []Error { return slices.Clone(g.errs) }

// Contains reports whether file is a Go or cgo source of one of the app's own
// packages, so that a line of a stack trace in it is the developer's.
func (g *Graph) Contains(file string) bool {
	_, ok := g.Source(file)
	return ok
}

// Source returns the name by which the build knows such a source, for any
// spelling of it.
func (g *Graph) Source(file string) (path string, ok bool) {
	p := g.locate(file)
	in, ok := g.inputs[p]
	if !ok || in.kind != kindGo && in.kind != kindCgo {
		return "", false
	}
	m := g.byDir[filepath.Dir(p)]
	return p, m != nil && m.own
}
