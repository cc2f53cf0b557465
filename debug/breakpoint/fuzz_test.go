package breakpoint_test

import (
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
