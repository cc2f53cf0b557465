package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// incrementally makes the project's builder one with the given mode.
func (p *project) incrementally(mode build.Mode) {
	p.builder = build.New(build.Options{CacheDir: p.cache, Mode: mode})
	p.Cleanup(p.builder.Close)
}

// mustBuildBy builds and requires an executable, made incrementally or, for the
// reason, by go build.
func (p *project) mustBuildBy(r build.Request, reason string) build.Result {
	p.Helper()
	res := p.mustBuild(r)
	p.builder.Settle()
	want := build.Incremental
	if reason != "" {
		want = build.GoCommand
	}
	if res.How.Method != want || !strings.Contains(res.How.Reason, reason) {
		p.Errorf("it was built by %+v, want the reason %q", res.How, reason)
	}
	return res
}

// TestLull holds that what waits for the end of the lull keeps nobody else waiting.
func TestLull(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.builder = build.New(build.Options{CacheDir: p.cache, Mode: build.Fast, Lull: func(ctx context.Context) { <-ctx.Done() }})
	defer p.builder.Close()
	p.mustBuildBy(build.Request{}, "not known yet")
	for _, words := range [][2]string{{"hello", "good day"}, {"good day", "good evening"}} {
		p.replace("words/words.go", words[0], words[1])
		if res := p.mustBuild(build.Request{}); res.How.Method != build.Incremental || run(t, res.Binary.Path) != words[1]+" none" {
			t.Errorf("the build of %q: %+v", words[1], res)
		}
	}
}

func TestIncremental(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	first := p.mustBuildBy(build.Request{Rev: 1, Debug: true}, "not known yet")
	p.replace("words/words.go", `"hello"`, `"good day"`)
	bin := p.mustBuildBy(build.Request{Rev: 2, Debug: true}, "").Binary
	if run(t, bin.Path) != "good day none" || bin.Rev != 2 || !bin.Debuggable || bin.BuildID == first.Binary.BuildID {
		t.Errorf("the second build made %+v", bin)
	}
	p.replace("words/words.go", `"good day"`, `"good evening"`)
	if res := p.mustBuild(build.Request{Rev: 3, Debug: true, GoBuild: true, Keep: []string{first.Binary.Path}}); res.How.Method != build.GoCommand || run(t, res.Binary.Path) != "good evening none" {
		t.Errorf("go build, which was asked for, made %+v", res)
	}
	p.replace("words/words.go", `"good evening"`, `"hello"`)
	if same := p.mustBuildBy(build.Request{Rev: 3, Debug: true, Keep: []string{first.Binary.Path}}, "").Binary; same.Path != first.Binary.Path {
		t.Errorf("the change undone made %+v", same)
	}
	for range 2 { // nothing to link the second time
		if bin := p.mustBuildBy(build.Request{Debug: true, Optimize: true, Keep: []string{first.Binary.Path}}, "the flags").Binary; run(t, bin.Path) != "hello none" {
			t.Errorf("other flags made %+v", bin)
		}
		p.mustBuildBy(build.Request{Debug: true}, "the flags")
	}
}

