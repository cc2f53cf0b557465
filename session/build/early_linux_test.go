package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
)

// waitingLinkers are the processes that have loaded what does not change, and
// wait for the project's next build.
func (p *project) waitingLinkers() []int { return p.linkers(func(int) bool { return true }) }

// linkers are those of them that are wanted, by the process: to look into each
// one would take long.
func (p *project) linkers(wanted func(pid int) bool) (pids []int) {
	p.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		p.Fatal(err)
	}
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			p.Fatal(err)
		}
		if !wanted(pid) {
			continue
		}
		if data, _ := os.ReadFile(file); strings.Contains(string(data), "HOTDEV_EARLY="+p.cache) { // else it may have ended
			pids = append(pids, pid)
		}
	}
	return pids
}

// awaitLinker waits until one linker waits.
func (p *project) awaitLinker() (pid int) {
	p.Helper()
	for deadline := time.After(20 * time.Second); ; {
		switch pids := p.waitingLinkers(); len(pids) {
		case 0:
		case 1:
			return pids[0]
		default:
			p.Fatalf("%d linkers wait", len(pids))
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			p.Fatal("no linker waits")
		}
	}
}

// lateNeeds are edits of a program that each need what nothing in the program
// has needed before: the linker that waits must have found it out nevertheless.
var lateNeeds = []struct{ name, imports, body, prints string }{
	{"methods by interface", `"fmt"; "strings"`, `
		var b strings.Builder
		b.WriteString("built")
		fmt.Print(show(&b))
	}
	func show(s fmt.Stringer) string { return s.String()`, "built"},
	{"a method by an interface of the program's own", `"bytes"; "fmt"`, `
		var x any = bytes.NewBufferString("abc")
		fmt.Print(x.(interface{ Cap() int }).Cap() >= 3)`, "true"},
	{"methods by reflection", `"fmt"; "os"; "reflect"; "strings"`, `
		r := strings.NewReader("four")
		name := strings.Join(os.Args[1:], "") + "Len"
		fmt.Print(reflect.ValueOf(r).MethodByName(name).Call(nil)[0])`, "4"},
	{"methods that a library finds", `"encoding/json"; "fmt"; "time"`, `
		data, err := json.Marshal(struct{ At time.Time; For time.Month }{})
		fmt.Print(string(data), err)`, `{"At":"0001-01-01T00:00:00Z","For":0}<nil>`},
	{"a map that is made at the start", `"fmt"; "unicode"`, `
		fmt.Print(unicode.Is(unicode.Scripts["Greek"], 'α'))`, "true"},
	{"generic functions", `"fmt"; "maps"; "slices"; "time"`, `
		type pair struct { m time.Month; s string }
		fmt.Print(slices.SortedFunc(maps.Keys(map[pair]bool{{2, "b"}: true, {1, "a"}: true}), func(a, b pair) int { return int(a.m - b.m) }))`, "[{1 a} {2 b}]"},
	{"variables of its own", `"errors"; "fmt"; "io/fs"; "os"`, `
		_, err := os.Stat(missing)
		fmt.Print(errors.Is(err, fs.ErrNotExist), len(list))
	}
	var missing = "no such " + "file"
	var list = func() []int { return make([]int, len(missing)) }()
	func init() { list = append(list, 1)`, "true 13"},
	{"nothing", ``, `print("nothing")`, "nothing"},
	{"a package that is new to the program", `"fmt"; "text/tabwriter"; "os"`, `
		w := tabwriter.NewWriter(os.Stdout, 4, 4, 0, '.', 0)
		fmt.Fprint(w, "a\tb")
		w.Flush()`, "a...b"},
	{"one that is in the program no more", ``, `print("nothing again")`, "nothing again"},
	{"formatting of a type of its own", `"fmt"`, `
		fmt.Printf("%v %+v", temperature(3), struct{ T *temperature }{})
	}
	type temperature int
	func (t temperature) String() string { return fmt.Sprint(int(t), " degrees")`, "3 degrees {T:<nil>}"},
}

