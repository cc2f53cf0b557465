package incremental

import (
	"crypto/sha256"
	"errors"
	"maps"
	"os"
	"path/filepath"

	"github.com/hotdev/hotdev/session/build/archive"
)

// SaveEvidence writes into dir what the program was made from that was built
// last, to find out what is wrong with it: the own packages' files below sources,
// and the archives that were not made by the go command below archives. What
// changed or went since is left out.
func (b *Builder) SaveEvidence(dir string) (err error) {
	c := b.captured
	if c == nil {
		return errors.New("nothing was built")
	}
	files := maps.Clone(c.Sources.Controls)
	maps.Copy(files, c.Sources.Embedded)
	for _, inDir := range c.Sources.Dirs {
		for path, f := range inDir {
			files[path] = f.Hash
		}
	}
	for path, hash := range files {
		err = errors.Join(err, copyIfSame(path, hash, filepath.Join(dir, "sources", c.nameBelow(path))))
	}
	for _, p := range c.own {
		if within(p.Archive, b.published("")) {
			name := filepath.Join(dir, "archives", filepath.FromSlash(p.Path)+".a")
			err = errors.Join(err, os.MkdirAll(filepath.Dir(name), 0o700), os.Link(p.Archive, name))
		}
	}
	return err
}

// nameBelow returns a path for a copy of the file at path in a directory.
func (c *capture) nameBelow(path string) string {
	if name := c.name(path); name != path {
		return name
	}
	return filepath.Join("outside", path[len(filepath.VolumeName(path)):])
}

// copyIfSame copies a file if its content has the given hash.
func copyIfSame(path string, hash archive.Hash, to string) error {
	data, err := os.ReadFile(path)
	if err != nil || sha256.Sum256(data) != hash {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
