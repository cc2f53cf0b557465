package watch

import (
	"path/filepath"

	"github.com/hotdev/hotdev/session/graph"
)

// classify asks the graph about a file; relevant says whether a change of it is
// to be reported.
func (t *tree) classify(path string) (class graph.Class, reason string, relevant bool) {
	class, reason = t.graph.Classify(path)
	switch class {
	case graph.Ignored:
		return class, reason, false
	case graph.Outside, graph.Test:
		return class, reason, isBuildInput(filepath.Base(path))
	}
	return class, reason, true
}

// reclassify brings what is known into line with a new graph.
func (t *tree) reclassify() {
	for _, d := range t.dirs {
		for name, e := range d.entries {
			path := filepath.Join(d.path, name)
			if e.isDir {
				continue
			}
			if _, _, relevant := t.classify(path); relevant != e.relevant {
				e.relevant = relevant
				t.baseline(d, e, path, true)
			}
		}
	}
	for path, p := range t.ready {
		p.change.Class, p.change.Reason, _ = t.classify(path)
		t.ready[path] = p
	}
	t.sorted = nil
}

// isBuildInput reports whether the go command may read a file of this name,
// whatever the graph knows of it today.
func isBuildInput(name string) bool {
	switch name {
	case "go.mod", "go.sum", "go.work", "go.work.sum":
		return true
	}
	switch filepath.Ext(name) {
	case ".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx",
		".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso":
		return true
	}
	return false
}
