package build_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// demo returns a copy of extensions/demo, a Gin app of some 40 MB, with a file
// added to its package api.
func demo(b *testing.B) (root, cache, file string) {
	b.Helper()
	dir := b.TempDir()
	root, cache = filepath.Join(dir, "demo"), filepath.Join(dir, "cache")
	if err := os.CopyFS(root, os.DirFS(filepath.Join("..", "..", "extensions", "demo"))); err != nil {
		b.Fatal(err)
	}
	return root, cache, filepath.Join(root, "api", "bench.go")
}

func write(b *testing.B, file, text string) {
	b.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBuild compares Build, after an edit of one function, with the same go
// build by hand, with a plain one, and with what it saves when the edit changed
// only a comment. All take turns; the times are medians in ms.
func BenchmarkBuild(b *testing.B) {
	root, cache, file := demo(b)
	builder := build.New(build.Options{CacheDir: cache})
	fast := build.New(build.Options{CacheDir: cache + "-fast", Mode: build.Fast})
	defer fast.Close()
	n := 0
	edit := func(comment string) {
		write(b, file, fmt.Sprintf("package api\n\n//go:noinline\nfunc bench() int { return %d } // %s\n\nvar _ = bench()\n", n, comment))
	}
	ours := func() {
		if r := builder.Build(b.Context(), build.Request{Root: root}); r.Binary == nil {
			b.Fatal(r.Err)
		}
	}
	incremental := func() {
		if r := fast.Build(b.Context(), build.Request{Root: root}); r.Binary == nil {
			b.Fatal(r.Err)
		}
		fast.Settle()
	}
	byHand := func(flags ...string) func() {
		return func() {
			cmd := exec.CommandContext(b.Context(), "go", slices.Concat([]string{"build", "-o", filepath.Join(cache, "by-hand")}, flags, []string{"."})...)
			cmd.Dir = root
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
	}
	cases := []struct {
		name    string
		comment bool
		build   func()
		times   []time.Duration
	}{
		{name: "ours", build: ours},
		{name: "fast", build: incremental},
		{name: "same-flags", build: byHand("-buildvcs=false", "-gcflags=./...=-e", "-gcflags=-e", "-ldflags=-compressdwarf=false -B=none")},
		{name: "plain", build: byHand("-buildvcs=false")},
		{name: "ours-comment", comment: true, build: ours},
	}
	edit("")
	for i := range cases {
		cases[i].build() // fills the build cache
	}
	for b.Loop() {
		for i := range cases {
			c := &cases[i]
			if !c.comment {
				n++
				edit("")
			} else {
				edit("")
				ours()
				edit("again")
			}
			start := time.Now()
			c.build()
			c.times = append(c.times, time.Since(start))
		}
	}
	for _, c := range cases {
		b.ReportMetric(ms(median(c.times)), c.name+"-ms")
	}
	b.ReportMetric(float64(median(cases[0].times))/float64(median(cases[2].times)), "ours/same-flags")
	b.ReportMetric(float64(median(cases[0].times))/float64(median(cases[3].times)), "ours/plain")
	b.ReportMetric(float64(median(cases[1].times))/float64(median(cases[3].times)), "fast/plain")
}

// BenchmarkFirstError measures, from the start of a build with one type error,
// when OnDiagnostics tells it and when the build ends. The package with the
// error is imported by main beside one that takes long to compile.
func BenchmarkFirstError(b *testing.B) {
	root, cache, file := demo(b)
	builder := build.New(build.Options{CacheDir: cache})
	slow := filepath.Join(root, "slow")
	if err := os.Mkdir(slow, 0o700); err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(root, "import.go"), "package main\n\nimport _ \"example.com/demo/slow\"\n")
	var first, end []time.Duration
	n := 0
	for b.Loop() {
		n++
		write(b, file, fmt.Sprintf("package api\n\nvar _ int = \"%d\"\n", n))
		var text strings.Builder
		fmt.Fprintf(&text, "package slow\n\nimport \"fmt\"\n\n// Version %d.\n", n)
		for i := range 2000 {
			fmt.Fprintf(&text, "func F%d(x int) string {\n\tif x > %d {\n\t\treturn fmt.Sprint(x, %d)\n\t}\n\treturn \"\"\n}\n", i, i, n)
		}
		write(b, filepath.Join(slow, "slow.go"), text.String())
		start := time.Now()
		var told time.Duration
		r := builder.Build(b.Context(), build.Request{Root: root, OnDiagnostics: func([]diag.Diagnostic) { told = time.Since(start) }})
		if r.Binary != nil || told == 0 {
			b.Fatal("the error was not told early")
		}
		first, end = append(first, told), append(end, time.Since(start))
	}
	b.ReportMetric(ms(median(first)), "first-error-ms")
	b.ReportMetric(ms(median(end)), "end-ms")
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
