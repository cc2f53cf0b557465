package graph_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/graph"
)

// project writes a module with the given files, name and content in turn, and
// returns its directory.
func project(t testing.TB, files ...string) string {
	t.Helper()
	root := graph.Canonical(t.TempDir())
	write(t, filepath.Join(root, "go.mod"), "module example.com/app\n\ngo 1.24\n")
	for i := 0; i < len(files); i += 2 {
		write(t, filepath.Join(root, files[i]), files[i+1])
	}
	return root
}

// offline is an environment in which the go command asks nobody for modules, and
// takes no settings from this process's.
func offline() []string {
	return append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=", "GOTOOLCHAIN=local")
}

const mainSource = "package main\n\nfunc main() {}\n"

func TestListMains(t *testing.T) {
	root := project(t,
		"cmd/b/main.go", mainSource,
		"cmd/a/main.go", mainSource,
		"cmd/a/testdata/x/main.go", mainSource,
		"lib/lib.go", "package lib\n",
		"lib/gen.go", "//go:build ignore\n\npackage main\n",
		"nested/go.mod", "module example.com/nested\n",
		"nested/main.go", mainSource,
	)
	got, err := graph.ListMains(t.Context(), filepath.Join(root, "lib"))
	want := []string{"example.com/app/cmd/a", "example.com/app/cmd/b"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("ListMains = %v, %v; want %v", got, err, want)
	}
}

func TestLoadErrorTypes(t *testing.T) {
	several := project(t, "a/main.go", mainSource, "b/main.go", mainSource)
	_, err := graph.Load(t.Context(), graph.Options{Root: several})
	if e := (*graph.SeveralMainsError)(nil); !errors.As(err, &e) || len(e.Packages) != 2 || e.Packages[0] != "example.com/app/a" {
		t.Errorf("several mains: %#v", err)
	}
	_, err = graph.Load(t.Context(), graph.Options{Root: several, Package: "./..."})
	if e := (*graph.NoMainError)(nil); !errors.As(err, &e) || e.Package != "./..." || !strings.Contains(e.Reason, "pattern") {
		t.Errorf("a pattern: %#v", err)
	}
	_, err = graph.Load(t.Context(), graph.Options{Root: several, Package: "./a/main.go"})
	if e := (*graph.NoMainError)(nil); !errors.As(err, &e) || !strings.Contains(e.Reason, "directory") {
		t.Errorf("a file: %#v", err)
	}
	broken := project(t, "go.mod", "module example.com/app\nbogus line\nworse\n")
	_, err = graph.Load(t.Context(), graph.Options{Root: broken})
	if e := (*graph.ListError)(nil); !errors.As(err, &e) || len(e.Errors) != 2 || e.Errors[1].Line != 3 || e.Errors[1].File != filepath.Join(broken, "go.mod") {
		t.Errorf("broken go.mod: %#v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	root := project(t, "main.go", mainSource)
	for name, o := range map[string]graph.Options{
		"no such root":   {Root: filepath.Join(root, "none")},
		"root is a file": {Root: filepath.Join(root, "main.go")},
		"bad glob":       {Root: root, Restart: []string{"conf/[x"}},
	} {
		if g, err := graph.Load(t.Context(), o); g != nil || err == nil {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if g, err := graph.Load(ctx, graph.Options{Root: root}); g != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, %v", g, err)
	}
}

// A refresh names the main package that it has, so that a second one does not
// make the choice ambiguous.
func TestRefreshKeepsMain(t *testing.T) {
	root := project(t, "cmd/a/main.go", mainSource)
	g, err := graph.Load(t.Context(), graph.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "cmd/b/main.go"), mainSource)
	again, err := graph.Load(t.Context(), graph.Options{Root: root, Package: g.Main().Dir})
	if err != nil || again.Main().ImportPath != "example.com/app/cmd/a" {
		t.Errorf("refresh: %v, %v", again.Main().ImportPath, err)
	}
}

// What was written after go list began may not be what it read.
func TestNeedsReloadOfFileNewerThanList(t *testing.T) {
	root := project(t, "main.go", mainSource, "old.go", "package main\n")
	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(root, "main.go"), future, future); err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), graph.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"main.go": true, "old.go": false} {
		if got := g.NeedsReload(filepath.Join(root, name)); got != want {
			t.Errorf("NeedsReload(%s) = %v", name, got)
		}
	}
}

func TestRootBehindLink(t *testing.T) {
	root := project(t, "main.go", mainSource, "sub/x.css", "")
	alias := filepath.Join(t.TempDir(), "alias")
	link(t, alias, root)
	g, err := graph.Load(t.Context(), graph.Options{Root: alias})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{root, filepath.Join(root, "sub")}; !slices.Equal(g.Dirs(), want) {
		t.Errorf("Dirs = %v, want %v", g.Dirs(), want)
	}
	for _, base := range []string{root, alias} {
		if class, why := g.Classify(filepath.Join(base, "main.go")); class != graph.Rebuild {
			t.Errorf("main.go under %s: %s, %s", base, class, why)
		}
		if !g.Contains(filepath.Join(base, "main.go")) {
			t.Errorf("main.go under %s is not the app's", base)
		}
	}
}

func TestCanonical(t *testing.T) {
	dir := graph.Canonical(t.TempDir())
	write(t, filepath.Join(dir, "real/file"), "")
	link(t, filepath.Join(dir, "alias"), "real")
	for path, want := range map[string]string{
		"alias/file":         "real/file",
		"alias/not/yet":      "real/not/yet",
		"alias/../alias":     "real",
		"real/./file":        "real/file",
		"none/../alias/file": "real/file",
	} {
		if got := graph.Canonical(filepath.Join(dir, path)); got != filepath.Join(dir, filepath.FromSlash(want)) {
			t.Errorf("Canonical(%s) = %s, want %s", path, got, want)
		}
	}
	if got := graph.Canonical(filepath.Join(dir, "alias") + string(filepath.Separator)); got != filepath.Join(dir, "real") {
		t.Errorf("Canonical with a separator at its end = %s", got)
	}
}
