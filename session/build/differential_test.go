package build_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/build/archive"
	"github.com/hotdev/hotdev/session/diag"
)

// differentialEdits is how many random edits TestDifferential makes of an app,
// to which there are builds of one kind only. HOTDEV_DIFFERENTIAL sets a number
// for all kinds, HOTDEV_SEED another sequence.
const differentialEdits = 4

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

// subject is an app that is edited at random.
type subject interface {
	files() map[string]string
	tags() []string // that it is built with
	edit(rng *rand.Rand) change
	// sealed are the packages that one which cannot be compiled alone imports, as
	// patterns: go build is needed when such a package looks different.
	sealed() []string
}

// change is an edit that was made.
type change struct {
	what  string
	falls bool // go build has to be used, if the edit changed anything
}

// TestDifferential makes random edits, and after each compares incremental
// builds, with either cut-off, with go build: which of both did it, the
// diagnostics, the program byte for byte, and what it prints. Now and then it
// makes an edit while there is no builder, and another one goes on.
func TestDifferential(t *testing.T) {
	t.Parallel()
	trimmed, debuggable := build.Request{Flags: []string{"-trimpath"}}, build.Request{Debug: true}
	_, long := os.LookupEnv("HOTDEV_DIFFERENTIAL")
	edits, seed := number(t, "HOTDEV_DIFFERENTIAL", differentialEdits), number(t, "HOTDEV_SEED", 1)
	cases := []struct {
		name    string
		subject func(t *testing.T, rng *rand.Rand) subject
		kinds   []build.Request // of builds; a short run has the first
		cgo     bool
	}{
		{"generated", func(_ *testing.T, rng *rand.Rand) subject { return newModel(rng, 6) }, []build.Request{trimmed, debuggable}, false},
		{"demo", func(t *testing.T, _ *rand.Rand) subject { return demoApp(t) }, []build.Request{debuggable, trimmed}, false},
		{"cgo", func(t *testing.T, _ *rand.Rand) subject { return cgoApp(t) }, []build.Request{trimmed, debuggable}, true},
	}
	for i, tc := range cases {
		kinds := tc.kinds
		if !long {
			kinds = kinds[:1]
		}
		for k, r := range kinds {
			name := "debuggable"
			if !r.Debug {
				name = "trimmed paths"
			}
			t.Run(tc.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				if tc.cgo && !cgoWorks(t) {
					t.Skip("needs gcc")
				}
				rng := rand.New(rand.NewPCG(uint64(seed), uint64(10*i+k)))
				d := newDifferential(t, tc.subject(t, rng), r)
				for n := k; n < edits && !t.Failed(); n += len(kinds) {
					d.step(rng)
				}
			})
		}
	}
}

// differential is an app that three builders build: two incrementally, and one
// with go build, to which both are held.
type differential struct {
	*project
	r       build.Request
	subject subject
	modes   []*differentialMode
	oracle  *build.Builder
	steps   int
}

// differentialMode is one of the incremental builders.
type differentialMode struct {
	name    string
	options build.Options
	builder *build.Builder
	sees    func(*archive.Archive) (archive.Hash, error) // what decides whether dependents are compiled
	sealed  map[string]archive.Hash                      // of the sealed packages, in its last build
}

func newDifferential(t *testing.T, s subject, r build.Request) *differential {
	p := newProject(t, "")
	d := &differential{project: p, r: r, subject: s, modes: []*differentialMode{
		{name: "exact", options: build.Options{CacheDir: p.cache, Mode: build.Exact}, sees: func(a *archive.Archive) (archive.Hash, error) { return a.Export(), nil }},
		{name: "fast", options: build.Options{CacheDir: p.cache + "-fast", Mode: build.Fast}, sees: (*archive.Archive).Interface},
	}}
	d.oracle = build.New(build.Options{CacheDir: p.cache + "-oracle"})
	d.save()
	for _, m := range d.modes {
		m.builder = build.New(m.options)
		t.Cleanup(func() { m.builder.Close() })
		d.builder = m.builder
		d.mustBuild(d.request())
		m.builder.Settle()
		m.sealed = d.sealed(m)
	}
	return d
}

func (d *differential) request() build.Request {
	r := d.r
	r.Root, r.Tags = d.root, d.subject.tags()
	return r
}

