package watch

import (
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	maxHashed = 64 << 20 // bytes; of larger files only size, time and inode are compared
	// youngTime is the age up to which a time stamp found at first sight proves
	// nothing. It allows for the clock of another machine.
	youngTime = time.Minute
)

// state is what a file held when it was looked at.
type state struct {
	exists bool // as a regular file
	hashed bool // hash is that of the content
	size   int64
	mtime  int64 // nanoseconds since 1970
	inode  uint64
	hash   uint64
}

// unknown is the stamp of no file.
var unknown = state{size: -1}

// stateOf returns the state that info tells of, without the content.
func stateOf(info fs.FileInfo) state {
	return state{exists: true, size: info.Size(), mtime: info.ModTime().UnixNano(), inode: inodeOf(info)}
}

// sameStamp reports whether nothing speaks for a change without looking at the
// content.
func (s state) sameStamp(o state) bool {
	return s.exists == o.exists && s.size == o.size && s.mtime == o.mtime && s.inode == o.inode
}

// same reports whether the content is the same, as far as it is known.
func (s state) same(o state) bool {
	if s.hashed && o.hashed {
		return s.exists == o.exists && s.size == o.size && s.hash == o.hash
	}
	return s.sameStamp(o)
}

// read looks at a file. The stamp is taken before the content, so that a write
// in between shows at the next look.
func (t *tree) read(path string) state {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return state{}
	}
	s := stateOf(info)
	if s.size <= maxHashed {
		s.hash, s.hashed = t.hash(path, s.size)
	}
	return s
}

// hash reads the first size bytes of a file.
func (t *tree) hash(path string, size int64) (sum uint64, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	var h maphash.Hash
	h.SetSeed(t.seed)
	if _, err := io.CopyBuffer(&h, io.LimitReader(f, size), t.buf); err != nil {
		return 0, false
	}
	return h.Sum64(), true
}

// compare marks a file that may hold something else than what is known of it,
// unless it was marked as it is now. It reads the content only while the time
// stamp is too young to be trusted.
func (t *tree) compare(e *entry, path string) {
	var now state
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		now = stateOf(info)
	}
	if at, ok := t.dirty[path]; ok && at.sameStamp(now) {
		return
	}
	if now.sameStamp(e.known) {
		if !e.hot {
			return
		}
		e.hot = time.Since(e.changed) <= coarseTime
		if t.read(path).same(e.known) {
			return
		}
	}
	t.markAt(path, now)
}

// linkTarget returns the real path of the file that the symbolic link at path
// leads to; "" when it leads nowhere, or when path is no link.
func linkTarget(path string) (target string, isLink bool) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return "", false
	}
	target, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", true
	}
	return target, true
}
