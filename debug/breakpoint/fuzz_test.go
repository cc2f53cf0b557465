package breakpoint_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// FuzzFollow sets a breakpoint on every line of any text, and builds any other:
// what is not lost is on a line of it, no two on the same one.
func FuzzFollow(f *testing.F) {
	archives, _ := filepath.Glob("testdata/follow/*.txtar")
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for i := range archive.Files[1:] {
			f.Add(string(archive.Files[i].Data), string(archive.Files[i+1].Data))
		}
	}
	f.Add("", "")
	f.Add("package p\r\nfunc f() {\r\n}", "package p\nfunc f() {\n\tg(`\n\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		n := 1 + strings.Count(strings.TrimSuffix(before, "\n"), "\n")
		if n > 300 || len(before)+len(after) > 1<<16 {
			t.Skip()
		}
		specs := make([]breakpoint.Spec, n)
		for i := range specs {
			specs[i].Line = i + 1
		}
		l := breakpoint.New()
		l.Set("editor", file, []byte(before), specs, false)
		l.Build(is(before), is(before))
		for i, b := range l.List() {
			if b.Lost || b.Line != i+1 || b.BuiltLine != i+1 {
				t.Fatalf("line %d of the same text is on %+v", i+1, b)
			}
		}
		l.Build(is(after), is(after))
		total := 1 + strings.Count(strings.TrimSuffix(after, "\n"), "\n")
		taken := map[int]bool{}
		for _, b := range l.List() {
			if b.Line < 1 || b.Line > total {
				t.Fatalf("shown outside of %d lines: %+v", total, b)
			}
			if b.Lost {
				continue
			}
			if b.BuiltLine != b.Line || taken[b.Line] {
				t.Fatalf("twice, or not where it is shown: %+v", b)
			}
			taken[b.Line] = true
		}
	})
}

// BenchmarkBuild moves ten breakpoints of a file of 3000 lines to a build in
// which every tenth line was edited.
func BenchmarkBuild(b *testing.B) {
	var before, after strings.Builder
	before.WriteString("package app\n")
	after.WriteString("package app\n\n")
	for i := range 300 {
		for _, w := range []*strings.Builder{&before, &after} {
			fmt.Fprintf(w, "func f%d(in int) error {\n", i)
			for j := range 8 {
				step := i*10 + j
				if w == &after && j == 4 {
					step = -step
				}
				fmt.Fprintf(w, "\tif err := step%d(in, %d); err != nil { return err }\n", i, step)
			}
			w.WriteString("}\n")
		}
	}
	var specs []breakpoint.Spec
	for i := range 10 {
		specs = append(specs, breakpoint.Spec{Line: 3 + i*297})
	}
	l := breakpoint.New()
	l.Set("editor", file, []byte(before.String()), specs, false)
	for b.Loop() {
		l.Build(is(before.String()), is(before.String()))
		l.Build(is(after.String()), is(after.String()))
	}
}
