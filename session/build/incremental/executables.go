package incremental

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hotdev/hotdev/session/build/archive"
)

// executableCount and executableBytes bound the executables that are kept, of
// which the newest one always is.
const (
	executableCount = 4
	executableBytes = 512 << 20
)

// executables are those that were linked last, each named after the hash of
// what it was made from, so that what was built before is not linked again. A
// file is a second name for one that was handed out.
type executables struct {
	dir  string
	kept []executable // least recently used first
}

type executable struct {
	key         executableKey
	info        os.FileInfo  // as it was made
	hash        archive.Hash // of the file; zero while nobody has asked for it
	cutoff      Cutoff       // that it was linked for: Exact as go build links
	method, why string       // as in Report
	stripped    *Stripped    // nil: it has debug information

	ahead bool // made ahead, and nothing else was built since it was asked for
}

type executableKey struct {
	program archive.Hash // of what it was made from
	debug   bool         // it has debug information
}

func (e *executables) path(key executableKey) string {
	return filepath.Join(e.dir, fmt.Sprintf("%x-%t", key.program, key.debug))
}

// link gives the executable for a key another name, unless there is none any
// more that is as it was made.
func (e *executables) link(key executableKey, name string) (found executable, ok bool) {
	i := slices.IndexFunc(e.kept, func(x executable) bool { return x.key == key })
	if i < 0 {
		return executable{}, false
	}
	found = e.kept[i]
	e.kept = slices.Delete(e.kept, i, i+1)
	info, err := os.Stat(e.path(key))
	if err != nil || info.Size() != found.info.Size() || !info.ModTime().Equal(found.info.ModTime()) || os.Link(e.path(key), name) != nil {
		_ = os.Remove(e.path(key))
		return executable{}, false
	}
	e.kept = append(e.kept, found)
	return found, true
}

// has reports whether there is one for a key.
func (e *executables) has(key executableKey) bool {
	return slices.ContainsFunc(e.kept, func(x executable) bool { return x.key == key })
}

// hash finds out the hash of x, which is one of e, unless it is known.
func (e *executables) hash(ctx context.Context, x *executable) (err error) {
	if x.hash == (archive.Hash{}) {
		x.hash, err = hashFile(ctx, e.path(x.key))
	}
	return err
}

// mark notes whether the executables of a program, if there are some, were made
// ahead.
func (e *executables) mark(program archive.Hash, ahead bool) {
	for i := range e.kept {
		if e.kept[i].key.program == program {
			e.kept[i].ahead = ahead
		}
	}
}

// add takes x, whose executable is in file and stays there, if its key has none.
func (e *executables) add(x executable, file string) (err error) {
	_ = os.Remove(e.path(x.key)) // one that an earlier Builder has left, and nobody knows
	if err := os.Link(file, e.path(x.key)); err != nil {
		return err
	}
	if x.info, err = os.Stat(file); err != nil {
		return err
	}
	e.kept = append(e.kept, x)
	for e.tooMuch() {
		_ = os.Remove(e.path(e.kept[0].key))
		e.kept = e.kept[1:]
	}
	return nil
}

func (e *executables) tooMuch() bool {
	size := int64(0)
	for _, x := range e.kept {
		size += x.info.Size()
	}
	return len(e.kept) > executableCount || len(e.kept) > 1 && size > executableBytes
}
