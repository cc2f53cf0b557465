package build_test

import (
	"debug/buildinfo"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
)

// hello prints a version, from two packages.
const hello = `
-- main.go --
package main

import (
	"fmt"

	"example.com/app/words"
)

var version = "none"

func main() {
	// first words
	fmt.Print(words.Hello(), " ", version)
}
-- words/words.go --
package words

// Hello greets.
func Hello() string {
	return "hello"
}
`

func TestBuild(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	before := listFiles(t, p.root)
	res := p.mustBuild(build.Request{Rev: 7, Package: "example.com/app"})
	bin := res.Binary
	if got := run(t, bin.Path); got != "hello none" {
		t.Errorf("it prints %q", got)
	}
	if bin.Rev != 7 || bin.Package != "example.com/app" || bin.Debuggable || bin.BuildID == "" || !filepath.IsAbs(bin.Path) {
		t.Errorf("binary is %+v", bin)
	}
	if name := strings.TrimSuffix(filepath.Base(bin.Path), ".exe"); name != "app" {
		t.Errorf("the executable is called %s", name)
	}
	if res.Compile <= 0 || res.Link <= 0 || len(res.Diagnostics) != 0 || res.Canceled {
		t.Errorf("result is %+v", res)
	}
	if after := listFiles(t, p.root); !slices.Equal(before, after) {
		t.Errorf("the project held %v, and now %v", before, after)
	}
	if got := listFiles(t, p.cache); len(got) != 2 || filepath.Join(p.cache, got[0]) != bin.Path {
		t.Errorf("the cache directory holds %v", got)
	}
	if info, err := os.Stat(filepath.Join(p.cache, "slots")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("slots: %v, %v", info.Mode(), err)
	}
}

// TestSameProgram holds that equal code gives the same Path and BuildID, and
// other code other ones.
func TestSameProgram(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	first := p.mustBuild(build.Request{Rev: 1}).Binary
	keep := []string{first.Path}
	same := func(what string) {
		t.Helper()
		if got := p.mustBuild(build.Request{Rev: 2, Keep: keep}).Binary; got.Path != first.Path || got.BuildID != first.BuildID || got.Rev != 2 {
			t.Errorf("%s: %+v instead of %+v", what, got, first)
		}
	}
	same("nothing changed")
	p.replace("words/words.go", "Hello greets.", "Hello says hello.")
	same("a comment in a dependency")
	if runtime.GOOS == "linux" { // elsewhere the linker puts an ID of the inputs into the program
		p.replace("main.go", "first words", "opening words")
		same("a comment in package main")
	}
	p.builder = build.New(build.Options{CacheDir: p.cache})
	keep = nil
	same("after a restart of hotdev")
	keep = []string{first.Path}

	p.replace("words/words.go", `"hello"`, `"good day"`)
	second := p.mustBuild(build.Request{Rev: 3, Keep: keep}).Binary
	if second.Path == first.Path || second.BuildID == first.BuildID {
		t.Errorf("other code, the same program %+v", second)
	}
	if a, b := run(t, first.Path), run(t, second.Path); a != "hello none" || b != "good day none" {
		t.Errorf("the first prints %q, the second %q", a, b)
	}
	p.replace("words/words.go", `"good day"`, `"hello"`)
	same("the change undone")
}

// TestSameProgramWithC is TestSameProgram for what gcc links. A comment in a
// file with C code is another matter: cgo's symbols hold a hash of the file.
func TestSameProgramWithC(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || !cgoWorks(t) {
		t.Skip("needs gcc")
	}
	p := newProject(t, `
-- main.go --
package main

import "fmt"

func main() {
	// The answer.
	fmt.Print(twice(21))
}
-- twice.go --
package main

// static int twice(int n) { return 2 * n; }
import "C"

func twice(n int) int { return int(C.twice(C.int(n))) }
`)
	first := p.mustBuild(build.Request{Debug: true}).Binary
	p.replace("main.go", "The answer", "Our answer")
	again := p.mustBuild(build.Request{Debug: true, Keep: []string{first.Path}}).Binary
	if again.Path != first.Path || run(t, again.Path) != "42" {
		t.Errorf("%+v instead of %+v", again, first)
	}
	p.replace("main.go", "21", "22")
	if second := p.mustBuild(build.Request{Debug: true, Keep: []string{first.Path}}).Binary; second.BuildID == first.BuildID || run(t, second.Path) != "44" {
		t.Errorf("%+v is no other than %+v", second, first)
	}
}

