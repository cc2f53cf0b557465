package typecheck_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build/typecheck"
)

// load describes all packages of the module in dir, without their tests, and
// those that they depend on. No file is one that an archive was made from.
func load(t *testing.T, dir string) *typecheck.Program {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-export", "-json=ImportPath,Dir,GoFiles,CgoFiles,SFiles,Imports,Export,Module", "./...")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	p := &typecheck.Program{Arch: runtime.GOARCH, Packages: map[string]*typecheck.Package{}, ReadFile: os.ReadFile}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l struct {
			ImportPath, Dir, Export            string
			GoFiles, CgoFiles, SFiles, Imports []string
			Module                             *struct {
				Main      bool
				GoVersion string
			}
		}
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return p
		} else if err != nil {
			t.Fatal(err)
		}
		pkg := &typecheck.Package{Path: l.ImportPath, Archive: l.Export, Export: sha256.Sum256([]byte(l.Export))}
		p.Packages[pkg.Path] = pkg
		if l.Module == nil || !l.Module.Main {
			continue
		}
		pkg.Deps, pkg.GoVersion, pkg.Opaque = l.Imports, "go"+l.Module.GoVersion, len(l.CgoFiles)+len(l.SFiles) > 0
		for _, name := range l.GoFiles {
			path := filepath.Join(l.Dir, name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			pkg.Files = append(pkg.Files, typecheck.File{Path: path, Hash: sha256.Sum256(data)})
		}
		p.Own = append(p.Own, pkg)
	}
}

// check returns all that a check finds.
func check(ctx context.Context, c *typecheck.Checker, p *typecheck.Program) string {
	var b strings.Builder
	c.Check(ctx, p, func(pkg, output string) { b.WriteString("# " + pkg + "\n" + output) })
	return b.String()
}

// TestRealModules holds that nothing is said against programs that compile: this
// module, and the demo.
func TestRealModules(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	for _, dir := range []string{root, filepath.Join(root, "extensions", "demo")} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			p := load(t, dir)
			c := typecheck.New()
			for _, state := range []string{"all is new", "nothing is"} {
				if found := check(t.Context(), c, p); found != "" {
					t.Errorf("when %s: %s", state, found)
				}
			}
			// The same with packages that are found wrong in the middle.
			for i, own := range p.Own {
				if i%3 > 0 || own.Opaque {
					continue
				}
				right := own.Files[0]
				text, err := os.ReadFile(right.Path)
				if err != nil {
					t.Fatal(err)
				}
				text = append(text, "\nvar wrong int = \"\"\n"...)
				own.Files[0].Hash = sha256.Sum256(text)
				p.ReadFile = func(path string) ([]byte, error) {
					if path == right.Path {
						return text, nil
					}
					return os.ReadFile(path)
				}
				if found := check(t.Context(), c, p); strings.Count(found, "\n") != 2 || !strings.Contains(found, "# "+own.Path+"\n"+right.Path+":") {
					t.Errorf("with an error in %s: %s", own.Path, found)
				}
				own.Files[0] = right
			}
			if found := check(t.Context(), c, p); found != "" {
				t.Errorf("with all mended: %s", found)
			}
		})
	}
}
