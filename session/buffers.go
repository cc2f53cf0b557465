package session

import (
	"bytes"
	"cmp"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/session/graph"
)

// maxBuffers bounds the bytes of all buffers; one that has no room is unknown.
const maxBuffers = 64 << 20

// buffers are the texts of the Go files that editors have open, saved or not. They
// may be used by several goroutines.
type buffers struct {
	changed chan struct{} // delivers after a change; has room for one

	mu     sync.Mutex
	edited map[string]uint64 // by the files that are open, of any kind: the newest change since they were opened or saved; 0: none
	byPath map[string]buffer
	size   int    // of all texts
	serial uint64 // of the newest change
}

// buffer is one file.
type buffer struct {
	name   string // of the file, as the editor calls it
	path   string // as the build does
	text   []byte // replaced, never changed
	serial uint64 // of its newest change
}

func newBuffers() *buffers {
	return &buffers{changed: make(chan struct{}, 1), edited: map[string]uint64{}, byPath: map[string]buffer{}}
}

// Buffer tells what an editor holds of the file at path, as it is opened and at
// each change before it is saved (Written); a nil text: it holds the file no more.
// The last one to tell counts. Of files that are not Go's only the change counts.
// text must not be changed any more.
func (s *Session) Buffer(path string, text []byte) { s.buffers.set(path, text) }

func (b *buffers) set(path string, text []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serial++
	switch _, open := b.edited[path]; {
	case text == nil:
		delete(b.edited, path)
	case open:
		b.edited[path] = b.serial
	default:
		b.edited[path] = 0
	}
	if filepath.Ext(path) != ".go" {
		return
	}
	b.size -= len(b.byPath[path].text)
	delete(b.byPath, path)
	if text != nil && b.size+len(text) <= maxBuffers {
		b.byPath[path] = buffer{name: path, text: text, serial: b.serial}
		b.size += len(text)
	}
	select {
	case b.changed <- struct{}{}:
	default: // it is to be looked at already
	}
}

// newest returns what editors hold of a file, nil for nothing, and its newest change.
func (b *buffers) newest(path string) (text []byte, change uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byPath[path].text, b.edited[path]
}

// saved notes that a file was saved with all changes up to one.
func (b *buffers) saved(path string, change uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if newest, open := b.edited[path]; open && newest == change {
		b.edited[path] = 0
	}
}

// anyEdited reports whether editors have a file to save, of any kind. A source of
// g is none that holds what is in files, by the build's path, as on the disk.
func (b *buffers) anyEdited(g *graph.Graph, files map[string][]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, change := range b.edited {
		if change == 0 {
			continue
		}
		path, ours := g.Source(name)
		text, written := files[path]
		if open, known := b.byPath[name]; !ours || !written || !known || !bytes.Equal(open.text, text) {
			return true
		}
	}
	return false
}

// all returns the buffers, the one that changed last first.
func (b *buffers) all() []buffer {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []buffer
	for _, x := range b.byPath {
		list = append(list, x)
	}
	slices.SortFunc(list, func(x, y buffer) int { return cmp.Compare(y.serial, x.serial) })
	return list
}

// any reports whether editors hold a file.
func (b *buffers) any() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byPath) > 0
}

// text returns what editors hold of a file; nil for nothing.
func (b *buffers) text(path string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byPath[path].text
}
