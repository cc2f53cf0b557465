package build_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// shop is a program with what type errors are made of.
const shop = `
-- main.go --
package main

import (
	"fmt"
	"os"

	"example.com/app/cart"
	"example.com/app/store"
)

func main() {
	s := store.New("main")
	c := cart.Cart{Store: s}
	if err := c.Add("tea", 2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.Total(), store.Max([]int{1, 2}), Label)
	// statements
}
-- label.go --
package main

const Label = "shop"

// declarations
-- cart/cart.go --
// Package cart has no other importer than main.
package cart

import (
	"errors"
	"fmt"

	"example.com/app/store"
)

type Cart struct {
	*store.Store
	lines []line
}

type line struct {
	item  store.Item
	count int8
}

var ErrNone = errors.New("no such item")

func (c *Cart) Add(name string, count int) error {
	item, ok := c.Find(name)
	if !ok {
		return fmt.Errorf("%s: %w", name, ErrNone)
	}
	c.lines = append(c.lines, line{item: item, count: int8(count)})
	return nil
}

func (c *Cart) Total() store.Cents {
	var sum store.Cents
	for _, l := range c.lines {
		sum += l.item.Price * store.Cents(l.count)
	}
	return sum
}

func kind(v any) string {
	switch v := v.(type) {
	case int:
		return fmt.Sprint(v)
	case fmt.Stringer:
		return v.String()
	default:
		return ""
	}
}

var _ = kind

// declarations
-- store/store.go --
package store

import "cmp"

type Cents int

func (c Cents) String() string { return "¢" }

type Item struct {
	Name  string
	Price Cents
}

type Store struct{ items map[string]Item }

// Finder is what Store is.
type Finder interface {
	Find(name string) (Item, bool)
}

var _ Finder = (*Store)(nil)

func New(name string) *Store { return &Store{items: map[string]Item{name: {Name: name}}} }

func (s *Store) Find(name string) (Item, bool) {
	item, ok := s.items[name]
	return item, ok
}

func Max[T cmp.Ordered](list []T) (m T) {
	for _, v := range list {
		m = max(m, v)
	}
	return m
}

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

func (p Pair[K, V]) Swap(v V) Pair[K, V] { return Pair[K, V]{p.Key, v} }

// declarations
-- store/old.go --
//go:build go1.21

package store

// declarations
`

