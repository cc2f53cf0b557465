package graph

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Class is what a change of a file calls for.
type Class string

// The classes.
const (
	Rebuild Class = "rebuild" // build, and start the new binary
	Restart Class = "restart" // start the same binary again
	Reload  Class = "reload"  // the app goes on; browsers load the page again
	Config  Class = "config"  // hotdev.toml: read the settings again
	Test    Class = "test"    // nothing: only tests read it
	Outside Class = "outside" // nothing: not part of the app
	Ignored Class = "ignored" // nothing: of no interest to anyone
)

// Kinds of build inputs, as they are called in reasons.
const (
	kindGo    = "Go file"
	kindCgo   = "cgo file"
	kindOther = "source file"
	kindEmbed = "embedded file"
)

// Classify says what a change of path calls for, and why: a sentence without
// capital and full stop. The package comment lists the rules in their order.
// It reads the file where its content decides: a Go file that was not in the
// build.
func (g *Graph) Classify(path string) (Class, string) {
	p := g.locate(path)
	if p == g.config {
		return Config, "it is hotdev's configuration"
	}
	rel := relSlash(g.root, p)
	if pattern := g.globs.ignores(rel); pattern != "" {
		return Ignored, fmt.Sprintf("it matches the [watch] ignore glob %q", pattern)
	}
	if reason, ok := g.built(p); ok {
		return Rebuild, reason
	}
	if g.envFiles[p] {
		return Restart, "it is an env file, which the app gets when it starts"
	}
	if temporary(filepath.Base(p)) {
		return Ignored, "its name is that of an editor's temporary file"
	}
	if ignoredPath(p, g.top(p)) {
		return Ignored, "it belongs to version control or node_modules"
	}
	if reason, ok := g.joins(p); ok {
		return Rebuild, reason
	}
	if isDir(p) {
		return Outside, "it is a directory; the files in it count on their own"
	}
	if class, reason := g.byGlobs(p); class != "" {
		return class, reason
	}
	if reason, ok := isTest(p, g.top(p)); ok {
		return Test, reason
	}
	if filepath.Ext(p) == ".go" {
		return Outside, g.outsideGo(p)
	}
	if g.reloadsByDefault(p) {
		return Reload, fmt.Sprintf("%s files are read by the browser or as templates, and this one is not embedded", filepath.Ext(p))
	}
	return Outside, g.outsideOther(p)
}

// byGlobs applies the [watch] restart and reload globs; "" when none matches.
func (g *Graph) byGlobs(p string) (Class, string) {
	rel := relSlash(g.root, p)
	if pattern := match(g.globs.restart, rel); pattern != "" {
		return Restart, fmt.Sprintf("it matches the [watch] restart glob %q", pattern)
	}
	if pattern := match(g.globs.reload, rel); pattern != "" {
		return Reload, fmt.Sprintf("it matches the [watch] reload glob %q", pattern)
	}
	return "", ""
}

// reloadsByDefault reports whether a file's extension and place make it one
// for the browser without any setting.
func (g *Graph) reloadsByDefault(p string) bool {
	if !reloadExts[strings.ToLower(filepath.Ext(p))] {
		return false
	}
	for _, top := range []string{g.root, g.appDir} {
		if within(p, top) {
			return !under(filepath.Dir(p), top, func(name string) bool { return aside(name) || name == "testdata" })
		}
	}
	return false
}

// built says why p was part of the build at Load.
func (g *Graph) built(p string) (reason string, ok bool) {
	if in, ok := g.inputs[p]; ok {
		return fmt.Sprintf("it is %s %s of package %s%s", article(in.kind), in.kind, in.pkg, g.imported(in.pkg)), true
	}
	if c, ok := g.controls[p]; ok {
		if c.exists {
			return fmt.Sprintf("%s decides which modules the app is built from", filepath.Base(p)), true
		}
		if exists(p) {
			return fmt.Sprintf("%s is new and decides which modules the app is built from", filepath.Base(p)), true
		}
	}
	if !g.dirs[p] || isDir(p) {
		return "", false
	}
	if pkg := g.holds(p); pkg != "" {
		return fmt.Sprintf("the directory holds files of package %s%s", pkg, g.imported(pkg)), true
	}
	return "", false
}

