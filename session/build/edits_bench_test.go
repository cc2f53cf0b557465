package build_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
)

// manyPackages is the size of the app that BenchmarkEdits generates.
const manyPackages = 400

// manyApp writes an app of many packages with an HTTP server in main. Package 1
// has 50 dependents, package 0 one; main imports all of them.
func manyApp(b *testing.B, root string) {
	b.Helper()
	p := &project{root: root}
	save := func(name, text string) {
		if err := p.save(name, text); err != nil {
			b.Fatal(err)
		}
	}
	save("go.mod", "module example.com/many\n\ngo 1.26\n")
	var imports, calls strings.Builder
	for n := range manyPackages {
		text := ""
		if n > 1 && n <= 50 {
			text = "\t\"example.com/many/p1\"\n"
		}
		text = fmt.Sprintf("package p%d\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n%s)\n\nfunc F(x int) string {\n\tdefer recover()\n\treturn fmt.Sprint(x, 0)\n}\n", n, text)
		for i := range 20 {
			text += fmt.Sprintf("\nfunc G%d(s string) string { return strings.Repeat(s, %d) + F(%d) }\n", i, i, i)
		}
		if n > 1 && n <= 50 {
			text += "\nvar _ = p1.F\n"
		}
		save(fmt.Sprintf("p%d/p.go", n), text)
		fmt.Fprintf(&imports, "\t\"example.com/many/p%d\"\n", n)
		fmt.Fprintf(&calls, "\tfmt.Println(p%d.G1(\"x\"))\n", n)
	}
	save("main.go", "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n"+imports.String()+")\n\nfunc main() {\n\tfmt.Println(0)\n"+calls.String()+"\t_ = http.ListenAndServe(\"localhost:0\", nil)\n}\n")
}

// BenchmarkEdits compares, for kinds of edits, an incremental build with go build
// as hotdev would run it and with plain go build. All take turns; the times are
// medians in ms.
func BenchmarkEdits(b *testing.B) {
	dir := b.TempDir()
	root := filepath.Join(dir, "many")
	manyApp(b, root)
	p := &project{root: root}
	fast := build.New(build.Options{CacheDir: filepath.Join(dir, "fast"), Mode: build.Fast})
	defer fast.Close()
	ours := build.New(build.Options{CacheDir: filepath.Join(dir, "ours")})
	r := build.Request{Root: root, Debug: true}
	builders := map[string]func() error{
		"fast": func() error { return fast.Build(b.Context(), r).Err },
		"ours": func() error { return ours.Build(b.Context(), r).Err },
		"plain": func() error {
			cmd := exec.CommandContext(b.Context(), "go", "build", "-o", filepath.Join(dir, "plain"), ".")
			cmd.Dir = root
			return cmd.Run()
		},
	}
	for _, run := range builders { // fill the build cache
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for _, edit := range []struct{ name, file, old, new string }{
		{"leaf", "p0/p.go", "fmt.Sprint(x, 0)", "fmt.Sprint(x, %d)"},
		{"main", "main.go", "fmt.Println(0)", "fmt.Println(%d)"},
		{"50-dependents", "p1/p.go", "fmt.Sprint(x, 0)", "fmt.Sprint(x, %d)"},
		{"50-dependents-line", "p1/p.go", "defer recover()", "if x == %d {\n\t\tpanic(x)\n\t}\n\tdefer recover()"},
	} {
		b.Run(edit.name, func(b *testing.B) {
			text, err := p.read(edit.file)
			if err != nil {
				b.Fatal(err)
			}
			times := map[string][]time.Duration{}
			for b.Loop() {
				for name, run := range builders {
					n++
					if err := p.save(edit.file, strings.Replace(text, edit.old, fmt.Sprintf(edit.new, n), 1)); err != nil {
						b.Fatal(err)
					}
					start := time.Now()
					if err := run(); err != nil {
						b.Fatal(err)
					}
					times[name] = append(times[name], time.Since(start))
					fast.Settle()
				}
			}
			if err := p.save(edit.file, text); err != nil {
				b.Fatal(err)
			}
			for name, list := range times {
				b.ReportMetric(ms(median(list)), name+"-ms")
			}
			b.ReportMetric(float64(median(times["fast"]))/float64(median(times["plain"])), "fast/plain")
			b.ReportMetric(float64(median(times["fast"]))/float64(median(times["ours"])), "fast/ours")
		})
	}
}
