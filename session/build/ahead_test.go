package build_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/target"
)

// ahead builds as if old were replaced in the file name.
func (p *project) ahead(ctx context.Context, r build.Request, name, old, new string) error {
	p.Helper()
	_, err := p.madeAhead(ctx, r, name, old, new)
	return err
}

// madeAhead is ahead, and returns what came of it.
func (p *project) madeAhead(ctx context.Context, r build.Request, name, old, new string) (*target.Binary, error) {
	p.Helper()
	r.Root = p.root
	bin, _, err := p.builder.Ahead(ctx, r, map[string][]byte{p.path(name): []byte(p.edited(name, old, new))})
	return bin, err
}

// TestMadeAhead holds that what is made ahead is what the build then returns, that it
// stays until two others were made since, and gives way to one with debug information.
func TestMadeAhead(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	first := p.mustBuildBy(r, "not known yet").Binary
	r.Keep = []string{first.Path}
	made := func(word string) *target.Binary {
		t.Helper()
		bin, err := p.madeAhead(t.Context(), r, "words/words.go", "hello", word)
		if err != nil {
			t.Fatal(err)
		}
		return bin
	}
	if same := made("hello"); same.Path != first.Path || same.BuildID != first.BuildID {
		t.Errorf("%+v was made of what was built, want %+v", same, first)
	}
	one, two := made("one"), made("two")
	if again := made("one"); *again != *one {
		t.Errorf("%+v instead of %+v", again, one)
	}
	three := made("three")
	for bin, stays := range map[*target.Binary]bool{first: true, one: true, two: false, three: true} {
		if _, err := os.Stat(bin.Path); (err == nil) != stays {
			t.Errorf("%s: %v", bin.Path, err)
		}
	}
	p.replace("words/words.go", "hello", "one")
	res := p.mustBuildBy(r, "")
	if got := *res.Binary; !res.Ahead || got != *one || run(t, got.Path) != "one none" {
		t.Errorf("%+v was built, %+v made ahead", got, one)
	}
	r.Keep = append(r.Keep, one.Path)
	four, err := p.madeAhead(t.Context(), r, "words/words.go", "one", "four")
	if err != nil {
		t.Fatal(err)
	}
	r.Debugged = true
	p.replace("words/words.go", "one", "four")
	debugged := p.mustBuildBy(r, "").Binary
	if dir, err := p.builder.DebugInfo(t.Context(), debugged.Path); err != nil || dir != "" || debugged.BuildID != four.BuildID {
		t.Errorf("%+v has its debug information in %q, %v; %+v was made ahead without", debugged, dir, err, four)
	}
}

// TestAhead holds that a save of what was built before is found to be done, and
// that there is room for the next executable then.
func TestAhead(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	if err := p.ahead(t.Context(), r, "words/words.go", "hello", "too early"); err == nil || !strings.Contains(err.Error(), "not known yet") {
		t.Errorf("before the first build: %v", err)
	}
	first := p.mustBuildBy(r, "not known yet").Binary
	r.Keep = []string{first.Path}
	if err := p.ahead(t.Context(), r, "words/words.go", "hello", "good day"); err != nil {
		t.Fatal(err)
	}
	p.replace("words/words.go", "hello", "good day")
	res := p.mustBuildBy(r, "")
	if !res.Ahead || run(t, res.Binary.Path) != "good day none" || res.Binary.BuildID == first.BuildID {
		t.Errorf("the build of what was built ahead: %+v", res)
	}
	if err := p.ahead(t.Context(), r, "words/words.go", "good day", "never saved"); err != nil {
		t.Fatal(err)
	}
	p.replace("words/words.go", "good day", "good evening")
	other := p.mustBuildBy(r, "")
	if other.Ahead || run(t, other.Binary.Path) != "good evening none" {
		t.Errorf("the build of something else: %+v", other)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.ahead(ended, r, "words/words.go", "good evening", "other"); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	if err := p.ahead(t.Context(), r, "words/words.go", `"good evening"`, "1"); err == nil || !strings.Contains(err.Error(), "does not compile") {
		t.Errorf("a type error: %v", err)
	}
	for _, bin := range []*target.Binary{first, res.Binary, other.Binary} {
		if _, err := os.Stat(bin.Path); (err == nil) == (bin == res.Binary) {
			t.Errorf("%s, after a build ahead of the next: %v", bin.Path, err)
		}
	}
}

// TestNotAhead holds who gets nothing ahead.
func TestNotAhead(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	try := func(r build.Request, reason string) {
		t.Helper()
		if err := p.ahead(t.Context(), r, "words/words.go", "hello", "other"); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%v, want %q", err, reason)
		}
	}
	try(build.Request{}, "go build builds")
	p.incrementally(build.Fast)
	try(build.Request{GoBuild: true}, "go build builds")
	try(build.Request{Command: []string{"make"}}, "a [build] command")
	try(build.Request{Flags: []string{"-cover"}}, "the build flag -cover")
	try(build.Request{Flags: []string{"-o", "x"}}, "hotdev decides on the output")
	p.mustBuildBy(build.Request{}, "not known yet")
	try(build.Request{Optimize: true, Debug: true, Race: true}, "the flags")
}
