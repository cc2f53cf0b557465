package session_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/build"
)

// TestDifference holds that a program which go build would not have made is
// replaced by go build's, and told of. The builder is made to link a wrong
// object, by an exchange of two in its cache.
func TestDifference(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nothing is built incrementally")
	}
	t.Parallel()
	cache := t.TempDir()
	w := open(t, hello, func(o *session.Options) { o.CacheDir = cache })
	if r := w.reload(session.Swapped); r.Build.Method != build.GoCommand || r.Build.Reason == "" {
		t.Errorf("the first build was one by %+v", r.Build)
	}
	objects := func() []string {
		list, err := filepath.Glob(filepath.Join(cache, "incremental", "objects", "*.a"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	edit := func(old, new string) {
		t.Helper()
		w.edit("text/text.go", old, new)
		if r := w.reload(session.Swapped); r.Build != (build.How{Method: build.Incremental, Link: r.Build.Link}) {
			t.Errorf("after an edit: built by %+v", r.Build)
		}
	}
	w.learned("main.go")
	known := objects()
	edit("one", "second")
	second := slices.DeleteFunc(objects(), func(name string) bool { return slices.Contains(known, name) })
	known = objects()
	edit("second", "third")
	third := slices.DeleteFunc(objects(), func(name string) bool { return slices.Contains(known, name) })
	if len(second) != 1 || len(third) != 1 {
		t.Fatalf("the builder has made %q, then %q", second, third)
	}
	wrong, err := os.ReadFile(third[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(second[0], wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	w.edit("text/text.go", "third", "second")
	w.reload(session.Unchanged) // the wrong program; this is the build after which it is compared
	r := w.reload(session.Swapped)
	if r.Build.Method != build.GoCommand || !strings.Contains(r.Build.Reason, "was not what go build makes") || r.Build != w.status.LastBuild.Build {
		t.Errorf("the restart: built by %+v, and the state says %+v", r.Build, w.status.LastBuild.Build)
	}
	w.answers("second")
	if !slices.ContainsFunc(w.log, func(e session.LogEntry) bool {
		return e.Stream == session.HotdevStream && e.Level == "warn" && strings.Contains(e.Text, r.Build.Reason)
	}) {
		t.Error("nobody was told")
	}
	w.edit("text/text.go", "second", "fourth")
	if r := w.reload(session.Swapped); r.Build.Method != build.Incremental || r.Build.Reason == "" {
		t.Errorf("after the comparison: built by %+v", r.Build)
	}
	w.answers("fourth")
}

// TestFirstResponse holds that the record of a reload says, once it is known,
// how long its version took to answer for the first time.
func TestFirstResponse(t *testing.T) {
	t.Parallel()
	w := open(t, hello)
	if r := w.reload(session.Swapped); r.Phases.FirstResponse != 0 || r.Phases.Ready == 0 {
		t.Errorf("before a request: %+v", r.Phases)
	}
	w.answers("one")
	w.until("the first response", func() bool { return w.status.LastBuild.Phases.FirstResponse > 0 })
	first := w.answered
	if len(first) != 1 || first[0].Rev != 1 || first[0].Phases != w.status.LastBuild.Phases || first[0].Phases != w.History()[0].Phases {
		t.Errorf("told was %+v, the state is %+v, the history %+v", first, w.status.LastBuild, w.History())
	}
	w.answers("one") // the second one is nothing new
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
	w.until("the first response", func() bool { return w.status.LastBuild.Phases.FirstResponse > 0 })
	if h := w.History(); len(w.answered) != 2 || w.answered[1].Rev != 2 || h[0].Phases != w.answered[1].Phases || h[1].Phases != first[0].Phases {
		t.Errorf("told was %+v, the history is %+v", w.answered, h)
	}
}
