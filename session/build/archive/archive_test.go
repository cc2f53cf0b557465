package archive_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build/archive"
)

// compile compiles the text of one file, without imports but unsafe.
func compile(t *testing.T, text string, flags ...string) *archive.Archive {
	t.Helper()
	a, err := archive.Parse(compiled(t, text, flags...))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func compiled(t *testing.T, text string, flags ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"tool", "compile", "-p", "example.com/p", "-pack", "-o", "p.a", "-complete", "-trimpath", dir}, flags...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./p.go")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "p.a"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// base has a declaration of every kind, and functions whose bodies dependents
// see and do not see. Cases change it.
const base = `package p

import _ "unsafe"

// MOVE
const C = 1

type Inner struct{ N int }

type T struct {
	Inner
	A int ` + "`json:\"a\"`" + `
	b string
}

func (t *T) Method() int { defer func() { t.A++ }(); return t.A } // MORE

type I interface {
	Method() int
	comparable
}

type J interface{ M(x int) (y string) }

type Alias[E any] = map[string]E

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

func (p Pair[K, V]) Get() V { return p.Value }

var V = func() int { return int(C) }()

func Large(p *int) int {
	sum := 0 // LARGE
	for i := range *p {
		for j := range i {
			sum += j
		}
	}
	defer func() { sum++ }()
	return sum
}

func After(x, y int, z ...string) (r error) {
	defer println(x, y, len(z))
	return nil
}

//go:noinline
func Kept(p *int) *int { return nil } // KEPT

var linked int

// INLINE
func Small(x int) int { return x + 1 }

func Generic[E any](e E) (E, bool) { return e, true }
`

func TestInterface(t *testing.T) {
	t.Parallel()
	was, err := compile(t, base).Interface()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, old, new string
		same           bool
	}{
		{"a body that dependents do not see", "// LARGE", "; sum++; sum--", true},
		{"a line in such a body, above nothing that they see", "// KEPT", "\n", false}, // Small moves
		{"a comment", "LARGE", "small", true},
		{"a constant", "C = 1", "C = 2", false},
		{"the type of a constant", "const C = 1", "const C uint8 = 1", false},
		{"a new declaration", "// MORE", "\nfunc New() {}", false},
		{"a new method", "// MORE", "\nfunc (t *T) New() { defer println() }", false},
		{"a field", "b string", "b string; c int", false},
		{"the order of fields", "A int `json:\"a\"`\n\tb string", "b string\n\tA int `json:\"a\"`", false},
		{"another tag", "json:\"a\"", "json:\"b\"", false},
		{"an embedded field that becomes a named one", "\tInner\n", "\tInner Inner\n", false},
		{"the fields of an embedded type", "N int", "N int64", false},
		{"a method of an interface", "M(x int)", "M(x int8)", false},
		{"a name of a parameter", "M(x int)", "M(z int)", false},
		{"an inlinable body", "x + 1", "x + 2", false},
		{"an inlinable body that moves", "// INLINE", "// INLINE\n", false},
		{"a function that becomes inlinable", "defer func() { t.A++ }(); ", "", false},
		{"a generic body", "return e, true", "return e, false", false},
		{"a constraint", "K comparable", "K ~string", false},
		{"an alias", "map[string]E", "map[int]E", false},
		{"a parameter that escapes", "return nil } // KEPT", "return p }", false},
		{"a parameter that may leak to the heap", "sum := 0 // LARGE", "sum := 0; V = func(q *int) int { kept = q; return 0 }(p); _ = 1", false},
		{"a variadic parameter", "z ...string", "z []string", false},
		{"the type of a variable", "V = func() int { return int(C) }()", "V = func() string { return \"\" }()", false},
		{"a linkname", "var linked int", "//go:linkname linked other.name\nvar linked int\n\nfunc Linked() int { return linked }", false},
		{"a pragma", "//go:noinline\n", "//go:nosplit\n", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(base, tc.old, tc.new, 1)
			if strings.Contains(text, "kept = q") {
				text += "\nvar kept *int\n"
			}
			is, err := compile(t, text).Interface()
			if err != nil {
				t.Fatal(err)
			}
			if (is == was) != tc.same {
				t.Errorf("the interface is the same: %v", is == was)
			}
		})
	}
}

// TestPositions moves all but the bodies that dependents see.
func TestPositions(t *testing.T) {
	t.Parallel()
	text, seen, _ := strings.Cut(base, "// INLINE")
	keep := strings.ReplaceAll(text, "func (p Pair[K, V]) Get() V { return p.Value }\n", "")
	before := compile(t, keep)
	after := compile(t, strings.NewReplacer("// MOVE", "\n\n//", "// LARGE", "\n\n", "\tA int", "\n\n  A  int", "(x, y int", "(x,\n\ty int").Replace(keep))
	if before.Export() == after.Export() {
		t.Error("the export data holds no positions: this test is of no use")
	}
	was, err := before.Interface()
	if err != nil {
		t.Fatal(err)
	}
	if is, err := after.Interface(); err != nil || is != was {
		t.Errorf("the interface is another one (%v)", err)
	}
	// With optimizations off nothing is inlined, and only generic bodies are seen.
	inlined, _, _ := strings.Cut(seen, "\n\nfunc Generic")
	before, after = compile(t, keep+inlined, "-N", "-l"), compile(t, keep+"\n\n"+inlined, "-N", "-l")
	was, _ = before.Interface()
	if is, err := after.Interface(); err != nil || is != was || before.Export() == after.Export() {
		t.Errorf("without inlining, the interface is another one (%v)", err)
	}
}

// TestWithExport holds what a joined archive consists of. That it can be linked
// is for the tests of session/build.
func TestWithExport(t *testing.T) {
	t.Parallel()
	before, after := compile(t, base), compiled(t, strings.Replace(base, "// LARGE", "\n\n\n; sum += 3; sum -= 3", 1))
	a, err := archive.Parse(after)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := archive.Parse(a.WithExport(before))
	if err != nil {
		t.Fatal(err)
	}
	if joined.Export() != before.Export() || joined.Content() == a.Content() || joined.Content() == before.Content() {
		t.Error("the archive is not of the old export data and the new object")
	}
}

// TestDamaged holds that nothing but an error comes of archives that are cut off
// or changed anywhere in their headings and tables.
func TestDamaged(t *testing.T) {
	t.Parallel()
	data := compiled(t, base)
	for n := 0; n < len(data); n += 1 + len(data)/500 {
		if a, err := archive.Parse(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are an archive: %v", n, len(data), a.Export())
		}
	}
	for i := range 4000 {
		damaged := append([]byte(nil), data...)
		damaged[i] ^= 0xff
		if a, err := archive.Parse(damaged); err == nil {
			_, _ = a.Interface() // must return
		}
	}
}

func FuzzInterface(f *testing.F) {
	f.Add([]byte("!<arch>\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if a, err := archive.Parse(data); err == nil {
			_, _ = a.Interface()
		}
	})
}
