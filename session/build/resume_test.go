package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// again makes the project's builder another one, as a new daemon does.
func (p *project) again(mode build.Mode) {
	p.Helper()
	p.builder.Close()
	p.incrementally(mode)
}

// TestResume holds that the first build of a Builder goes on from an earlier one's
// and makes what go build makes, and that this is found out at once.
func TestResume(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]build.Mode{"exact": build.Exact, "fast": build.Fast} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, hello)
			oracle := build.New(build.Options{CacheDir: p.cache + "-oracle"})
			r := build.Request{Root: p.root, Debug: true}
			p.incrementally(mode)
			first := p.mustBuildBy(r, "not known yet").Binary
			for _, edit := range []struct{ what, old, new, prints string }{
				{"nothing", "", "", "hello none"},
				{"an inlinable body", `"hello"`, `"one"`, "one none"},
				{"lines above", "func Hello", "//\n\nfunc Hello", "one none"},
				{"undone", `"one"`, `"hello"`, "hello none"},
			} {
				if edit.old != "" {
					p.replace("words/words.go", edit.old, edit.new)
				}
				p.again(mode)
				res := p.mustBuildBy(r, "")
				if got := run(t, res.Binary.Path); got != edit.prints {
					t.Errorf("%s: it prints %q", edit.what, got)
				}
				if edit.what == "nothing" && res.Binary.BuildID != first.BuildID {
					t.Errorf("nothing changed: it is %+v, and was %+v", res.Binary, first)
				}
				if !p.builder.Compared() {
					t.Errorf("%s: it was not compared with what go build makes", edit.what)
				}
				out := filepath.Join(t.TempDir(), "plain")
				id, err := p.builder.LinkPlain(t.Context(), out)
				if want := oracle.Build(t.Context(), r); err != nil || want.Binary == nil || id != want.Binary.BuildID {
					t.Errorf("%s: it is another program than go build's: %v, %v", edit.what, err, want.Err)
				}
			}
		})
	}
}

// TestResumeIsRefused holds that go build is used when it is not certain that what
// was kept holds, that the reason is told, and that this is over after that build.
func TestResumeIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		harm   func(p *project, r *build.Request)
	}{
		{"go.mod changed", func(p *project, _ *build.Request) { p.replace("go.mod", "go 1.26", "go 1.25") }},
		{"new.go is new", func(p *project, _ *build.Request) { p.write("words/new.go", "package words\n") }},
		{"the flags", func(_ *project, r *build.Request) { r.Optimize = true }},
		{"the environment", func(_ *project, r *build.Request) { r.Env = append(os.Environ(), "GOAMD64=v2") }},
		{"damaged", func(p *project, _ *build.Request) {
			if err := os.Truncate(filepath.Join(p.cache, "incremental", "kept"), 1000); err != nil {
				p.Fatal(err)
			}
		}},
		{"gone or damaged", func(p *project, _ *build.Request) {
			for _, name := range listFiles(p.T, filepath.Join(p.cache, "incremental", "published")) {
				path := filepath.Join(p.cache, "incremental", "published", name)
				if err := os.WriteFile(path, []byte(strings.Replace(read(p.T, path), "one", "two", 1)), 0o600); err != nil {
					p.Fatal(err)
				}
			}
		}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, hello)
			r := build.Request{Debug: true}
			p.incrementally(build.Fast)
			p.mustBuildBy(r, "not known yet")
			p.replace("words/words.go", "hello", "one")
			p.mustBuildBy(r, "")
			p.builder.Close()
			tc.harm(p, &r)
			p.incrementally(build.Fast)
			if got := run(t, p.mustBuildBy(r, tc.reason).Binary.Path); got != "one none" {
				t.Errorf("it prints %q", got)
			}
			p.replace("words/words.go", "one", "three")
			if got := run(t, p.mustBuildBy(r, "").Binary.Path); got != "three none" {
				t.Errorf("then it prints %q", got)
			}
		})
	}
}

// TestResumedExecutable holds that an executable that an earlier Builder has linked
// runs if its bytes are the same, and that there is debug information for it.
func TestResumedExecutable(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	r := build.Request{Debug: true}
	p.incrementally(build.Fast)
	p.mustBuildBy(r, "not known yet")
	for _, edit := range [][2]string{{"hello", "one"}, {"one", "two"}} { // the second Builder links differently: there is no linker yet that waits
		p.replace("words/words.go", `"`+edit[0]+`"`, `"`+edit[1]+`"`)
		linked := p.mustBuildBy(r, "")
		if hasDebugInfo(t, linked.Binary.Path) {
			t.Fatalf("it was linked by %q", linked.How.Link)
		}
		want := read(t, linked.Binary.Path)
		p.again(build.Fast)
		res := p.mustBuildBy(r, "")
		if res.Link >= linked.Link || res.How.Link != linked.How.Link || read(t, res.Binary.Path) != want {
			t.Errorf("it was linked again in %v, by %q", res.Link, res.How.Link)
		}
		if twin := p.debugFile(res.Binary.Path); !hasDebugInfo(t, twin) || run(t, twin) != edit[1]+" none" {
			t.Error("its debug twin is not right")
		}
		p.again(build.Fast)
	}
	p.mustBuildBy(r, "")
	p.builder.Close()
	executables := filepath.Join(p.cache, "incremental", "executables")
	for _, name := range listFiles(t, executables) {
		if err := os.WriteFile(filepath.Join(executables, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.incrementally(build.Fast)
	if got := run(t, p.mustBuildBy(r, "").Binary.Path); got != "two none" {
		t.Errorf("after the executable was damaged it prints %q", got)
	}
}
