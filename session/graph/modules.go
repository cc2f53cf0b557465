package graph

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is a module whose sources are the developer's own: a main module (one,
// or those of a workspace), or a directory that one of them replaces a module
// with.
type module struct {
	path string // import path prefix; "" when go.mod does not say
	dir  string // canonical
	main bool
}

// moduleFiles is what go.mod and go.work say of the app's own modules.
type moduleFiles struct {
	modules  []module
	controls []string // go.mod, go.sum, … that decide the build, present or not
	errs     []Error  // use directives whose module is missing
}

// readModules reads go.work, or go.mod, and what they point at. Files that
// cannot be read contribute what they can: the go command reports them.
func readModules(env goEnv, goDir, modFlag string) moduleFiles {
	var f moduleFiles
	switch {
	case env.GOWORK != "" && env.GOWORK != "off":
		f.addWork(env.GOWORK)
	case env.GOMOD != "":
		mod := canonicalName(env.GOMOD)
		f.addMain(filepath.Dir(mod), mod)
		if modFlag != "" {
			if !filepath.IsAbs(modFlag) {
				modFlag = filepath.Join(goDir, modFlag)
			}
			f.addMod(filepath.Dir(mod), canonicalName(modFlag))
		}
	default:
		f.controls = append(f.controls, filepath.Join(goDir, "go.mod"))
	}
	return f
}

// addWork adds the modules of the go.work file at path.
func (f *moduleFiles) addWork(path string) {
	path = canonicalName(path)
	dir := filepath.Dir(path)
	f.controls = append(f.controls, path, path+".sum", filepath.Join(dir, "vendor", "modules.txt"))
	data, err := os.ReadFile(path)
	if err != nil {
		return
	}
	work, err := modfile.ParseWork(path, data, nil)
	if err != nil {
		return
	}
	for _, use := range work.Use {
		used := Canonical(resolve(dir, use.Path))
		mod := filepath.Join(used, "go.mod")
		f.addMain(used, mod)
		if !exists(mod) {
			f.errs = append(f.errs, Error{File: path, Line: use.Syntax.Start.Line, Col: use.Syntax.Start.LineRune,
				Msg: fmt.Sprintf("cannot load module %s listed in go.work file: %s does not exist", use.Path, mod)})
		}
	}
	f.addReplacements(dir, work.Replace)
}

// addMain adds a main module with the files that belong to it.
func (f *moduleFiles) addMain(dir, mod string) {
	f.addMod(dir, mod)
	f.controls = append(f.controls, filepath.Join(dir, "vendor", "modules.txt"))
}

// addMod adds a main module by its go.mod file, which lies elsewhere when
// -modfile says so, and the directories that it replaces modules with.
func (f *moduleFiles) addMod(dir, mod string) {
	f.controls = append(f.controls, mod, strings.TrimSuffix(mod, ".mod")+".sum")
	data, _ := os.ReadFile(mod) // without it the directory alone is known
	f.addModule(module{path: modfile.ModulePath(data), dir: dir, main: true})
	if file, err := modfile.Parse(mod, data, nil); err == nil {
		f.addReplacements(dir, file.Replace)
	}
}

func (f *moduleFiles) addReplacements(dir string, replaces []*modfile.Replace) {
	for _, r := range replaces {
		if r.New.Version != "" || !modfile.IsDirectoryPath(r.New.Path) {
			continue
		}
		target := Canonical(resolve(dir, r.New.Path))
		f.controls = append(f.controls, filepath.Join(target, "go.mod"))
		f.addModule(module{path: r.Old.Path, dir: target})
	}
}

func (f *moduleFiles) addModule(m module) {
	if !slices.ContainsFunc(f.modules, func(o module) bool { return o.dir == m.dir }) {
		f.modules = append(f.modules, m)
	}
}

// resolve returns a path of a module file, with slashes, relative to dir.
func resolve(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// moduleOf returns the own module that path lies in, the innermost one; false
// when it lies in none.
func (g *Graph) moduleOf(path string) (module, bool) {
	var best module
	for _, m := range g.modules {
		if len(m.dir) > len(best.dir) && within(path, m.dir) {
			best = m
		}
	}
	return best, best.dir != ""
}

// dirOf returns the directory where the package of an import path would lie in
// the own modules, or "".
func (g *Graph) dirOf(importPath string) string {
	var best module
	for _, m := range g.modules {
		if rest, ok := strings.CutPrefix(importPath, m.path); ok && m.path != "" && len(m.path) > len(best.path) && (rest == "" || rest[0] == '/') {
			best = m
		}
	}
	if best.path == "" {
		return ""
	}
	return filepath.Join(best.dir, filepath.FromSlash(strings.TrimPrefix(importPath, best.path)))
}

// control is the content of a module file just before go list ran: what is
// written meanwhile shows as a change.
type control struct {
	exists bool
	sum    [sha256.Size]byte
}

// readControl reads the module file at path.
func readControl(path string) control {
	data, err := os.ReadFile(path)
	if err != nil {
		return control{}
	}
	return control{exists: true, sum: sha256.Sum256(data)}
}