// compilerCases are edits that do not compile. Where differs is empty, the type
// check says what the compiler says, at the same lines with the same codes, and
// with the same further places; else it says why it does not.
var compilerCases = []struct{ name, file, old, new, differs string }{
	{name: "undefined name", file: "main.go", old: "// statements", new: "fmt.Println(missing)"},
	{name: "undefined in package", file: "main.go", old: "store.New(", new: "store.Make("},
	{name: "unexported name", file: "main.go", old: "store.Max(", new: "store.max("},
	{name: "undefined method", file: "main.go", old: "c.Total()", new: "c.Sum()"},
	{name: "method of another case", file: "main.go", old: "c.Total()", new: "c.total()"},
	{name: "undefined field", file: "cart/cart.go", old: "l.item.Price", new: "l.item.Cost"},
	{name: "assignment of another type", file: "main.go", old: "// statements", new: "var n int = \"one\"\n\t_ = n"},
	{name: "return of another type", file: "cart/cart.go", old: "return sum", new: "return \"sum\""},
	{name: "too few returned", file: "store/store.go", old: "return item, ok", new: "return item"},
	{name: "too many returned", file: "cart/cart.go", old: "return sum", new: "return sum, nil"},
	{name: "missing return", file: "cart/cart.go", old: "return sum\n", new: "_ = sum\n"},
	{name: "too few arguments", file: "main.go", old: `c.Add("tea", 2)`, new: `c.Add("tea")`},
	{name: "too many arguments", file: "main.go", old: `c.Add("tea", 2)`, new: `c.Add("tea", 2, 3)`},
	{name: "argument of another type", file: "main.go", old: `c.Add("tea", 2)`, new: `c.Add("tea", "2")`},
	{name: "unused variable", file: "main.go", old: "// statements", new: "unused := 1"},
	{name: "unused import", file: "label.go", old: "const Label", new: "import \"errors\"\n\nconst Label"},
	{name: "unused import with a name", file: "label.go", old: "const Label", new: "import other \"errors\"\n\nconst Label"},
	{name: "import twice", file: "main.go", old: "\t\"os\"\n", new: "\t\"os\"\n\t\"os\"\n"},
	{name: "unused label", file: "main.go", old: "// statements", new: "here:\n\tfmt.Println()"},
	{name: "break outside", file: "main.go", old: "// statements", new: "break"},
	{name: "goto over a variable", file: "main.go", old: "// statements", new: "goto end\n\tx := 1\n\t_ = x\nend:", differs: "it says where the variable is by its line, not by its name"},
	{name: "mismatched types", file: "main.go", old: "// statements", new: "_ = 1 + \"a\" + Label"},
	{name: "mismatched variables", file: "main.go", old: "// statements", new: "n, f := 1, 1.5\n\t_ = n + f"},
	{name: "operator not defined", file: "main.go", old: "// statements", new: "_ = !Label"},
	{name: "condition is no bool", file: "main.go", old: "// statements", new: "if 1 {\n\t}"},
	{name: "no new variables", file: "main.go", old: "// statements", new: "s := store.New(\"\")"},
	{name: "assignment to a constant", file: "main.go", old: "// statements", new: "Label = \"x\""},
	{name: "assignment to a map's field", file: "store/store.go", old: "item, ok := s.items[name]", new: "s.items[name].Name = name\n\titem, ok := s.items[name]"},
	{name: "call of no function", file: "main.go", old: "// statements", new: "Label()"},
	{name: "range over no range", file: "main.go", old: "// statements", new: "for range c {\n\t}"},
	{name: "constant overflow", file: "cart/cart.go", old: "count int8\n", new: "count int8\n}\n\nvar big = line{\n\tcount: 300,\n"},
	{name: "constant overflow in arithmetic", file: "label.go", old: "// declarations", new: "var small uint8 = 1 << 8"},
	{name: "division by zero", file: "label.go", old: "// declarations", new: "const none = 1 / 0"},
	{name: "index out of range", file: "label.go", old: "// declarations", new: "var _ = [2]int{1, 2}[2]"},
	{name: "duplicate declaration", file: "label.go", old: "// declarations", new: "func main() {}"},
	{name: "duplicate method", file: "store/store.go", old: "// declarations", new: "func (s *Store) Find() {}"},
	{name: "duplicate field and method", file: "store/store.go", old: "struct{ items", new: "struct{ Find int; items"},
	{name: "duplicate case", file: "main.go", old: "// statements", new: "switch 1 {\n\tcase 1:\n\tcase 1:\n\t}"},
	{name: "duplicate key", file: "label.go", old: "// declarations", new: "var _ = map[string]int{\n\t\"a\": 1,\n\t\"a\": 2,\n}"},
	{name: "impossible type case", file: "cart/cart.go", old: "case int:", new: "case int, undefinedType:"},
	{name: "unused in type switch", file: "cart/cart.go", old: "return fmt.Sprint(v)\n\tcase fmt.Stringer:\n\t\treturn v.String()", new: "return \"\""},
	{name: "interface is not implemented", file: "store/store.go", old: "(*Store)(nil)", new: "Store{}"},
	{name: "interface lacks a method", file: "store/store.go", old: "Find(name string) (Item, bool)\n}", new: "Find(name string) (Item, bool)\n\tClose() error\n}"},
	{name: "interface with another signature", file: "store/store.go", old: "Find(name string) (Item, bool)\n}", new: "Find(name []byte) (Item, bool)\n}"},
	{name: "type argument does not satisfy", file: "main.go", old: "store.Max([]int{1, 2})", new: "store.Max([]bool{true})"},
	{name: "type argument cannot be inferred", file: "main.go", old: "// statements", new: "_ = store.Max(nil)", differs: "export data has no columns for it"},
	{name: "generic type without arguments", file: "main.go", old: "// statements", new: "var p store.Pair\n\t_ = p"},
	{name: "wrong number of type arguments", file: "main.go", old: "// statements", new: "var p store.Pair[string]\n\t_ = p"},
	{name: "generic method of another type", file: "store/store.go", old: "Pair[K, V]{p.Key, v}", new: "Pair[V, K]{v, p.Key}"},
	{name: "embedded type is gone", file: "cart/cart.go", old: "*store.Store\n", new: "*store.Shop\n"},
	{name: "embedded twice", file: "cart/cart.go", old: "*store.Store\n", new: "*store.Store\n\tStore int\n"},
	{name: "recursive type", file: "store/store.go", old: "Price Cents\n", new: "Price Cents\n\tSelf Item\n"},
	{name: "initialization cycle", file: "label.go", old: "// declarations", new: "var a = b\nvar b = a"},
	{name: "too few values", file: "label.go", old: "// declarations", new: "var _ = store{1}\n\ntype store struct{ a, b int }"},
	{name: "unknown field in literal", file: "main.go", old: "Store: s", new: "Shop: s"},
	{name: "mixed literal", file: "label.go", old: "// declarations", new: "var _ = pair{a: 1, 2}\n\ntype pair struct{ a, b int }"},
	{name: "unused result", file: "main.go", old: "// statements", new: "c.Total() + 1"},
	{name: "unused value of append", file: "main.go", old: "// statements", new: "append([]int{}, 1)"},
	{name: "defer needs a call", file: "main.go", old: "// statements", new: "defer recover"},
	{name: "misused variadic", file: "main.go", old: "// statements", new: "fmt.Println([]string{}...)"},
	{name: "method on another package's type", file: "label.go", old: "// declarations", new: "func (s *os.File) More() {}"},
	{name: "older language", file: "store/old.go", old: "// declarations", new: "func Each() (n int) {\n\tfor i := range 3 {\n\t\tn += i\n\t}\n\treturn n\n}"},
	{name: "main has arguments", file: "main.go", old: "func main() {", new: "func main(args []string) {"},
	{name: "several errors", file: "cart/cart.go", old: "// declarations", new: "var a int = \"a\"\nvar b string = 1\nvar c undefinedType\nvar d undefinedType"},
	{name: "a signature, and its caller", file: "store/store.go", old: "func New(name string) *Store { return", new: "func New(name string, size int) *Store { return"},
	{name: "a result, and its user", file: "store/store.go", old: "Find(name string) (Item, bool)", new: "Find(name string) (Item, error)"},
	{name: "a field, and its user", file: "store/store.go", old: "Price Cents", new: "Cost  Cents"},
	{name: "a constant, and its user", file: "store/store.go", old: "type Cents int", new: "type Cents string"},
	{name: "a type parameter, and its user", file: "store/store.go", old: "func Max[T cmp.Ordered](list []T) (m T) {", new: "func Max[T ~string](list []T) (m T) {"},

	{name: "missing brace", file: "label.go", old: "// declarations", new: "func f() {", differs: "the parser sees the end of the file a line earlier"},
	{name: "missing parenthesis", file: "main.go", old: "fmt.Println(c.Total(), ", new: "fmt.Println((c.Total(), "},
	{name: "missing operand", file: "main.go", old: "// statements", new: "x := "},
	{name: "missing comma", file: "label.go", old: "// declarations", new: "var _ = []int{\n\t1\n}"},
	{name: "statement outside", file: "label.go", old: "// declarations", new: "x := 1"},
	{name: "keyword as a name", file: "label.go", old: "// declarations", new: "var func = 1"},
	{name: "else on a new line", file: "main.go", old: "// statements", new: "if true {\n\t}\n\telse {\n\t}", differs: "the parser expects something else"},
	{name: "string not terminated", file: "label.go", old: "\"shop\"", new: "\"shop"},
	{name: "brace on a new line", file: "label.go", old: "// declarations", new: "func f()\n{\n}"},
	{name: "two statements on a line", file: "main.go", old: "// statements", new: "fmt.Println() fmt.Println()"},
	{name: "continue outside", file: "main.go", old: "// statements", new: "continue"},
	{name: "missing comma in a call", file: "main.go", old: "// statements", new: "fmt.Println(\n\t\tc\n\t)"},
	{name: "missing comma in parameters", file: "label.go", old: "// declarations", new: "func f(\n\ta int\n) {\n}"},
	{name: "raw string not terminated", file: "label.go", old: "// declarations", new: "var _ = `"},
	{name: "rune not terminated", file: "label.go", old: "// declarations", new: "var _ = 'a\n"},
	{name: "comment not terminated", file: "label.go", old: "// declarations", new: "/*"},
	{name: "unknown escape", file: "label.go", old: "\"shop\"", new: "\"\\shop\""},
	{name: "strange character", file: "label.go", old: "// declarations", new: "var _ = 1 # 2", differs: "only the first error in a file is told"},
	{name: "malformed number", file: "label.go", old: "// declarations", new: "var _ = 0x"},
	{name: "malformed octal number", file: "label.go", old: "// declarations", new: "var _ = 089"},
	{name: "dangling bracket", file: "label.go", old: "// declarations", new: "}"},
	{name: "assignment as a condition", file: "main.go", old: "// statements", new: "if x = 1; x {\n\t}"},
	{name: "declaration as a condition", file: "main.go", old: "// statements", new: "if x := 1 {\n\t}", differs: "the parser expects something else"},
	{name: "declared without a type", file: "label.go", old: "// declarations", new: "var x"},
	{name: "import after declarations", file: "label.go", old: "// declarations", new: "import \"os\""},
	{name: "missing function body", file: "label.go", old: "// declarations", new: "func f() int", differs: "not a matter of types"},
}