// TestDependenciesFirst holds that a program is right that was linked by a linker
// that waited for it, whatever it needs of what was loaded before.
func TestDependenciesFirst(t *testing.T) {
	t.Parallel()
	p := newProject(t, `
-- main.go --
package main

import _ "example.com/app/all"

func main() { print("first") }
-- all/all.go --
// Package all keeps packages part of the program.
package all

import (
	_ "bytes"
	_ "encoding/json"
	_ "errors"
	_ "fmt"
	_ "io/fs"
	_ "maps"
	_ "os"
	_ "reflect"
	_ "slices"
	_ "strings"
	_ "time"
	_ "unicode"
)
`)
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	p.mustBuildBy(r, "not known yet")
	for _, n := range lateNeeds {
		p.awaitLinker()
		p.write("main.go", "package main\n\nimport (_ \"example.com/app/all\"; "+n.imports+")\n\nfunc main() {"+n.body+"\n}\n")
		res := p.mustBuildBy(r, "")
		if got := run(t, res.Binary.Path); got != n.prints || res.How.Link != dependenciesFirst {
			t.Errorf("%s: it was linked by %s, and prints %q", n.name, res.How.Link, got)
		}
		if twin := p.debugFile(res.Binary.Path); run(t, twin) != n.prints {
			t.Errorf("%s: the debug twin is another program", n.name)
		}
	}
}

// TestWaitingLinkerIsKilled holds that a build does without a linker that waited
// for it, and that none is left in the end.
func TestWaitingLinkerIsKilled(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	p.mustBuildBy(r, "not known yet")
	for _, edit := range [][2]string{{"hello", "one"}, {"one", "two"}} {
		if err := syscall.Kill(p.awaitLinker(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.replace("words/words.go", `"`+edit[0]+`"`, `"`+edit[1]+`"`)
		res := p.mustBuildBy(r, "")
		if got := run(t, res.Binary.Path); got != edit[1]+" none" || res.How.Link != dependenciesFirst {
			t.Errorf("it was linked by %s, and prints %q", res.How.Link, got)
		}
		p.awaitLinker()
	}
	p.builder.Close()
	if waiting := p.waitingLinkers(); len(waiting) != 0 {
		t.Errorf("in the end %d linkers wait", len(waiting))
	}
}

// TestOnlyWhatIsEditedIsLoadedLate holds that with many packages a linker that
// waits has loaded those, too, that were not edited lately, and that a program is
// right in which one of them was edited nevertheless.
func TestOnlyWhatIsEditedIsLoadedLate(t *testing.T) {
	t.Parallel()
	const packages = 70
	p := newProject(t, "")
	imports, calls := "", ""
	word := func(n int, word string) {
		p.write(fmt.Sprintf("p%d/p.go", n), fmt.Sprintf("package p%d\n\nfunc Word() string { defer func() { recover() }(); return %q }\n", n, word))
	}
	for n := range packages {
		word(n, "a")
		imports += fmt.Sprintf("\t\"example.com/app/p%d\"\n", n)
		calls += fmt.Sprintf("\tprint(p%d.Word())\n", n)
	}
	p.write("main.go", "package main\n\nimport (\n"+imports+")\n\nfunc main() {\n"+calls+"}\n")
	p.incrementally(build.Fast)
	r := build.Request{Debug: true}
	p.mustBuildBy(r, "not known yet")
	words := slices.Repeat([]string{"a"}, packages)
	for i, n := range []int{3, 3, 5, 3} {
		loaded := p.loadedEarly()
		for _, m := range []int{3, 9} {
			if is, want := strings.Contains(loaded, fmt.Sprintf("example.com/app/p%d\n", m)), i > 0 && m == 9; is != want {
				t.Errorf("before edit %d, p%d is loaded: %t", i, m, is)
			}
		}
		words[n] = strconv.Itoa(i)
		word(n, words[n])
		if got := run(t, p.mustBuildBy(r, "").Binary.Path); got != strings.Join(words, "") {
			t.Errorf("after edit %d it prints %q", i, got)
		}
	}
}

// loadedEarly returns the list of packages that the linker which waits has loaded.
func (p *project) loadedEarly() string {
	p.Helper()
	for entry := range strings.SplitSeq(read(p.T, fmt.Sprintf("/proc/%d/environ", p.awaitLinker())), "\x00") {
		if file, ok := strings.CutPrefix(entry, "HOTDEV_EARLY="); ok {
			return read(p.T, file)
		}
	}
	p.Fatal("the linker that waits has no list of packages")
	return ""
}
