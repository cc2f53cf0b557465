package incremental

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/session/build/archive"
)

// objectCount bounds the archives that are kept beside those in use, so that a
// change that is undone costs no compiler.
const objectCount = 128

// objects are archives as the compiler made them, each named after the hash of
// what it was made from. They may be used by several goroutines.
type objects struct {
	dir string

	mu   sync.Mutex
	keys []archive.Hash // least recently used first
}

func (o *objects) path(key archive.Hash) string {
	return filepath.Join(o.dir, fmt.Sprintf("%x.a", key))
}

// find returns the archive for a key.
func (o *objects) find(key archive.Hash) (path string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.Index(o.keys, key)
	if i < 0 {
		return "", false
	}
	o.keys = append(slices.Delete(o.keys, i, i+1), key)
	return o.path(key), true
}

// add takes the archive in file, which is moved, for a key.
func (o *objects) add(key archive.Hash, file string) (path string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := os.Rename(file, o.path(key)); err != nil {
		return "", err
	}
	o.keys = append(o.keys, key)
	if len(o.keys) > objectCount {
		_ = os.Remove(o.path(o.keys[0]))
		o.keys = o.keys[1:]
	}
	return o.path(key), nil
}
