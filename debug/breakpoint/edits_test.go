package breakpoint_test

import (
	"fmt"
	"go/format"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// program is a Go file as its author thinks of it: statements that keep their
// identity whatever is done to them. It is the oracle: it knows which line
// each statement is on without comparing texts.
type program struct {
	rng   *rand.Rand
	funcs []*function
	named int  // for names that were never there
	loose bool // laid out as before gofmt
	undo  []version
}

// version is what the program was before an edit.
type version struct {
	funcs []*function
	fn    map[*function]function
	stmt  map[*statement]statement
	loose bool
}

func (p *program) remember() {
	v := version{funcs: slices.Clone(p.funcs), fn: map[*function]function{}, stmt: map[*statement]statement{}, loose: p.loose}
	for _, f := range p.funcs {
		v.fn[f] = function{name: f.name, local: f.local, body: slices.Clone(f.body)}
	}
	for _, pl := range p.places() {
		s := *pl.stmt()
		s.body = slices.Clone(s.body)
		v.stmt[pl.stmt()] = s
	}
	p.undo = append(p.undo, v)
}

// back undoes the last edit.
func (p *program) back() {
	v := p.undo[len(p.undo)-1]
	p.undo = p.undo[:len(p.undo)-1]
	p.funcs, p.loose = v.funcs, v.loose
	for f, was := range v.fn {
		*f = was
	}
	for s, was := range v.stmt {
		*s = was
	}
}

type function struct {
	name, local string
	body        []*statement
}

// statement is one line, or a block: its head, its body and a brace.
type statement struct {
	code string // with L for the function's local variable
	body []*statement
	note bool // a comment stands above it
	wrap bool // a call is written over several lines
}

func newProgram(seed uint64) *program {
	p := &program{rng: rand.New(rand.NewPCG(seed, 1))}
	for range 4 {
		p.addFunction()
	}
	return p
}

func (p *program) fresh() int { p.named++; return p.named }

func (p *program) addFunction() {
	f := &function{name: fmt.Sprintf("handle%d", p.fresh()), local: fmt.Sprintf("value%d", p.fresh())}
	for range 3 + p.rng.IntN(5) {
		f.body = append(f.body, p.newStatement())
	}
	p.funcs = slices.Insert(p.funcs, p.rng.IntN(len(p.funcs)+1), f)
}

// verbs make the statements of a program differ as those of people do.
var verbs = []string{"load", "store", "check", "render", "parse", "scale", "notify", "lookup", "encode", "merge"}

func (p *program) newStatement() *statement {
	verb, n := verbs[p.rng.IntN(len(verbs))], p.fresh()
	switch p.rng.IntN(8) {
	case 0:
		return &statement{code: fmt.Sprintf("if err := %s(L, %d); err != nil {", verb, n), body: []*statement{{code: "return err"}}}
	case 1:
		return &statement{code: fmt.Sprintf("for i := range %s(L, %d) {", verb, n), body: []*statement{{code: fmt.Sprintf("L += %s(i, %d)", verb, p.fresh())}, {code: "count++"}}}
	case 2:
		return &statement{code: fmt.Sprintf("L = L.%s(%d).%s(%q)", verb, n, verbs[p.rng.IntN(len(verbs))], fmt.Sprint("key ", n))}
	case 3:
		return &statement{code: fmt.Sprintf("go %s(func() { L.%s(%d) })", verb, verbs[p.rng.IntN(len(verbs))], n)}
	case 4:
		return &statement{code: fmt.Sprintf("item%d, err := %s(L, item%d, %d)", n, verb, n-1, n)}
	}
	return &statement{code: fmt.Sprintf("%s(L, %q, %d)", verb, fmt.Sprint("step ", n), n)}
}

// place is where a statement stands.
type place struct {
	f    *function
	list *[]*statement
	at   int
}

// places lists the statements, in the order of the file.
func (p *program) places() []place {
	var all []place
	var walk func(f *function, list *[]*statement)
	walk = func(f *function, list *[]*statement) {
		for i, s := range *list {
			all = append(all, place{f, list, i})
			if s.body != nil {
				walk(f, &s.body)
			}
		}
	}
	for _, f := range p.funcs {
		walk(f, &f.body)
	}
	return all
}

func (pl place) stmt() *statement { return (*pl.list)[pl.at] }

// render writes the file, and says on which line each statement is.
func (p *program) render() (string, map[*statement]int) {
	var b strings.Builder
	lines := map[*statement]int{}
	line := 1
	put := func(s string) {
		b.WriteString(s + "\n")
		line += 1 + strings.Count(s, "\n")
	}
	put("package app\n")
	for _, f := range p.funcs {
		put(fmt.Sprintf("func %s(%s *T) error {", f.name, f.local))
		var block func(list []*statement, indent string)
		block = func(list []*statement, indent string) {
			for _, s := range list {
				if s.note {
					put(indent + "// " + strings.Repeat("so it is ", 1+len(s.code)%3))
				}
				lines[s] = line
				put(indent + p.layout(strings.ReplaceAll(s.code, "L", f.local), indent, s.wrap))
				if s.body != nil {
					block(s.body, indent+"\t")
					put(indent + "}")
				}
			}
		}
		block(f.body, "\t")
		put("\treturn nil\n}\n")
	}
	return b.String(), lines
}

// layout writes a line as somebody writes it who leaves that to gofmt.
func (p *program) layout(code, indent string, wrap bool) string {
	if wrap && strings.Contains(code, ", ") && !strings.HasSuffix(code, "{") && !strings.Contains(code, ":=") {
		open, last := strings.Index(code, "(")+1, strings.LastIndex(code, ")")
		code = code[:open] + "\n" + indent + "\t" + strings.ReplaceAll(code[open:last], ", ", ",\n"+indent+"\t") + ",\n" + indent + code[last:]
	}
	if p.loose {
		code = strings.NewReplacer(", ", ",", " := ", ":=", " += ", "+=", " = ", "  =  ").Replace(code)
	}
	return code
}

// edit changes the program in one of the ways in which people do, and says how.
func (p *program) edit() string {
	all := p.places()
	pl := all[p.rng.IntN(len(all))]
	f := pl.f
	switch p.rng.IntN(13) {
	case 0, 1:
		*pl.list = slices.Insert(*pl.list, pl.at, p.newStatement())
		return "insert a statement"
	case 2:
		pl.stmt().note = !pl.stmt().note
		return "insert or delete a comment"
	case 3:
		if len(f.body) > 1 && pl.list == &f.body {
			*pl.list = slices.Delete(*pl.list, pl.at, pl.at+1)
			return "delete a statement"
		}
		return p.edit()
	case 4:
		if len(f.body) < 2 || pl.list != &f.body {
			return p.edit()
		}
		s := pl.stmt()
		*pl.list = slices.Delete(*pl.list, pl.at, pl.at+1)
		*pl.list = slices.Insert(*pl.list, p.rng.IntN(len(*pl.list)+1), s)
		return "move a statement"
	case 5:
		i := slices.Index(p.funcs, f)
		p.funcs = slices.Delete(p.funcs, i, i+1)
		p.funcs = slices.Insert(p.funcs, p.rng.IntN(len(p.funcs)+1), f)
		return "move a function"
	case 6:
		f.local = fmt.Sprintf("value%d", p.fresh())
		return "rename a variable"
	case 7:
		f.name = fmt.Sprintf("serve%d", p.fresh())
		return "rename a function"
	case 8:
		p.loose = !p.loose
		return "gofmt, or the other way"
	case 9:
		pl.stmt().wrap = !pl.stmt().wrap
		return "break or join a line"
	case 10:
		p.addFunction()
		return "insert a function"
	case 11:
		if len(p.funcs) < 4 {
			return p.edit()
		}
		p.funcs = slices.DeleteFunc(p.funcs, func(g *function) bool { return g == f })
		return "delete a function"
	}
	s := pl.stmt()
	switch i := strings.LastIndexByte(s.code, ')'); {
	case i < 0:
		return p.edit()
	case p.rng.IntN(2) == 0:
		s.code = s.code[:i] + fmt.Sprintf(", %d", p.fresh()) + s.code[i:]
	default:
		v := verbs[p.rng.IntN(len(verbs))]
		for _, old := range verbs {
			if strings.Contains(s.code, old) {
				s.code = strings.Replace(s.code, old, v, 1)
				break
			}
		}
	}
	return "change the statement itself"
}

// TestEdits makes random edits to a file with ten breakpoints, builds it after
// each, and compares where the breakpoints are with where their statements are.
func TestEdits(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			checkEdits(t, seed)
		})
	}
}

