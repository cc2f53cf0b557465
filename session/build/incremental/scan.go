package incremental

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/hotdev/hotdev/session/build/archive"
)

// sources is the content of everything that a build depends on and that may
// change: the files of the app's own packages, what they embed, and the files
// that say which packages these are. All of it is read and hashed each time;
// times of modification are not trusted.
type sources struct {
	Dirs     map[string]map[string]file // by directory of an own package, by path
	Controls map[string]archive.Hash    // by path; zero when there is no such file
	Trees    map[string]archive.Hash    // names of what an own package embeds, by import path
	Embedded map[string]archive.Hash    // by path
	overlay  Overlay                    // nil: this is what is on the disk
}

// file is a file of a package.
type file struct {
	Hash   archive.Hash
	Header header // of a Go file
	Err    string // why there is no header; "" for files that have none
}

// scan reads what c was made from as it is now, or will be under an overlay.
func (c *capture) scan(overlay Overlay) (*sources, error) {
	s := &sources{
		Dirs:     map[string]map[string]file{},
		Controls: map[string]archive.Hash{},
		Trees:    map[string]archive.Hash{},
		Embedded: map[string]archive.Hash{},
		overlay:  overlay,
	}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, path := range c.Controls {
		s.Controls[path] = overlay.hash(path)
	}
	for _, p := range c.own {
		old := map[string]file{}
		if c.Sources != nil {
			old = c.Sources.Dirs[p.Dir]
		}
		g.Go(func() error {
			files, err := readPackage(p.Dir, old, overlay)
			mu.Lock()
			defer mu.Unlock()
			s.Dirs[p.Dir] = files
			return err
		})
		if p.Embed == nil {
			continue
		}
		g.Go(func() error {
			tree, err := hashTree(p.Dir, p.Embed.Patterns)
			mu.Lock()
			defer mu.Unlock()
			s.Trees[p.Path] = tree
			return err
		})
		for _, path := range p.Embed.Files {
			g.Go(func() error {
				h := overlay.hash(path)
				mu.Lock()
				defer mu.Unlock()
				s.Embedded[path] = h
				return nil
			})
		}
	}
	return s, g.Wait()
}

// readPackage reads the files in dir that the go command may build from. The
// headers of files that did not change are taken from old.
func readPackage(dir string, old map[string]file, overlay Overlay) (map[string]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string]file{}
	for _, e := range entries {
		if !isSource(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		data, err := overlay.read(path)
		if errors.Is(err, fs.ErrNotExist) || e.IsDir() {
			continue // a directory called x.go, a dangling link, or a file that has just gone
		}
		if err != nil {
			return nil, err
		}
		f := file{Hash: sha256.Sum256(data)}
		if before, ok := old[path]; ok && before.Hash == f.Hash {
			f = before
		} else if filepath.Ext(path) == ".go" {
			var err error
			if f.Header, err = readHeader(data); err != nil {
				f.Err = err.Error()
			}
		}
		files[path] = f
	}
	return files, nil
}

// sourceExtensions are those of the files that the go command builds from
// (go/build.Package), beside go.mod and the profile default.pgo.
var sourceExtensions = []string{
	".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90",
	".s", ".S", ".sx", ".swig", ".swigcxx", ".syso", ".pgo", ".mod",
}

// isSource reports whether the go command may look at a file for its name.
func isSource(name string) bool {
	return name[0] != '_' && name[0] != '.' && slices.Contains(sourceExtensions, filepath.Ext(name)) && !strings.HasSuffix(name, "_test.go")
}

// hashTree hashes the names and kinds of all files that patterns of //go:embed
// in dir match, and of all below: more than is embedded, and everything that
// decides on it (go help embed; package embed).
func hashTree(dir string, patterns []string) (archive.Hash, error) {
	h := sha256.New()
	add := func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			h.Write([]byte(path + "\x00" + e.Type().String() + "\x00"))
		}
		return err
	}
	for _, pattern := range patterns {
		pattern = filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(pattern, "all:")))
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return archive.Hash{}, err
		}
		for _, path := range matches {
			if err := filepath.WalkDir(path, add); err != nil {
				return archive.Hash{}, err
			}
		}
	}
	return archive.Hash(h.Sum(nil)), nil
}
