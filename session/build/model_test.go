package build_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// model is a program of several packages whose parts vary. Its output tells of
// every part: values, types, constants, what is embedded, line numbers.
type model struct {
	packages []*modelPackage
	goMod    int    // comment in go.mod
	debug    bool   // a //go:debug directive in main
	mended   func() // undoes an edit that breaks the program
	extra    bool   // built with the tag extra
}

// modelPackage is package pN. It imports some with a smaller N, and main all.
type modelPackage struct {
	n                                                  int
	imports                                            []int
	pads                                               [9]int // empty lines before each declaration
	comment, value, small, large, generic, method, v   int
	field, embeds, wide, escapes, extra, tagged, std   bool
	renamed                                            bool // what importers call Small
	interfaceMethod, unused, broken, textFile, ignored int
}

func newModel(rng *rand.Rand, size int) *model {
	m := &model{}
	for n := range size {
		p := &modelPackage{n: n}
		for i := range n {
			if rng.IntN(2) == 0 {
				p.imports = append(p.imports, i)
			}
		}
		m.packages = append(m.packages, p)
	}
	return m
}

// modelEdit is a kind of edit.
type modelEdit struct {
	name   string
	falls  bool // go build has to be used after the edit, if it changed anything
	breaks bool // the program does not compile then, until the edit is made again
	apply  func(m *model, p *modelPackage, rng *rand.Rand)
}

var modelEdits = []modelEdit{
	{name: "nothing", apply: func(*model, *modelPackage, *rand.Rand) {}},
	{name: "move", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.pads[r.IntN(len(p.pads))] = r.IntN(4) }},
	{name: "move all", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.pads[0] = r.IntN(9) }},
	{name: "comment", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.comment = r.IntN(90) + 10 }},
	{name: "inlinable body", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.small = r.IntN(1000) }},
	{name: "body", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.large = r.IntN(1000) }},
	{name: "generic body", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.generic = r.IntN(1000) }},
	{name: "method body", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.method = r.IntN(1000) }},
	{name: "constant", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.value = r.IntN(1000) }},
	{name: "linknamed variable", apply: func(_ *model, p *modelPackage, r *rand.Rand) { p.v = r.IntN(1000) }},
	{name: "field", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.field = !p.field }},
	{name: "embedded field", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.embeds = !p.embeds }},
	{name: "signature", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.wide = !p.wide }},
	{name: "escape", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.escapes = !p.escapes }},
	{name: "interface", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.interfaceMethod++ }},
	{name: "unused method", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.unused++ }},
	{name: "type error", breaks: true, apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.broken++ }},
	{name: "renamed function", breaks: true, apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.renamed = !p.renamed }},
	{name: "embedded text", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.textFile += 2 }},
	{name: "ignored file", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.ignored++ }},
	{name: "import", apply: func(_ *model, p *modelPackage, r *rand.Rand) {
		var other []int
		for i := range p.n {
			if r.IntN(2) == 0 {
				other = append(other, i)
			}
		}
		p.imports = other
	}},
	{name: "embedded file", falls: true, apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.textFile ^= 1 }},
	{name: "file", falls: true, apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.extra = !p.extra }},
	{name: "build constraint", falls: true, apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.tagged = !p.tagged }},
	{name: "import of a package that may be new", apply: func(_ *model, p *modelPackage, _ *rand.Rand) { p.std = !p.std }},
	{name: "go.mod", falls: true, apply: func(m *model, _ *modelPackage, _ *rand.Rand) { m.goMod++ }},
	{name: "go:debug", falls: true, apply: func(m *model, _ *modelPackage, _ *rand.Rand) { m.debug = !m.debug }},
	{name: "tag", falls: true, apply: func(m *model, _ *modelPackage, _ *rand.Rand) { m.extra = !m.extra }},
}

func (m *model) tags() []string {
	if m.extra {
		return []string{"extra"}
	}
	return nil
}

func (m *model) sealed() []string { return nil }

