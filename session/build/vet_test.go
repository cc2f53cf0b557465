package build_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

func TestVet(t *testing.T) {
	t.Parallel()
	p := newProject(t, `
-- main.go --
package main

import (
	"fmt"

	"example.com/app/a"
)

func main() {
	fmt.Printf("%d\n", "x")
	a.F()
}
-- a/a.go --
package a

import "log"

func F() { log.Printf("%s") }
-- b/b.go --
package b

import "fmt"

func F() int { fmt.Printf("%s") }
`)
	list := p.builder.Vet(t.Context(), build.Request{Root: p.root, Debug: true})
	want := []string{
		p.path("a/a.go") + ":5 vet-printf log.Printf format %s reads arg #1, but call has 0 args",
		p.path("main.go") + ":10 vet-printf fmt.Printf format %d has arg \"x\" of wrong type string",
	}
	var got []string
	for _, d := range list {
		got = append(got, fmt.Sprintf("%s:%d %s %s", d.File, d.Line, d.Code, d.Message))
		if d.Severity != diag.Warning || d.Owner != diag.Build {
			t.Errorf("%+v", d)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOldGo builds with a go command that has no -json.
func TestOldGo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	p := newProject(t, hello)
	p.write("bin/go", `#!/bin/sh
if [ "$1" = env ]; then
	echo '{"GOVERSION": "go1.22.1", "GOFLAGS": ""}'
	exit
fi
for arg; do
	case "$arg" in
	-json) echo "flag provided but not defined: -json" >&2; exit 2;;
	*-B=none*) echo "-B argument must start with 0x" >&2; exit 2;;
	esac
done
exec `+real+` "$@"
`)
	if err := os.Chmod(p.path("bin/go"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", p.path("bin")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if got := run(t, p.mustBuild(build.Request{}).Binary.Path); got != "hello none" {
		t.Errorf("it prints %q", got)
	}
	p.replace("words/words.go", `"hello"`, "1")
	if res := p.build(build.Request{}); len(res.Diagnostics) != 1 || res.Diagnostics[0].File != p.path("words/words.go") {
		t.Errorf("%s", show(res.Diagnostics))
	}
}
