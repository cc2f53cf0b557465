package build_test

import (
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// incrementally makes the project's builder one with the given mode.
func (p *project) incrementally(mode build.Mode) {
	p.builder = build.New(build.Options{CacheDir: p.cache, Mode: mode})
	p.Cleanup(p.builder.Close)
}

func TestIncremental(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	first := p.mustBuild(build.Request{Debug: true})
	if first.Incremental || !strings.Contains(first.Fallback, "not known yet") {
		t.Errorf("the first build: %+v", first)
	}
	p.replace("words/words.go", `"hello"`, `"good day"`)
	second := p.mustBuild(build.Request{Debug: true})
	if !second.Incremental || run(t, second.Binary.Path) != "good day none" {
		t.Errorf("the second build: %+v", second)
	}
	p.replace("words/words.go", `"good day"`, `"hello"`)
	third := p.mustBuild(build.Request{Debug: true, Keep: []string{first.Binary.Path}})
	if !third.Incremental || third.Binary.Path != first.Binary.Path {
		t.Errorf("the change undone: %+v", third)
	}
}
