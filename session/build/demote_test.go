//go:build linux

package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// TestALinkerThatFailsIsGivenUp holds that a program is linked all the same if the
// linker that is there fails, that the reason is told, and that it is not tried
// again.
func TestALinkerThatFailsIsGivenUp(t *testing.T) {
	if !cgoWorks(t) {
		t.Skip("needs gcc")
	}
	tools := t.TempDir()
	calls := filepath.Join(tools, "calls")
	broken := "#!/bin/sh\necho called >>'" + calls + "'\necho 'this linker is broken' >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(tools, "ld.mold"), []byte(broken), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("COMPILER_PATH", tools) // where gcc looks first (gcc(1))
	p := newProject(t, `
-- main.go --
package main

import "example.com/app/c"

func main() { print("hello ", c.Word()) }
-- c/c.go --
package c

// __attribute__((weak)) char *word(void) { return "word"; }
import "C"

func Word() string { return C.GoString(C.word()) }
`)
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	p.mustBuildBy(r, "not known yet")
	var called []int // after each edit; each try calls it several times
	for _, edit := range [][2]string{{"hello", "one"}, {"one", "two"}} {
		p.replace("main.go", edit[0], edit[1])
		res := p.mustBuildBy(r, "")
		if got := run(t, res.Binary.Path); got != edit[1]+" word" {
			t.Errorf("it prints %q", got)
		}
		if how := res.How.Link; !strings.HasPrefix(how, "the system's linker, without debug information") || !strings.Contains(how, "linking by the linker mold failed") {
			t.Errorf("it was linked by %s", how)
		}
		called = append(called, strings.Count(read(t, calls), "called"))
	}
	if called[0] == 0 || called[1] != called[0] {
		t.Errorf("after one edit and after two, the linker was called %d times", called)
	}
}
