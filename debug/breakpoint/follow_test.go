package breakpoint_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// TestFollow runs testdata/follow: each file of an archive is the next version
// of one source file. The comment //@name at the end of a line marks where the
// breakpoint of that name, set in the first version, is to be; a version
// without the mark has lost it.
func TestFollow(t *testing.T) {
	archives, err := filepath.Glob("testdata/follow/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file := "app" + filepath.Ext(archive.Files[0].Name)
			l := breakpoint.New()
			names := map[int]string{}
			for i, f := range archive.Files {
				text, want := marks(string(f.Data))
				if i == 0 {
					sorted := slices.Sorted(maps.Keys(want))
					var specs []breakpoint.Spec
					for _, name := range sorted {
						specs = append(specs, breakpoint.Spec{Line: want[name]})
					}
					for i, b := range l.Set("editor", file, []byte(text), specs, false) {
						names[b.ID] = sorted[i]
					}
				}
				source := func(string) ([]byte, error) { return []byte(text), nil }
				l.Build(source, source)
				got := map[string]int{}
				for _, b := range l.List() {
					if !b.Lost {
						got[names[b.ID]] = b.BuiltLine
					}
					if b.Lost && !strings.Contains(b.Message, "breakpoint lost: ") {
						t.Errorf("%s: the message of the lost %s is %q", f.Name, names[b.ID], b.Message)
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s: lines (-want +got):\n%s", f.Name, d)
				}
			}
		})
	}
}

// marks takes the marks out of a text, and returns their lines.
func marks(marked string) (text string, at map[string]int) {
	at = map[string]int{}
	lines := strings.Split(marked, "\n")
	for i, l := range lines {
		if before, name, ok := strings.Cut(l, "//@"); ok {
			at[name] = i + 1
			lines[i] = strings.TrimRight(before, " \t")
		}
	}
	return strings.Join(lines, "\n"), at
}