func TestKeptExecutablesStay(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	var keep, want []string
	for i := range 10 {
		word := strings.Repeat("x", i+1)
		p.write("words/words.go", "package words\n\nfunc Hello() string { return \""+word+"\" }\n")
		keep = append(keep, p.mustBuild(build.Request{Keep: keep}).Binary.Path)
		want = append(want, word+" none")
	}
	p.write("words/words.go", "package words\n\nfunc Hello() string { return \"y\" }\n")
	res := p.build(build.Request{Keep: keep})
	if res.Binary != nil || res.Err == nil || !strings.Contains(res.Err.Error(), "all 10 slots") || len(res.Diagnostics) != 1 {
		t.Errorf("one executable more: %+v", res)
	}
	for i, path := range keep {
		if got := run(t, path); got != want[i] {
			t.Errorf("executable %d prints %q instead of %q", i, got, want[i])
		}
	}
	// The newest is not among those to keep, but what the next one is made from.
	if got := p.mustBuild(build.Request{Keep: keep[1:9]}).Binary.Path; got != keep[0] {
		t.Errorf("it was put into %s instead of the free place %s", got, keep[0])
	}
}

// TestFlags holds that hotdev's flags and the developer's are joined.
func TestFlags(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello+`
-- tagged.go --
//go:build special && both

package main

func init() { version = "tagged" }
-- raced.go --
//go:build race

package main

func init() { version = "raced" }
`)
	for _, tc := range []struct {
		name  string
		r     build.Request
		print string
		flags map[string]string // in the build information
	}{
		{name: "none", print: "hello none"},
		{name: "ldflags", r: build.Request{Flags: []string{"-ldflags", "-X main.version=given"}}, print: "hello given"},
		{name: "ldflags with pattern", r: build.Request{Flags: []string{"--ldflags=example.com/...=-X=main.version=given"}}, print: "hello given"},
		{name: "ldflags in GOFLAGS", r: build.Request{Env: append(os.Environ(), "GOFLAGS='-ldflags=-X main.version=given' -trimpath")}, print: "hello given", flags: map[string]string{"-trimpath": "true"}},
		{name: "tags of both kinds", r: build.Request{Flags: []string{"-tags=special"}, Tags: []string{"both"}}, print: "hello tagged"},
		{name: "debug", r: build.Request{Debug: true}, print: "hello none", flags: map[string]string{"-gcflags": "-e -N -l"}},
		{name: "debug, optimized", r: build.Request{Debug: true, Optimize: true}, print: "hello none", flags: map[string]string{"-gcflags": "-e"}},
		{name: "gcflags", r: build.Request{Debug: true, Flags: []string{"-gcflags=-d=panic"}}, print: "hello none", flags: map[string]string{"-gcflags": "-e -N -l -d=panic"}},
		{name: "gcflags with pattern", r: build.Request{Debug: true, Flags: []string{"-gcflags=example.com/...=-d=panic"}}, print: "hello none", flags: map[string]string{"-gcflags": "example.com/...=-e -N -l -d=panic"}},
		{name: "race", r: build.Request{Race: true}, print: "hello raced", flags: map[string]string{"-race": "true"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.r.Race && !cgoWorks(t) {
				t.Skip("the race detector needs cgo")
			}
			bin := p.mustBuild(tc.r).Binary
			if got := run(t, bin.Path); got != tc.print {
				t.Errorf("it prints %q instead of %q", got, tc.print)
			}
			if bin.Debuggable != (tc.r.Debug && !tc.r.Optimize) {
				t.Errorf("debuggable: %v", bin.Debuggable)
			}
			info, err := buildinfo.ReadFile(bin.Path)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, s := range info.Settings {
				got[s.Key] = s.Value
			}
			for key, value := range tc.flags {
				if got[key] != value {
					t.Errorf("%s is %q instead of %q", key, got[key], value)
				}
			}
			if got["vcs.revision"] != "" {
				t.Error("the state of the repository is in the program")
			}
		})
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	for _, flags := range [][]string{{"-o", "x"}, {"-C=x"}, {"./cmd"}, {"-ldflags"}, {"-frobnicate"}} {
		res := p.build(build.Request{Flags: flags})
		if res.Binary != nil || res.Err == nil || !strings.Contains(res.Err.Error(), strings.Trim(flags[0], "-=x")) {
			t.Errorf("%q: %+v, %v", flags, res.Binary, res.Err)
		}
		if len(res.Diagnostics) != 1 || filepath.Base(res.Diagnostics[0].File) != "main.go" {
			t.Errorf("%q: %s", flags, show(res.Diagnostics))
		}
	}
}

