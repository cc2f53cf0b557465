package session

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotdev/hotdev/session/graph"
)

// sources are the Go files of an app as they were when it was built, so that a
// debugger can tell which line of the running program a line of a file, edited
// since, is. Files of modules that are not in the workspace do not change and
// are not kept. It is immutable.
type sources struct{ files map[string]source }

// source is one file. The text of a file that has not changed since is shared
// with older sources.
type source struct {
	modified time.Time
	size     int64
	text     []byte
}

// takeSources reads the app's Go files, but those that have not changed since
// before, which may be nil.
func takeSources(g *graph.Graph, before *sources) *sources {
	now := &sources{files: map[string]source{}}
	for _, p := range g.Packages() {
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
			path := filepath.Join(p.Dir, name)
			info, err := os.Stat(path)
			if err != nil {
				continue // the build says so
			}
			s := source{modified: info.ModTime(), size: info.Size()}
			if old, ok := before.file(path); ok && old.modified.Equal(s.modified) && old.size == s.size {
				now.files[path] = old
				continue
			}
			if s.text, err = os.ReadFile(path); err == nil {
				now.files[path] = s
			}
		}
	}
	return now
}

// newestSources are those of the last good build; nil before it.
func (l *loop) newestSources() *sources {
	if l.newest == nil {
		return nil
	}
	return l.sources[l.newest.BuildID]
}

// keepSources takes the sources of the newest binary, and lets go of those of
// binaries that are no longer held.
func (l *loop) keepSources(s *sources) {
	kept := map[string]*sources{l.newest.BuildID: s}
	for _, b := range l.held() {
		if old := l.sources[b.BuildID]; old != nil && b.BuildID != l.newest.BuildID {
			kept[b.BuildID] = old
		}
	}
	l.sources = kept
}

func (s *sources) file(path string) (source, bool) {
	if s == nil {
		return source{}, false
	}
	f, ok := s.files[path]
	return f, ok
}

// text returns the text of a file as it was built. Of a file that is not the
// app's own it is what is on disk.
func (s *sources) text(path string) ([]byte, error) {
	if f, ok := s.file(path); ok {
		return f.text, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a source file: %w", err)
	}
	return text, nil
}