// edit makes an edit; after one that breaks the program it is the one that mends it.
func (m *model) edit(rng *rand.Rand) change {
	if mend := m.mended; mend != nil {
		m.mended = nil
		mend()
		return change{what: "mend"}
	}
	e := modelEdits[rng.IntN(len(modelEdits))]
	p := m.packages[rng.IntN(len(m.packages))]
	e.apply(m, p, rng)
	if e.breaks {
		m.mended = func() { e.apply(m, p, rng) }
	}
	return change{what: fmt.Sprintf("%s in p%d", e.name, p.n), falls: e.falls}
}

// files renders the model.
func (m *model) files() map[string]string {
	files := map[string]string{"go.mod": fmt.Sprintf("module example.com/app\n\ngo 1.26 // %d\n", m.goMod)}
	var main strings.Builder
	if m.debug {
		main.WriteString("//go:debug panicnil=1\n\n")
	}
	main.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n")
	for _, p := range m.packages {
		fmt.Fprintf(&main, "\t\"example.com/app/p%d\"\n", p.n)
		p.render(m, files)
	}
	main.WriteString(")\n\nfunc main() {\n\tfmt.Fprint(os.Stdout, \"main\")\n")
	for _, p := range m.packages {
		fmt.Fprintf(&main, "\tfmt.Println(p%d.Describe())\n", p.n)
	}
	files["main.go"] = main.String() + "}\n"
	return files
}

// render adds the files of the package.
func (p *modelPackage) render(m *model, files map[string]string) {
	dir := fmt.Sprintf("p%d/", p.n)
	var b strings.Builder
	pad := func(i int) { b.WriteString(strings.Repeat("\n", p.pads[i])) }
	imports := "\t_ \"embed\"\n\t\"fmt\"\n\t\"runtime\"\n\t_ \"unsafe\"\n"
	for _, i := range p.imports {
		imports += fmt.Sprintf("\t\"example.com/app/p%d\"\n", i)
	}
	fmt.Fprintf(&b, "// Package p%d, comment %d.\npackage p%d\n\nimport (\n%s)\n", p.n, p.comment, p.n, imports)
	pad(0)
	fmt.Fprintf(&b, "\nconst C = %d\n\n//go:embed data/*.txt\nvar data embedFS\n\nvar V = %d\n", p.value, p.v)
	pad(1)
	b.WriteString("\ntype T struct {\n\tA int\n")
	if p.field {
		b.WriteString("\tB string `json:\"b\"`\n")
	}
	for _, i := range p.imports {
		if p.embeds {
			fmt.Fprintf(&b, "\tp%d.T\n", i)
			break // two would make A ambiguous in a way that differs
		}
	}
	b.WriteString("}\n")
	pad(2)
	fmt.Fprintf(&b, "\nfunc (t T) M() int { return t.A + %d }\n\nfunc (t *T) P() int { t.A++; return t.A }\n", p.method)
	for i := range p.unused % 3 {
		fmt.Fprintf(&b, "\nfunc (t T) Unused%d() {}\n", i)
	}
	b.WriteString("\ntype I interface {\n\tM() int\n")
	if p.interfaceMethod%2 == 1 {
		b.WriteString("\tP() int\n")
	}
	b.WriteString("}\n")
	pad(3)
	fmt.Fprintf(&b, "\nfunc %s(x int) int { return x + %d }\n", p.smallName(), p.small)
	pad(4)
	fmt.Fprintf(&b, "\n//go:noinline\nfunc Large(x int) int {\n\tfor i := range x {\n\t\tx += i %% %d\n\t}\n\t_, _, line, _ := runtime.Caller(0)\n\treturn x + line\n}\n", p.large+1)
	pad(5)
	fmt.Fprintf(&b, "\nfunc Generic[E any](e E) string {\n\t_, _, line, _ := runtime.Caller(0)\n\treturn fmt.Sprint(e, %d, line)\n}\n", p.generic)
	pad(6)
	b.WriteString("\nfunc Where() int { _, _, line, _ := runtime.Caller(0); return line }\n\nvar kept *int\n\nfunc Escape(x *int) int {\n")
	if p.escapes {
		b.WriteString("\tkept = x\n")
	}
	b.WriteString("\treturn *x\n}\n")
	pad(7)
	if p.wide {
		b.WriteString("\nfunc Sig(a int, b string) string { return fmt.Sprint(a, b) }\n")
	} else {
		b.WriteString("\nfunc Sig(a int) string { return fmt.Sprint(a) }\n")
	}
	pad(8)
	p.describe(m, &b)
	if p.broken%2 == 1 {
		fmt.Fprintf(&b, "\nvar broken%d int = \"%d\"\n\nfunc Broken() { undefined%d() }\n", p.broken, p.broken, p.broken)
	}
	files[dir+"p.go"] = strings.Replace(strings.ReplaceAll(b.String(), "embedFS", "embed.FS"), `_ "embed"`, `"embed"`, 1)
	files[dir+"data/a.txt"] = fmt.Sprint("text ", p.textFile/2)
	if p.textFile%2 == 1 {
		files[dir+"data/b.txt"] = "b"
	}
	constraint := "extra"
	if p.tagged {
		constraint = "!extra"
	}
	files[dir+"tagged.go"] = fmt.Sprintf("//go:build %s\n\npackage p%d\n\nfunc init() { V++ }\n", constraint, p.n)
	files[dir+"ignored.go"] = fmt.Sprintf("//go:build ignore\n\npackage main\n\nconst c = %d\n", p.ignored)
	files[dir+"p_test.go"] = fmt.Sprintf("package p%d\n\nconst c = %d\n", p.n, p.ignored)
	if p.extra {
		files[dir+"extra.go"] = fmt.Sprintf("package p%d\n\nfunc init() { V += 10 }\n", p.n)
	}
	if p.std {
		files[dir+"p.go"] = strings.Replace(files[dir+"p.go"], "import (\n", "import (\n\t_ \"hash/fnv\"\n", 1)
	}
}