// TestIncrementalFailure holds that a failed build is told as go build tells it,
// and that the one after it is right.
func TestIncrementalFailure(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	p.mustBuildBy(build.Request{}, "not known yet")
	p.replace("words/words.go", `return "hello"`, "return 1 + undefined")
	var lines []string
	res := p.build(build.Request{Output: func(line string) { lines = append(lines, line) }})
	if res.Binary != nil || res.How.Method != build.Incremental || res.Err == nil || !strings.HasPrefix(res.Err.Error(), "words/words.go:5: undefined: undefined") {
		t.Errorf("a type error: %+v", res)
	}
	want := []string{"# example.com/app/words", filepath.FromSlash("words/words.go:5:13: undefined: undefined")}
	if !slices.Equal(lines, want) {
		t.Errorf("the build log is %q", lines)
	}
	p.replace("words/words.go", "return 1 + undefined", `return "mended"`)
	if got := run(t, p.mustBuildBy(build.Request{}, "").Binary.Path); got != "mended none" {
		t.Errorf("after the type error was mended it prints %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.replace("words/words.go", "mended", "again")
	if res := p.builder.Build(ctx, build.Request{Root: p.root}); !res.Canceled || !errors.Is(res.Err, context.Canceled) {
		t.Errorf("a build whose context has ended: %+v", res)
	}
	if got := run(t, p.mustBuildBy(build.Request{}, "").Binary.Path); got != "again none" {
		t.Errorf("after a cancelled build it prints %q", got)
	}
}

// TestRefusedFlags holds that go build does what is not known here.
func TestRefusedFlags(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	for _, flags := range [][]string{{"-cover"}, {"-buildmode", "pie"}, {"-buildvcs=auto"}, {"-pgo=off"}} {
		for range 2 {
			p.mustBuildBy(build.Request{Flags: flags}, "the build flag -"+strings.FieldsFunc(flags[0], func(c rune) bool { return c == '-' || c == '=' })[0])
		}
	}
	p.mustBuildBy(build.Request{Flags: []string{"-tags=x", "--ldflags=-X=main.version=given"}}, "not known yet")
	p.replace("main.go", "first", "other")
	if got := run(t, p.mustBuildBy(build.Request{Flags: []string{"-tags=x", "--ldflags=-X=main.version=given"}}, "").Binary.Path); got != "hello given" {
		t.Errorf("it prints %q", got)
	}
}

// TestCheck holds that a program that go build would not make turns off, one
// after the other, the ways to save work, until what shows it is removed.
func TestCheck(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.replace("words/words.go", "func Hello", "//\n//go:noinline\nfunc Hello")
	told := make(chan string, 1)
	p.builder = build.New(build.Options{CacheDir: p.cache, Mode: build.Fast, OnDifference: func(why string) { told <- why }})
	t.Cleanup(p.builder.Close)
	evidence := filepath.Join(p.cache, "incremental-differs")
	r := build.Request{Root: p.root}
	p.mustBuildBy(r, "not known yet")
	check := func() {
		t.Helper()
		if err := p.builder.Check(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(old, new string) (archive string) {
		t.Helper()
		p.replace("words/words.go", old, new)
		p.mustBuildBy(r, "")
		var newest os.FileInfo
		for _, name := range listFiles(t, filepath.Join(p.cache, "incremental", "published")) {
			path := filepath.Join(p.cache, "incremental", "published", name)
			if info, err := os.Stat(path); err == nil && (newest == nil || info.ModTime().After(newest.ModTime())) && strings.Contains(read(t, path), new) {
				newest, archive = info, path
			}
		}
		return archive
	}
	// forge puts the archive of an older version in the place of the newest one.
	forge := func(word, next string) {
		t.Helper()
		older := read(t, edit(word, next+"-1"))
		newest := edit(next+"-1", next+"-2")
		if err := os.WriteFile(newest, []byte(older), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit("hello", "checked")
	check()
	p.mustBuildBy(r, "")
	forge("checked", "first")
	check()
	p.mustBuildBy(r, "was not what go build makes")
	if why := <-told; !strings.Contains(why, filepath.Join(evidence, "interface")) {
		t.Errorf("it was told %q", why)
	}
	for _, name := range []string{"README", "by-go-build", "program", "sources/go.mod", "sources/words/words.go", "archives/example.com/app/words.a"} {
		if _, err := os.Stat(filepath.Join(evidence, "interface", filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if res := p.mustBuild(r); res.How.Method != build.Incremental || !strings.Contains(res.How.Reason, "was not what go build makes") {
		t.Errorf("with less trust: %+v", res.How)
	}
	forge("first-2", "second")
	check()
	<-told
	again := func() {
		t.Helper()
		if got := run(t, p.mustBuildBy(r, "was not what go build makes").Binary.Path); got != "second-2 none" {
			t.Errorf("it prints %q", got)
		}
	}
	again()
	again()
	p.builder.Close()
	p.incrementally(build.Fast) // a later Builder knows
	again()
	if err := os.RemoveAll(evidence); err != nil {
		t.Fatal(err)
	}
	p.builder.Close()
	p.incrementally(build.Fast)
	p.mustBuildBy(r, "not known yet")
}

// TestCheckFindsTheSame holds that the comparison takes nothing for a difference
// that is none, in programs that the linker is told more of than usual.
func TestCheckFindsTheSame(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"the defaults of an older Go": nil, // linked in as a string
		"a linked string":             {"-ldflags=-X=main.version=given"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, hello+`-- go.mod --
module example.com/app

go 1.20
-- words/c.go --
package words

// int one(void) { return 1; }
import "C"

func One() int { return int(C.one()) }
`)
			p.replace("main.go", "version)", "version, words.One())")
			p.builder = build.New(build.Options{CacheDir: p.cache, Mode: build.Fast, OnDifference: func(why string) { t.Error(why) }})
			t.Cleanup(p.builder.Close)
			r := build.Request{Root: p.root, Flags: flags}
			p.mustBuildBy(r, "not known yet")
			p.replace("main.go", `" "`, `"-"`)
			p.mustBuildBy(r, "")
			if err := p.builder.Check(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			p.replace("main.go", `"-"`, `"+"`)
			p.mustBuildBy(r, "")
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestLearningIsGivenUp holds that what cannot be learned is not tried for ever.
func TestLearningIsGivenUp(t *testing.T) {
	t.Parallel()
	p := newProject(t, "-- main.go --\npackage main\n\nfunc main() {}\n")
	p.incrementally(build.Fast)
	r := build.Request{Env: append(os.Environ(), "GO111MODULE=off")}
	p.mustBuildBy(r, "not known yet")
	for range 4 {
		p.mustBuildBy(r, "not built from a module")
	}
}

// TestForecast holds that what is said of a change is what becomes of it.
func TestForecast(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello+`
-- words/words.s --
-- data/data.go --
package data

import _ "embed"

//go:embed motto.txt
var Motto string
-- data/motto.txt --
no
-- other.go --
package main

import _ "example.com/app/data"
`)
	p.incrementally(build.Fast)
	if how := p.builder.Forecast(p.path("main.go")); how != (build.How{}) {
		t.Errorf("before the first build: %+v", how)
	}
	p.mustBuildBy(build.Request{}, "not known yet")
	for _, c := range []struct{ file, added, reason string }{
		{"main.go", "\n", ""},
		{"data/motto.txt", "more", ""},
		{"words/words.go", "\n", "assembly"},
		{"words/words.s", "\n", "assembly"},
		{"new.go", "package main\n", "new.go is new"},
		{"go.mod", "\n", "go.mod"},
	} {
		how := p.builder.Forecast(p.path(c.file))
		if (how.Method == build.Incremental) != (c.reason == "") || !strings.Contains(how.Reason, c.reason) {
			t.Errorf("of %s: %+v, want the reason %q", c.file, how, c.reason)
		}
		text, _ := p.read(c.file) // "" for one that is new
		p.write(c.file, text+c.added)
		p.mustBuildBy(build.Request{}, c.reason)
	}
	p.mustBuild(build.Request{GoBuild: true})
	if how := p.builder.Forecast(p.path("main.go")); how.Method != build.GoCommand || how.Reason == "" {
		t.Errorf("after go build was asked for: %+v", how)
	}
}
