package typecheck

import (
	"bytes"
	"fmt"
	"go/token"
	"go/types"
	"os"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/hotdev/hotdev/session/build/archive"
)

// exports are packages as their archives describe them. An own package is read
// after all own ones that it depends on, so that a package whose description
// goes can take its importers along, and no type is there twice.
type exports struct {
	arch    string
	fset    *token.FileSet
	imports map[string]*types.Package // all that are mentioned
	read    map[string]*Package       // what those that were read were read from
}

// update drops what was read from archives that are not those of p any more. It
// returns false when nothing can be kept.
func (e *exports) update(p *Program) bool {
	if e.arch != p.Arch {
		return false
	}
	for path, was := range e.read {
		is := p.Packages[path]
		if is == nil || is.own() != was.own() || !was.own() && is.Export != was.Export {
			return false
		}
	}
	stale := map[string]bool{}
	for _, own := range p.Own {
		was := e.read[own.Path]
		if was == nil {
			continue
		}
		stale[own.Path] = was.Export != own.Export
		for _, dep := range was.Deps {
			stale[own.Path] = stale[own.Path] || stale[dep]
		}
		if stale[own.Path] {
			delete(e.read, own.Path)
			delete(e.imports, own.Path)
		}
	}
	return true
}

// own reports whether the sources of p are known.
func (p *Package) own() bool { return len(p.Files) > 0 }

// load returns the package with a path as its archive describes it.
func (e *exports) load(p *Program, path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if e.read[path] != nil {
		return e.imports[path], nil
	}
	pkg := p.Packages[path]
	if pkg == nil {
		return nil, fmt.Errorf("package %s is not in the program", path)
	}
	for _, dep := range pkg.Deps {
		if d := p.Packages[dep]; d != nil && d.own() {
			if _, err := e.load(p, dep); err != nil {
				return nil, err
			}
		}
	}
	file, err := os.Open(pkg.Archive)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := archive.ReadExport(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg.Archive, err)
	}
	read, err := gcexportdata.Read(bytes.NewReader(data), e.fset, e.imports, path)
	if err != nil {
		return nil, err
	}
	e.read[path] = pkg
	return read, nil
}
