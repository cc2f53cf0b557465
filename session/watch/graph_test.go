package watch

import (
	"path/filepath"
	"strings"

	"github.com/hotdev/hotdev/session/graph"
)

// fakeGraph classes files by their names alone.
type fakeGraph struct {
	dirs   []string        // absolute
	inside map[string]bool // the same as a set
}

func newFakeGraph(root string, dirs ...string) fakeGraph {
	g := fakeGraph{inside: make(map[string]bool)}
	for _, dir := range dirs {
		path := filepath.Join(root, dir)
		g.dirs = append(g.dirs, path)
		g.inside[path] = true
	}
	return g
}

func (g fakeGraph) Dirs() []string { return g.dirs }

func (g fakeGraph) Watches(dir string) bool {
	name := filepath.Base(dir)
	return name != "node_modules" && !strings.HasPrefix(name, ".")
}

func (g fakeGraph) Classify(path string) (graph.Class, string) {
	name := filepath.Base(path)
	switch {
	case name == "hotdev.toml":
		return graph.Config, "configuration"
	case name == "4913" || strings.HasSuffix(name, "~") || strings.HasSuffix(name, ".swp"):
		return graph.Ignored, "temporary"
	case strings.HasSuffix(name, "_test.go"):
		return graph.Test, "test"
	case strings.HasSuffix(name, ".go"):
		if g.inside[filepath.Dir(path)] {
			return graph.Rebuild, "in the build"
		}
		return graph.Outside, "not in the build"
	case strings.HasSuffix(name, ".html"):
		return graph.Reload, "template"
	case strings.HasSuffix(name, ".env"):
		return graph.Restart, "env file"
	}
	return graph.Outside, "not in the build"
}