func (p *modelPackage) smallName() string {
	if p.renamed {
		return "Little"
	}
	return "Small"
}

// describe renders the function that tells of everything in the package and in
// those that it imports.
func (p *modelPackage) describe(m *model, b *strings.Builder) {
	b.WriteString("\nfunc Describe() string {\n\tx := 3\n\tt := T{A: C}\n\tvar i I = &t\n\ttext, _ := data.ReadDir(\"data\")\n\ta, _ := data.ReadFile(\"data/a.txt\")\n")
	b.WriteString("\ts := fmt.Sprintf(\"%+v %v %v %s %d \", t, i.M(), len(text), a, V)\n")
	b.WriteString("\ts += fmt.Sprint(t.P(), " + p.smallName() + "(x), Large(x), Generic(t), Where(), Escape(&x))\n")
	for _, n := range p.imports {
		q := m.packages[n]
		fmt.Fprintf(b, "\tu%d := p%d.T{A: p%d.C}\n\tvar i%d p%d.I = &u%d\n", n, n, n, n, n, n)
		arguments := "x"
		if q.wide {
			arguments = `x, "b"`
		}
		fmt.Fprintf(b, "\ts += fmt.Sprintf(\" %%+v %%v\", u%d, i%d.M())\n", n, n)
		fmt.Fprintf(b, "\ts += fmt.Sprint(p%d.Small(x), p%d.Large(x), p%d.Generic(t), p%d.Generic(x), p%d.Where(), p%d.Escape(&x), p%d.Sig(%s), linked%d)\n", n, n, n, n, n, n, n, arguments, n)
	}
	b.WriteString("\treturn s\n}\n")
	for _, n := range p.imports {
		fmt.Fprintf(b, "\n//go:linkname linked%d example.com/app/p%d.V\nvar linked%d int\n", n, n, n)
	}
}