// save writes the app.
func (d *differential) save() {
	d.Helper()
	files := d.subject.files()
	for name, text := range files {
		if old, err := d.read(name); err != nil || old != text {
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

// step makes an edit, builds, and compares.
func (d *differential) step(rng *rand.Rand) {
	d.Helper()
	files, tags := d.subject.files(), d.subject.tags()
	edit := d.subject.edit(rng)
	d.Log(edit.what)
	changed := !maps.Equal(files, d.subject.files()) || !slices.Equal(tags, d.subject.tags())
	d.save()
	want := d.oracle.Build(d.Context(), d.request())
	d.steps++
	for _, m := range d.modes {
		what := edit.what + ", " + m.name
		if d.steps%3 == 2 {
			what += ", resumed"
			m.builder.Close()
			m.builder = build.New(m.options)
		}
		checked, err := m.builder.CheckTypes(d.Context(), d.request(), nil)
		got := m.builder.Build(d.Context(), d.request())
		m.builder.Settle() // otherwise it may learn from the next edit
		falls := edit.falls && changed
		if want.Binary == nil {
			falls = falls || slices.Contains(d.r.Flags, "-trimpath") // messages are left to go build
		} else {
			sealed := d.sealed(m)
			falls = falls || !maps.Equal(sealed, m.sealed)
			m.sealed = sealed
		}
		if (got.How.Method == build.Incremental) == falls {
			d.Errorf("%s: built by %+v", what, got.How)
		}
		if got.How.Method == build.Incremental || err == nil && got.Binary != nil {
			if list := places(checked); err != nil || list != places(got.Diagnostics) {
				d.Errorf("%s: the type check says (%v)\n%s\nthe compiler says\n%s", what, err, list, places(got.Diagnostics))
			}
		}
		d.compare(m, what, got, want)
	}
}

// compare holds a build to that of the go command.
func (d *differential) compare(m *differentialMode, what string, got, want build.Result) {
	d.Helper()
	if (got.Binary == nil) != (want.Binary == nil) {
		d.Fatalf("%s: built: %v, by go build: %v (%v, %v)", what, got.Binary != nil, want.Binary != nil, got.Err, want.Err)
	}
	if !slices.EqualFunc(got.Diagnostics, want.Diagnostics, func(a, b diag.Diagnostic) bool { return a.Span == b.Span && a.Message == b.Message }) {
		d.Errorf("%s: it says\n%s\ngo build says\n%s", what, show(got.Diagnostics), show(want.Diagnostics))
	}
	if got.Binary == nil {
		return
	}
	if id := d.plainID(m, got); id != want.Binary.BuildID {
		d.Errorf("%s: the program is another one than go build's", what)
	}
	if a, b := d.describe(got), d.describe(want); a != b {
		d.Errorf("%s: it prints\n%s\ngo build's prints\n%s", what, a, b)
	}
}

// describe runs a program so that it tells of itself.
func (d *differential) describe(res build.Result) string {
	d.Helper()
	cmd := exec.CommandContext(d.Context(), res.Binary.Path, describeArg)
	cmd.Dir = d.root
	out, err := cmd.Output()
	if err != nil {
		d.Fatalf("%s: %v", res.Binary.Path, err)
	}
	return string(out)
}

// sealed hashes, as the mode looks at them, the archives that go build makes of
// the sealed packages.
func (d *differential) sealed(m *differentialMode) map[string]archive.Hash {
	d.Helper()
	hashes := map[string]archive.Hash{}
	for _, pattern := range d.subject.sealed() {
		flags, err := d.oracle.Flags(d.Context(), d.request())
		if err != nil {
			d.Fatal(err)
		}
		cmd := exec.CommandContext(d.Context(), "go", slices.Concat([]string{"list", "-export", "-f", "{{.Export}}"}, flags, []string{"--", pattern})...)
		cmd.Dir = d.root
		out, err := cmd.Output()
		if err != nil {
			d.Fatalf("go list %s: %v", pattern, err)
		}
		data, err := os.ReadFile(strings.TrimSpace(string(out)))
		if err != nil {
			d.Fatal(err)
		}
		a, err := archive.Parse(data)
		if err != nil {
			d.Fatalf("package %s: %v", pattern, err)
		}
		if hashes[pattern], err = m.sees(a); err != nil {
			d.Fatalf("package %s: %v", pattern, err)
		}
	}
	return hashes
}

// plainID is the BuildID that go build's program has, if it is what was built.
func (d *differential) plainID(m *differentialMode, got build.Result) string {
	d.Helper()
	if got.How.Method != build.Incremental {
		return got.Binary.BuildID
	}
	out := d.cache + "-plain"
	id, err := m.builder.LinkPlain(d.Context(), out)
	if err != nil {
		d.Fatal(err)
	}
	if err := os.Remove(out); err != nil { // hundreds would fill the disk
		d.Fatal(err)
	}
	return id
}
