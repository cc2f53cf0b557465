package build_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// dependenciesFirst is how programs are linked that need no other linker than Go's.
const dependenciesFirst = "Go's linker, dependencies first, without debug information"

// hasDebugInfo reports whether an executable has debug information of its own.
func hasDebugInfo(t *testing.T, path string) bool {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Section(".debug_info") != nil
}

// debugFile returns the file with the debug information for an executable that
// has none.
func (p *project) debugFile(path string) string {
	p.Helper()
	dir, err := p.builder.DebugInfo(p.Context(), path)
	if err != nil {
		p.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, ".build-id", "??", "*.debug"))
	if err != nil || dir == "" || len(files) != 1 {
		p.Fatalf("debug information is in %q: %v, %v", dir, files, err)
	}
	return files[0]
}

// TestDebugTwin holds that a program that nobody debugs has no debug information,
// that it can be had of every version that is kept, and that the program counts
// as the same with it.
func TestDebugTwin(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	first := p.mustBuildBy(r, "not known yet").Binary
	if dir, err := p.builder.DebugInfo(t.Context(), first.Path); dir != "" || err != nil || !hasDebugInfo(t, first.Path) {
		t.Errorf("go build's program has debug information in %q, error %v", dir, err)
	}
	r.Keep = append(r.Keep, first.Path)
	p.replace("words/words.go", "Hello greets", "Hello says it")
	if same := p.mustBuildBy(r, "").Binary; same.BuildID != first.BuildID || same.Path != first.Path {
		t.Errorf("a comment made another program: %+v", same)
	}

	var versions []string
	for _, edit := range [][2]string{{"hello", "one"}, {"one", "two"}, {"two", "three"}} {
		p.replace("words/words.go", `"`+edit[0]+`"`, `"`+edit[1]+`"`)
		res := p.mustBuildBy(r, "")
		if hasDebugInfo(t, res.Binary.Path) || res.How.Link != dependenciesFirst {
			t.Errorf("the program was linked by %q", res.How.Link)
		}
		versions = append(versions, res.Binary.Path)
		r.Keep = append(r.Keep, res.Binary.Path)
	}
	for i, word := range []string{"one", "two"} {
		twin := p.debugFile(versions[i])
		if !hasDebugInfo(t, twin) || run(t, twin) != word+" none" || run(t, versions[i]) != word+" none" {
			t.Errorf("the debug twin of version %s", word)
		}
		if again := p.debugFile(versions[i]); again != twin {
			t.Errorf("it was made again, as %s", again)
		}
	}
	debugged := r
	debugged.Debugged = true
	if same := p.mustBuildBy(debugged, "").Binary; same.Path != versions[2] {
		t.Errorf("with a debugger the program is another one: %+v", same)
	}
	p.replace("words/words.go", "three", "four")
	four := p.mustBuildBy(debugged, "")
	if dir, err := p.builder.DebugInfo(t.Context(), four.Binary.Path); dir != "" || err != nil || !hasDebugInfo(t, four.Binary.Path) {
		t.Errorf("a program that is debugged was linked by %q: %q, %v", four.How.Link, dir, err)
	}
	debugged.Keep = append(debugged.Keep, four.Binary.Path)
	r.Keep = debugged.Keep
	if same := p.mustBuildBy(r, "").Binary; same.Path != four.Binary.Path || same.BuildID != four.Binary.BuildID {
		t.Errorf("without a debugger the program is another one: %+v", same)
	}

	// Nothing of the third version but its executable is left.
	published := filepath.Join(p.cache, "incremental", "published")
	for _, name := range listFiles(t, published) {
		if path := filepath.Join(published, name); strings.Contains(read(t, path), "three") {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if dir, err := p.builder.DebugInfo(t.Context(), versions[2]); err == nil {
		t.Fatalf("debug information for it is in %q", dir)
	}
	p.replace("words/words.go", "four", "five")
	if res := p.mustBuildBy(r, ""); !hasDebugInfo(t, res.Binary.Path) || !strings.Contains(res.How.Link, "no debug information for the program that runs") {
		t.Errorf("after that a program was linked by %q", res.How.Link)
	}
}

// TestLinkerFlags holds that flags of the developer are left to the go command.
func TestLinkerFlags(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]string{
		"-X=main.version=given":    dependenciesFirst,
		"-s":                       "the go command's way (the linker has the flag -s)",
		"-w":                       "the go command's way (the linker has the flag -w)",
		"-linkmode=internal":       "the go command's way (the linker has the flag -linkmode)",
		"-B=0x0102030405060708":    "the go command's way (the linker has the flag -B)",
		"-extldflags '-static -s'": "the go command's way (the linker has the flag -extldflags)",
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, hello)
			p.incrementally(build.Fast)
			r := build.Request{Debug: true, Flags: []string{"-ldflags=" + flags}}
			p.mustBuildBy(r, "not known yet")
			p.replace("words/words.go", `"hello"`, `"bye"`)
			res := p.mustBuildBy(r, "")
			if res.How.Link != want || !strings.HasPrefix(run(t, res.Binary.Path), "bye ") {
				t.Errorf("it was linked by %q", res.How.Link)
			}
		})
	}
}

