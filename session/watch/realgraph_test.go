package watch

import (
	"slices"
	"testing"

	"github.com/hotdev/hotdev/session/graph"
)

var _ Graph = (*graph.Graph)(nil)

// The watcher with the real graph: what is edited, added, imported and embedded
// is reported with the graph's class.
func TestRealGraph(t *testing.T) {
	root := tempDir(t)
	writeFile(t, root+"/go.mod", "module example.com/app\n")
	writeFile(t, root+"/internal/a/a.go", "package a")
	writeFile(t, root+"/internal/a/a_test.go", "package a")
	writeFile(t, root+"/static/app.css", "body {}")
	writeFile(t, root+"/templates/index.html", "<p>")
	writeFile(t, root+"/main.go", `package main

import (
	"embed"

	_ "example.com/app/internal/a"
)

//go:embed static
var _ embed.FS

func main() {}
`)
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	load := func() {
		t.Helper()
		g, err := graph.Load(t.Context(), graph.Options{Root: root, ConfigFile: "hotdev.toml"})
		if err != nil {
			t.Log(err) // an import that is missing
		}
		w.SetGraph(g)
	}
	load()
	expect := func(want ...string) {
		t.Helper()
		if got := format(root, <-w.Batches()); !slices.Equal(got, want) {
			t.Fatalf("reported %q, want %q", got, want)
		}
	}

	writeFile(t, root+"/internal/a/a.go", "package a // edited")
	expect("modified rebuild internal/a/a.go")
	writeFile(t, root+"/templates/index.html", "<p>edited")
	expect("modified reload templates/index.html")
	writeFile(t, root+"/static/img/new.svg", "<svg/>")
	expect("created rebuild static/img/new.svg")
	writeFile(t, root+"/hotdev.toml", "")
	expect("created config hotdev.toml")
	writeFile(t, root+"/internal/a/a_test.go", "package a // edited")
	expect("modified test internal/a/a_test.go")

	// A package is imported first and written afterwards.
	writeFile(t, root+"/internal/a/a.go", `package a; import _ "example.com/app/internal/b/c"`)
	expect("modified rebuild internal/a/a.go")
	load()
	writeFile(t, root+"/internal/b/c/c.go", "package c")
	expect("created rebuild internal/b/c/c.go")
	load()
	writeFile(t, root+"/internal/b/c/c.go", "package c // edited")
	expect("modified rebuild internal/b/c/c.go")
}