func checkEdits(t *testing.T, seed uint64) {
	const file = "app.go"
	p := newProgram(seed)
	text, at := p.render()
	if _, err := format.Source([]byte(text)); err != nil {
		t.Fatalf("the program is no Go: %v\n%s", err, text)
	}
	stmts := slices.SortedFunc(maps.Keys(at), func(a, b *statement) int { return at[a] - at[b] })
	p.rng.Shuffle(len(stmts), func(i, j int) { stmts[i], stmts[j] = stmts[j], stmts[i] })
	stmts = stmts[:10]
	var specs []breakpoint.Spec
	for _, s := range stmts {
		specs = append(specs, breakpoint.Spec{Line: at[s]})
	}

	source := func(string) ([]byte, error) { return []byte(text), nil }
	l := breakpoint.New()
	ids := map[int]*statement{}
	for i, b := range l.Set("editor", file, []byte(text), specs, false) {
		ids[b.ID] = stmts[i]
	}
	l.Build(source, source)
	for n := range 100 {
		before := text
		what := "undo"
		if len(p.undo) > 0 && p.rng.IntN(3) == 0 {
			p.back()
		} else {
			p.remember()
			what = p.edit()
		}
		text, at = p.render()
		l.Build(source, source)
		for _, b := range l.List() {
			if want := at[ids[b.ID]]; b.BuiltLine != want || b.Lost != (want == 0) {
				t.Fatalf("edit %d: %s: breakpoint on %q is on line %d (lost: %v), its statement on %d\n--- before\n%s\n--- after\n%s",
					n, what, ids[b.ID].code, b.BuiltLine, b.Lost, want, numbered(before), numbered(text))
			}
		}
	}
}

func numbered(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		fmt.Fprintf(&b, "%4d  %s\n", i+1, l)
	}
	return b.String()
}