// TestTypeCheck holds what the type check finds in what is not saved yet to what
// the compiler finds in it when it is.
func TestTypeCheck(t *testing.T) {
	t.Parallel()
	p := newProject(t, shop)
	p.incrementally(build.Fast)
	r := build.Request{Root: p.root}
	p.mustBuildBy(r, "not known yet")
	for _, tc := range compilerCases {
		t.Run(tc.name, func(t *testing.T) {
			text, err := p.read(tc.file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, tc.old) {
				t.Fatalf("%s has no %q", tc.file, tc.old)
			}
			edited := strings.Replace(text, tc.old, tc.new, 1)
			checked, err := p.builder.CheckTypes(t.Context(), r, map[string][]byte{p.path(tc.file): []byte(edited)})
			if err != nil {
				t.Fatal(err)
			}
			p.write(tc.file, edited)
			defer p.write(tc.file, text)
			res := p.build(r)
			if res.Binary != nil || res.How.Method != build.Incremental {
				t.Fatalf("the compiler says nothing (%+v)", res.How)
			}
			got, want := places(checked), places(res.Diagnostics)
			switch {
			case got == want && tc.differs != "":
				t.Errorf("they say the same")
			case got != want && tc.differs == "":
				t.Errorf("the type check says\n%sthe compiler says\n%s", got, want)
			}
		})
	}
	if list, err := p.builder.CheckTypes(t.Context(), r, nil); err != nil || len(list) > 0 {
		t.Errorf("with all undone: %v, %v", err, places(list))
	}
}

// places describes diagnostics but for columns.
func places(list []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s:%d: %s: %s\n", d.File, d.Line, d.Code, d.Message)
		for _, r := range d.Related {
			fmt.Fprintf(&b, "\t%s:%d: %s\n", r.File, r.Line, r.Message)
		}
	}
	return b.String()
}