func article(kind string) string {
	if kind == kindEmbed {
		return "an"
	}
	return "a"
}

// holds returns a package in the build that has its directory or an embedded
// file at or below dir, when dir is a watched directory; else "".
func (g *Graph) holds(dir string) string {
	if !g.dirs[dir] {
		return ""
	}
	if m := g.byDir[dir]; m != nil {
		return m.ImportPath
	}
	best := ""
	for path, in := range g.inputs {
		if within(path, dir) && (best == "" || in.pkg < best) {
			best = in.pkg
		}
	}
	return best
}

// imported says how the package comes into the app.
func (g *Graph) imported(importPath string) string {
	switch {
	case g.main.Dir == "":
		return "; which packages the app needs is not known, as its main package is not"
	case importPath == g.main.ImportPath:
		return ", the app itself"
	default:
		return fmt.Sprintf(", which %s imports", g.importer[importPath])
	}
}

// joins says why p, which was not in the build at Load, is or would be in the
// next one.
func (g *Graph) joins(p string) (reason string, ok bool) {
	dir, name := filepath.Dir(p), filepath.Base(p)
	if filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
		if reason, ok := g.joinsGo(p); ok {
			return reason, true
		}
	}
	if m := g.byDir[dir]; m != nil && buildExts[filepath.Ext(name)] && name[0] != '_' && name[0] != '.' {
		return fmt.Sprintf("it adds a source file to package %s%s", m.ImportPath, g.imported(m.ImportPath)), true
	}
	if m, pattern := g.embedder(p); m != nil && !isDir(p) {
		return fmt.Sprintf("package %s embeds it with the pattern %q", m.ImportPath, pattern), true
	}
	_, own := g.moduleOf(dir)
	switch {
	case name == "go.mod" && own && g.holds(dir) != "":
		return "it makes its directory, from which the app is built, another module", true
	case name == "go.work" && g.env.GOWORK == "" && within(g.goDir, dir):
		return "it puts the app's module into a workspace", true
	}
	return "", false
}

// joinsGo is joins for a Go file that is no test.
func (g *Graph) joinsGo(p string) (reason string, ok bool) {
	dir := filepath.Dir(p)
	if m := g.byDir[dir]; m != nil {
		reason = fmt.Sprintf("it adds a Go file to package %s%s", m.ImportPath, g.imported(m.ImportPath))
	} else if pkg := g.missing[dir]; pkg != "" {
		reason = fmt.Sprintf("it belongs to package %s, which is imported and was missing", pkg)
	} else if top := g.top(p); g.main.Dir == "" && top != "" && nestedModule(dir, top) == "" {
		if _, skipped := g.skipped(p); !skipped {
			reason = "the app's main package is not known, so every Go file may belong to it"
		}
	}
	if reason == "" {
		return "", false
	}
	_, excluded := g.matcher.excludes(p)
	return reason, !excluded
}

// isTest says why only tests read p. Directories above top do not count.
func isTest(p, top string) (reason string, ok bool) {
	if strings.HasSuffix(p, "_test.go") {
		return "it is a test file, which the app is built without", true
	}
	if under(p, top, func(name string) bool { return name == "testdata" }) {
		return "it lies in a testdata directory, which the go command leaves out", true
	}
	return "", false
}

// under reports whether the name of p, or of a directory between it and top,
// is one that is meant.
func under(p, top string, meant func(name string) bool) bool {
	for dir := range parents(p) {
		if dir == top {
			break
		}
		if meant(filepath.Base(dir)) {
			return true
		}
	}
	return false
}

// vendored reports whether p lies in a vendor directory below top.
func vendored(p, top string) bool {
	return under(p, top, func(name string) bool { return name == "vendor" })
}

// ignoredPath reports whether p is or lies in a directory below top that is
// never looked at.
func ignoredPath(p, top string) bool { return under(p, top, ignoredElement) }
