package incremental

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/build/archive"
)

// Overlay is what files shall be taken to contain instead of what they do, by
// absolute path. Where there is no file, it counts for nothing.
type Overlay map[string][]byte

func (o Overlay) read(path string) ([]byte, error) {
	if text, ok := o[path]; ok {
		return text, nil
	}
	return os.ReadFile(path)
}

// hash returns the hash of a file's content; zero when it cannot be read.
func (o Overlay) hash(path string) archive.Hash {
	text, err := o.read(path)
	if err != nil {
		return archive.Hash{}
	}
	return sha256.Sum256(text)
}

// layOver makes args, which compile p, read the overlay. The files of the
// package are put, under their names and hence in their order, into a directory
// of their own, which stands for the package's wherever a path ends up in the
// archive: that is then the one of files that were saved.
func (o Overlay) layOver(p *pkg, args []string, dir string) error {
	if !slices.ContainsFunc(p.Compile.Files, func(path string) bool { return o[path] != nil }) {
		return nil
	}
	if text := dir + p.Dir; strings.Contains(text, ";") || strings.Contains(text, "=>") {
		return fallback("the name of a directory has a ; or a => in it")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for i, path := range p.Compile.Files {
		name := filepath.Join(dir, filepath.Base(path))
		args[len(args)-len(p.Compile.Files)+i] = name
		var err error
		if text, ok := o[path]; ok {
			err = os.WriteFile(name, text, 0o600)
		} else {
			err = os.Symlink(path, name)
		}
		if err != nil {
			return err
		}
	}
	trim := args[p.Compile.Trimpath]
	to := p.Dir
	if trimmed, ok := strings.CutPrefix(trim, p.Dir+"=>"); ok { // the build flag -trimpath
		to, _, _ = strings.Cut(trimmed, ";")
	}
	args[p.Compile.Trimpath] = dir + "=>" + to + ";" + trim
	return nil
}
