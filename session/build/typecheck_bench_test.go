package build_test

import (
	"bufio"
	"cmp"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// BenchmarkTypeError measures, from the start of a build with one type error,
// when OnDiagnostics tells it and when the build ends, and when a plain go build
// prints it. They take turns; the times are medians in ms.
func BenchmarkTypeError(b *testing.B) {
	demoRoot, cache, _ := demo(b)
	manyRoot := filepath.Join(b.TempDir(), "many")
	manyApp(b, manyRoot)
	for _, app := range []struct{ name, root, file string }{
		{"demo", demoRoot, "api/wrong.go"},
		{"demo-main", demoRoot, "wrong.go"},
		{"400-packages", manyRoot, "p0/wrong.go"},
		{"400-packages-50-dependents", manyRoot, "p1/wrong.go"},
		{"400-packages-main", manyRoot, "wrong.go"},
	} {
		b.Run(app.name, func(b *testing.B) {
			p := &project{root: app.root}
			name := filepath.Base(filepath.Dir(app.file))
			if name == "." {
				name = "main"
			}
			save := func(value any) {
				if err := p.save(app.file, fmt.Sprintf("package %s\n\nvar wrong int = %#v\n", name, value)); err != nil {
					b.Fatal(err)
				}
			}
			builder := build.New(build.Options{CacheDir: filepath.Join(cache, app.name), Mode: build.Fast})
			defer builder.Close()
			r := build.Request{Root: app.root, Debug: true}
			save(0)
			defer save(0)
			for range 2 {
				if res := builder.Build(b.Context(), r); res.Err != nil {
					b.Fatal(res.Err)
				}
				builder.Settle()
			}
			if out, err := goBuild(b, app.root).CombinedOutput(); err != nil { // fills the build cache
				b.Fatalf("%v\n%s", err, out)
			}
			var first, end, plain []time.Duration
			n := 0
			for b.Loop() {
				n++
				save(fmt.Sprint("wrong ", n))
				start := time.Now()
				var told time.Duration
				r.OnDiagnostics = func([]diag.Diagnostic) {
					if told == 0 {
						told = time.Since(start)
					}
				}
				res := builder.Build(b.Context(), r)
				took := time.Since(start)
				if res.Binary != nil || res.How.Method != build.Incremental {
					b.Fatalf("the error was not found incrementally (%+v, %v)", res.How, res.Err)
				}
				first, end = append(first, cmp.Or(told, took)), append(end, took) // the compiler may be first
				plain = append(plain, firstLine(b, app.root, "wrong.go:"))
			}
			b.ReportMetric(ms(median(first)), "first-ms")
			b.ReportMetric(ms(median(end)), "end-ms")
			b.ReportMetric(ms(median(plain)), "go-build-ms")
			b.ReportMetric(float64(median(first))/float64(median(plain)), "first/go-build")
		})
	}
}

func goBuild(b *testing.B, dir string) *exec.Cmd {
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", filepath.Join(b.TempDir(), "plain"), ".")
	cmd.Dir = dir
	return cmd
}

// firstLine runs go build and returns how long it takes to print the first line
// with a text.
func firstLine(b *testing.B, dir, text string) (took time.Duration) {
	cmd := goBuild(b, dir)
	out, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if took == 0 && strings.Contains(lines.Text(), text) {
			took = time.Since(start)
		}
	}
	if cmd.Wait() == nil || took == 0 {
		b.Fatal("go build does not find the error")
	}
	return took
}