// cgoCases are packages with C. Word returns what the C code says.
var cgoCases = []struct {
	name  string
	files map[string]string
	alone bool   // Go's linker can do it
	why   string // in Result.How.Link, if it can't
}{
	{"functions in data", map[string]string{"word.c": `
#include <stdlib.h>
#include <string.h>
static struct { void *(*get)(size_t); void (*put)(void *); char *(*copy)(char *, const char *); size_t (*length)(const char *); } const calls = {malloc, free, strcpy, strlen};
static char *last;
char *word(void) {
	void *(*volatile same)(size_t) = malloc;
	if (calls.get != same) return "other";
	calls.put(last);
	last = calls.get(calls.length("word") + 1);
	return calls.copy(last, "word");
}`}, true, ""},
	{"addresses that instructions compare", map[string]string{"word.c": `
#include <stdlib.h>
void put(void *p);
void clean(void *p);
static void (*const calls[])(void *) = {free, put};
typedef void (*call)(void *);
__attribute__((noinline)) static int is_put(call f) { return f == put; }
__attribute__((noinline)) static int is_clean(call f) { return f == clean; }
__attribute__((noinline)) static int is_free(call f) { return f == free; }
char *word(void) {
	call volatile first = calls[0], second = calls[1], third = clean;
	if (!is_free(first) || is_free(second) || !is_put(second) || is_put(third) || !is_clean(third) || is_clean(first)) return "other";
	first(malloc(1));
	second(malloc(2));
	third(malloc(3));
	return "word";
}`, "put.c": `
#include <stdlib.h>
void put(void *p) { free(p); }
void clean(void *p) { free(p); }`}, true, ""},
	{"data of a library in data", map[string]string{"word.c": `
#include <stdio.h>
static FILE **const volatile out = &stderr;
char *word(void) { return *out == stderr ? "word" : "other"; }`}, false, "no function in libc"},
	{"a constructor", map[string]string{"word.c": `
static char *said = "other";
__attribute__((constructor)) static void begin(void) { said = "word"; }
char *word(void) { return said; }`}, false, "constructors"},
	{"a thread-local variable", map[string]string{"word.c": `
static __thread char *volatile said;
char *word(void) { return said ? "other" : (said = "word"); }`}, false, "thread-local"},
	{"a weak symbol", map[string]string{"word.c": `
__attribute__((weak)) char *word(void) { return "word"; }`}, false, "weak"},
	{"C++", map[string]string{"word.cc": `
#include <string>
extern "C" char *word(void) { static std::string said("word"); return &said[0]; }`}, false, "it"},
	{"flags for the linker", map[string]string{"word.c": `
char *word(void) { return "word"; }`, "flags.go": `package c

// #cgo LDFLAGS: -Wl,-z,now
import "C"
`}, false, "flag -Wl,-z,now"},
}

// TestCgoIsLinked holds how programs with C are linked, and that they are right.
func TestCgoIsLinked(t *testing.T) {
	t.Parallel()
	if !cgoWorks(t) {
		t.Skip("needs gcc")
	}
	for _, tc := range cgoCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.name == "C++" {
				if _, err := exec.LookPath("g++"); err != nil {
					t.Skip("needs g++")
				}
			}
			p := newProject(t, `
-- main.go --
package main

import "example.com/app/c"

func main() { print("hello ", c.Word()) }
-- c/c.go --
package c

// char *word(void);
import "C"

func Word() string { return C.GoString(C.word()) }
`)
			for name, text := range tc.files {
				p.write("c/"+name, text)
			}
			p.incrementally(build.Fast)
			r := build.Request{Debug: true}
			r.Keep = append(r.Keep, p.mustBuildBy(r, "not known yet").Binary.Path)
			p.replace("main.go", "hello", "bye")
			res := p.mustBuildBy(r, "")
			if got := run(t, res.Binary.Path); got != "bye word" {
				t.Errorf("it prints %q", got)
			}
			if alone := strings.HasPrefix(res.How.Link, "Go's linker"); alone != tc.alone || !strings.Contains(res.How.Link, tc.why) || hasDebugInfo(t, res.Binary.Path) {
				t.Errorf("it was linked by %s", res.How.Link)
			}
			if twin := p.debugFile(res.Binary.Path); !hasDebugInfo(t, twin) || run(t, twin) != "bye word" {
				t.Error("the debug twin is another program")
			}
			p.replace("main.go", "bye", "hello")
			if same := p.mustBuildBy(r, "").Binary; !slices.Contains(r.Keep, same.Path) {
				t.Errorf("what go build made counts as another program: %+v", same)
			}
		})
	}
}
