package build_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// differentialEdits is how many random edits TestDifferential makes in all;
// HOTDEV_DIFFERENTIAL sets another number, HOTDEV_SEED another sequence.
const differentialEdits = 15

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	value, ok := os.LookupEnv(variable)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// TestDifferential makes random edits, and after each compares an incremental
// build with go build: which of both did it, the diagnostics, the program byte
// for byte, and what it prints.
func TestDifferential(t *testing.T) {
	t.Parallel()
	edits, seed := number(t, "HOTDEV_DIFFERENTIAL", differentialEdits), number(t, "HOTDEV_SEED", 1)
	cases := []struct {
		name string
		mode build.Mode
		r    build.Request
		cgo  bool
	}{
		{"exact", build.Exact, build.Request{}, false},
		{"exact, trimmed paths", build.Exact, build.Request{Flags: []string{"-trimpath"}}, false},
		{"fast", build.Fast, build.Request{}, false},
		{"fast, debuggable", build.Fast, build.Request{Debug: true}, false},
		{"fast, cgo", build.Fast, build.Request{}, true},
	}
	for i, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.cgo && !cgoWorks(t) {
				t.Skip("needs gcc")
			}
			rng := rand.New(rand.NewPCG(uint64(seed), uint64(i)))
			d := newDifferential(t, rng, tc.mode, tc.r, tc.cgo)
			for range max(1, edits/len(cases)) {
				d.step(rng)
			}
		})
	}
}

// differential is a generated project that two builders build.
type differential struct {
	*project
	mode   build.Mode
	r      build.Request
	model  *model
	edits  []modelEdit
	oracle *build.Builder
}

func newDifferential(t *testing.T, rng *rand.Rand, mode build.Mode, r build.Request, cgo bool) *differential {
	p := newProject(t, "")
	p.incrementally(mode)
	d := &differential{project: p, mode: mode, r: r, model: newModel(rng, 6), edits: modelEdits}
	if d.model.cgo = cgo; cgo {
		d.edits = append(slices.Clone(d.edits), cgoEdit)
	}
	d.oracle = build.New(build.Options{CacheDir: p.cache + "-oracle"})
	d.save()
	d.mustBuild(d.r)
	d.builder.Settle()
	return d
}

// save writes the model.
func (d *differential) save() {
	d.Helper()
	files := d.model.files()
	for name, text := range files {
		if old, err := os.ReadFile(d.path(name)); err != nil || string(old) != text {
			d.write(name, text)
		}
	}
	for _, name := range listFiles(d.T, d.root) {
		if _, ok := files[filepath.ToSlash(name)]; !ok {
			if err := os.Remove(d.path(name)); err != nil {
				d.Fatal(err)
			}
		}
	}
}

// step makes an edit and builds.
func (d *differential) step(rng *rand.Rand) {
	d.Helper()
	e := d.edits[rng.IntN(len(d.edits))]
	p := d.model.packages[rng.IntN(len(d.model.packages))]
	d.apply(e, p, rng)
	if e.breaks {
		d.apply(e, p, rng)
	}
}

func (d *differential) apply(e modelEdit, p *modelPackage, rng *rand.Rand) {
	d.Helper()
	before, imported := d.model.files(), d.model.imports()
	e.apply(d.model, p, rng)
	d.save()
	what := fmt.Sprintf("%s in p%d", e.name, p.n)
	r := d.r
	r.Root = d.root
	checked, err := d.builder.CheckTypes(d.Context(), r, nil)
	got := d.build(d.r)
	d.builder.Settle() // otherwise it may learn from the next edit
	want := d.oracle.Build(d.Context(), r)
	if (got.Binary == nil) != (want.Binary == nil) {
		d.Fatalf("%s: built: %v, by go build: %v (%v, %v)", what, got.Binary != nil, want.Binary != nil, got.Err, want.Err)
	}
	if !slices.EqualFunc(got.Diagnostics, want.Diagnostics, func(a, b diag.Diagnostic) bool { return a.Span == b.Span && a.Message == b.Message }) {
		d.Errorf("%s: it says\n%s\ngo build says\n%s", what, show(got.Diagnostics), show(want.Diagnostics))
	}
	if got.How.Method == build.Incremental || err == nil && got.Binary != nil {
		if list := places(checked); err != nil || list != places(got.Diagnostics) {
			d.Errorf("%s: the type check says (%v)\n%s\nthe compiler says\n%s", what, err, list, places(got.Diagnostics))
		}
	}
	trimmed := want.Binary == nil && slices.Contains(d.r.Flags, "-trimpath") // messages are left to go build
	falls := trimmed || e.falls && !maps.Equal(before, d.model.files()) || imported != d.model.imports()
	maybe := d.model.cgo && p.n == 0 // the package with C, which cannot be compiled alone, imports p0
	if (got.How.Method == build.Incremental) == falls && (falls || !maybe) {
		d.Errorf("%s: built by %+v", what, got.How)
	}
	if got.Binary == nil {
		return
	}
	if got.Binary.BuildID != want.Binary.BuildID {
		d.Errorf("%s: the program is another one than go build's", what)
	}
	if a, b := run(d.T, got.Binary.Path), run(d.T, want.Binary.Path); a != b {
		d.Errorf("%s: it prints\n%s\ngo build's prints\n%s", what, a, b)
	}
}