// TestGraph builds in a project with a replaced module beside the root: all
// errors of all own packages are told, not the first ten.
func TestGraph(t *testing.T) {
	t.Parallel()
	calls := "\n\nfunc F() {\n" + strings.Repeat("\tundefined()\n", 20) + "}\n"
	p := newProject(t, `
-- go.mod --
module example.com/app

go 1.26

require example.com/lib v0.0.0

replace example.com/lib => ../lib
-- cmd/server/v2/main.go --
package main

import (
	_ "example.com/app/inner"
	_ "example.com/lib/outer"
)

func main() {}
-- inner/inner.go --
package inner`+calls+`
-- ../lib/go.mod --
module example.com/lib

go 1.26
-- ../lib/outer/outer.go --
package outer`+calls)
	load := func() *graph.Graph {
		g, err := graph.Load(t.Context(), graph.Options{Root: p.root})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	res := p.build(build.Request{Graph: load(), Package: "example.com/app/cmd/server/v2"})
	count := map[string]int{}
	for _, d := range res.Diagnostics {
		count[d.File]++
	}
	if count[p.path("inner/inner.go")] != 20 || count[p.path("../lib/outer/outer.go")] != 20 || len(count) != 2 {
		t.Errorf("errors by file: %v", count)
	}
	if res.Err == nil || !strings.HasSuffix(res.Err.Error(), "undefined: undefined (and 39 more)") {
		t.Errorf("the reason is %v", res.Err)
	}
	p.replace("inner/inner.go", "\tundefined()\n", "")
	p.replace("../lib/outer/outer.go", "\tundefined()\n", "")
	bin := p.mustBuild(build.Request{Graph: load()}).Binary
	if bin.Package != "example.com/app/cmd/server/v2" || strings.TrimSuffix(filepath.Base(bin.Path), ".exe") != "server" {
		t.Errorf("binary is %+v", bin)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, files, pkg, want string }{
		{"no program", "-- main.go --\npackage app\n", "", "not called main"},
		{"no package", hello, "./absent", "absent"},
		{"no go.mod", hello + "-- go.mod --\nmodule\n", "", "go.mod:1: "},
		{"newer go", hello + "-- go.mod --\nmodule example.com/app\n\ngo 1.999\n", "", "go.mod:3: "},
		{"bad go.work", hello + "-- go.work --\ngo 1.26\n\nfrobnicate\n", "", "go.work:3: "},
		{"type error", "-- main.go --\npackage main\n\nfunc main() { f() }\n", "", "main.go:3: undefined: f"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newProject(t, tc.files)
			res := p.build(build.Request{Package: tc.pkg})
			if res.Binary != nil || res.Canceled || res.Err == nil || !strings.Contains(res.Err.Error(), tc.want) || strings.Contains(res.Err.Error(), "\n") {
				t.Errorf("result is %+v, want error %q", res, tc.want)
			}
			if !slices.ContainsFunc(res.Diagnostics, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }) {
				t.Error("no diagnostic")
			}
			if got := listFiles(t, p.cache); len(got) != 0 {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}

// TestFailureKeepsExecutables holds that a failed build touches no executable.
func TestFailureKeepsExecutables(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	bin := p.mustBuild(build.Request{}).Binary
	p.replace("main.go", "func main", "fun main")
	if res := p.build(build.Request{Keep: []string{bin.Path}}); res.Binary != nil {
		t.Errorf("%+v", res.Binary)
	}
	if got := listFiles(t, p.cache); len(got) != 2 || filepath.Join(p.cache, got[0]) != bin.Path {
		t.Errorf("the cache directory holds %v", got)
	}
	if got := run(t, bin.Path); got != "hello none" {
		t.Errorf("it prints %q", got)
	}
}

// TestEarlyDiagnostics holds that the errors of one package are told while
// another is still being compiled.
func TestEarlyDiagnostics(t *testing.T) {
	t.Parallel()
	p := newProject(t, `
-- main.go --
package main

import (
	_ "example.com/app/broken"
	_ "example.com/app/slow"
)

func main() {}
-- broken/broken.go --
package broken

var X int = "s"
-- slow/slow.go --
package slow
`)
	g := newGate(t)
	told := make(chan []diag.Diagnostic, 1)
	var lines []string
	done := make(chan build.Result, 1)
	go func() {
		done <- p.build(build.Request{
			Flags:         []string{"-toolexec=" + os.Args[0]},
			Env:           g.env("example.com/app/slow"),
			OnDiagnostics: func(list []diag.Diagnostic) { told <- list },
			Output:        func(line string) { lines = append(lines, line) },
		})
	}()
	slow := g.arrive(t)
	early := <-told // slow is not compiled before we let it go
	slow.Close()
	res := <-done
	if len(early) != 1 || early[0].File != p.path("broken/broken.go") || early[0].Line != 3 {
		t.Errorf("told early: %s", show(early))
	}
	if !slices.EqualFunc(early, res.Diagnostics, func(a, b diag.Diagnostic) bool { return a.Span == b.Span && a.Message == b.Message }) {
		t.Errorf("told early: %s; at the end: %s", show(early), show(res.Diagnostics))
	}
	if len(lines) != 2 || lines[0] != "# example.com/app/broken" || !strings.HasPrefix(filepath.ToSlash(lines[1]), "broken/broken.go:3:13: ") {
		t.Errorf("the build log is %q", lines)
	}
}

func TestConcurrentBuilds(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			if i == 2 {
				p.builder.Vet(t.Context(), build.Request{Root: p.root})
				return
			}
			if res := p.build(build.Request{Rev: i}); res.Binary == nil {
				t.Errorf("build %d: %v", i, res.Err)
			}
		})
	}
	wg.Wait()
}

// listFiles returns the files below dir, relative to it.
func listFiles(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(dir, path)
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// cgoWorks reports whether C can be compiled, which the race detector needs too.
func cgoWorks(t *testing.T) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "CGO_ENABLED").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out)) == "1"
}
