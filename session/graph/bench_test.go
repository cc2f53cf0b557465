package graph_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/graph"
)

// workspacePackages is the size of the generated module.
const workspacePackages = 2000

// bigModule writes a module of workspacePackages packages with three Go files
// each, in two levels of directories. The app imports all of them: package n
// imports 2n+1 and 2n+2.
func bigModule(b *testing.B) string {
	root := project(b)
	name := func(n int) string { return fmt.Sprintf("group%02d/pkg%04d", n%40, n) }
	for n := range workspacePackages {
		dir := filepath.Join(root, name(n))
		var imports strings.Builder
		for _, m := range []int{2*n + 1, 2*n + 2} {
			if m < workspacePackages {
				fmt.Fprintf(&imports, "import _ %q\n", "example.com/app/"+name(m))
			}
		}
		pkg := filepath.Base(dir)
		write(b, filepath.Join(dir, "a.go"), "package "+pkg+"\n\nimport \"fmt\"\n\n"+imports.String()+"\nfunc A() string { return fmt.Sprint(1) }\n")
		for _, file := range []string{"b", "c"} {
			var src strings.Builder
			fmt.Fprintf(&src, "package %s\n\nimport (\n\t\"strconv\"\n\t\"strings\"\n)\n", pkg)
			for i := range 30 {
				fmt.Fprintf(&src, "\n// %s%d is of no use.\nfunc %s%d(n int) string { return strings.ToUpper(strconv.Itoa(n + %d)) }\n", file, i, file, i, i)
			}
			write(b, filepath.Join(dir, file+".go"), src.String())
		}
	}
	write(b, filepath.Join(root, "main.go"), fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", "example.com/app/"+name(0)))
	write(b, filepath.Join(root, "web/static/site.css"), "")
	return root
}

func BenchmarkGraph(b *testing.B) {
	root := bigModule(b)
	g, err := graph.Load(b.Context(), graph.Options{Root: root})
	if err != nil {
		b.Fatal(err)
	}
	if n := len(g.Packages()); n != workspacePackages+1 {
		b.Fatalf("%d packages", n)
	}
	b.Run("Load", func(b *testing.B) {
		for b.Loop() {
			if _, err := graph.Load(b.Context(), graph.Options{Root: root}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(g.Dirs())), "watches")
	})
	for name, file := range map[string]string{
		"known":   "group07/pkg0007/b.go",
		"new":     "group07/pkg0007/new.go",
		"static":  "web/static/site.css",
		"outside": "README",
	} {
		path := filepath.Join(root, file)
		b.Run("Classify/"+name, func(b *testing.B) {
			for b.Loop() {
				g.Classify(path)
			}
		})
		// From an event to what the session does about it.
		b.Run("Decide/"+name, func(b *testing.B) {
			for b.Loop() {
				g.Classify(path)
				g.NeedsReload(path)
			}
		})
	}
}
