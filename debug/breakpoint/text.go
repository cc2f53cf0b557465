package breakpoint

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// text is one version of a file. It is read when it is first compared.
type text struct {
	file    string
	content string

	// What lines are compared by, once it is read.
	lines  []line
	funcs  []function
	broken bool // it does not parse: which statements begin where is not known everywhere
}

// line is one line of a text.
type line struct {
	key  string   // its tokens and comments, joined: equal for lines that differ by layout only
	stmt []string // the tokens of the statement that begins here, else those of the line; no comments
	kind kind     // of that statement
	fn   int      // index of the function around it in text.funcs, nowhere if none
}

// function is a declared function or method, and its lines from first to last.
type function struct {
	name        string // with the receiver's type: "Store.Get"
	first, last int
}

// maxStatement is how many tokens of a statement are looked at: a table of
// literals is one statement, and its head is enough to know it by.
const maxStatement = 64

// read cuts the text into what lines are compared by, once. Code that does not
// parse is compared by its tokens, a file that is not Go by its words.
func (t *text) read() {
	if t.lines != nil {
		return
	}
	raw := strings.Split(strings.TrimSuffix(t.content, "\n"), "\n")
	t.lines = make([]line, len(raw))
	for i := range t.lines {
		t.lines[i].fn = nowhere
	}
	if filepath.Ext(t.file) == ".go" {
		toks := tokens(t.content)
		t.keys(toks, raw)
		t.statements(toks)
	} else {
		for i, s := range raw {
			t.lines[i].stmt = strings.Fields(s)
			t.lines[i].key = strings.Join(t.lines[i].stmt, " ")
		}
	}
	for i := range t.lines {
		l := &t.lines[i]
		l.stmt = l.stmt[:min(len(l.stmt), maxStatement)]
	}
}

// tok is a token or comment, with the lines that it spans, counted from 0.
type tok struct {
	offset      int
	first, last int
	text        string
	comment     bool
}

// tokens scans Go source, however broken, without the semicolons that the
// scanner puts at ends of lines and the commas that gofmt puts there.
func tokens(content string) []tok {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(content))
	var s scanner.Scanner
	s.Init(file, []byte(content), nil, scanner.ScanComments)
	var toks []tok
	for {
		pos, t, lit := s.Scan()
		if t == token.EOF {
			return toks
		}
		if t == token.SEMICOLON && lit == "\n" {
			continue
		}
		if t == token.RPAREN || t == token.RBRACE || t == token.RBRACK {
			toks = withoutComma(toks)
		}
		if lit == "" || t.IsOperator() {
			lit = t.String()
		}
		first := file.PositionFor(pos, false).Line - 1
		toks = append(toks, tok{
			offset: file.Offset(pos),
			first:  first, last: first + strings.Count(lit, "\n"),
			text: lit, comment: t == token.COMMENT,
		})
	}
}

// withoutComma drops the last token if it is a comma, whatever comments follow it.
func withoutComma(toks []tok) []tok {
	for i := len(toks) - 1; i >= 0; i-- {
		if toks[i].text == "," {
			return slices.Delete(toks, i, i+1)
		}
		if !toks[i].comment {
			break
		}
	}
	return toks
}

// keys fills in what each line consists of. The inside of a string or comment
// of several lines is taken as it stands.
func (t *text) keys(toks []tok, raw []string) {
	words := make([][]string, len(raw))
	for _, k := range toks {
		if k.first == k.last {
			words[k.first] = append(words[k.first], strings.Join(strings.Fields(k.text), " "))
			if !k.comment {
				t.lines[k.first].stmt = append(t.lines[k.first].stmt, k.text)
			}
			continue
		}
		for n := k.first; n <= k.last && n < len(raw); n++ {
			words[n] = append(words[n], strings.TrimSpace(raw[n]))
			if !k.comment {
				t.lines[n].stmt = append(t.lines[n].stmt, strings.Fields(raw[n])...)
			}
		}
	}
	for i, w := range words {
		t.lines[i].key = strings.Join(w, " ")
	}
}

// statements fills in which statement begins on each line, and the functions.
func (t *text) statements(toks []tok) {
	fset := token.NewFileSet()
	// A syntax error leaves the part of the tree that was understood.
	tree, err := parser.ParseFile(fset, "", t.content, parser.SkipObjectResolution|parser.AllErrors)
	if tree == nil {
		return
	}
	index := func(p token.Pos) int { return fset.PositionFor(p, false).Line - 1 }
	offset := func(p token.Pos) int { return fset.PositionFor(p, false).Offset }

	ast.Inspect(tree, func(n ast.Node) bool {
		k, end := head(n)
		if k == noStatement {
			return true
		}
		l := &t.lines[min(index(n.Pos()), len(t.lines)-1)]
		if l.kind != noStatement {
			return true // the outermost statement that begins on a line names it
		}
		l.kind, l.stmt = k, nil
		first, stop := offset(n.Pos()), offset(end)
		from := sort.Search(len(toks), func(i int) bool { return toks[i].offset >= first })
		for _, x := range toks[from:] {
			if x.offset >= stop || len(l.stmt) == maxStatement {
				break
			}
			if !x.comment {
				l.stmt = append(l.stmt, x.text)
			}
		}
		return true
	})
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			name := f.Name.Name
			if f.Recv != nil && len(f.Recv.List) > 0 {
				name = receiver(f.Recv.List[0].Type) + "." + name
			}
			t.function(name, index(f.Pos()), index(f.End()-1))
		}
	}
	if t.broken = err != nil; t.broken {
		t.cut(toks)
	}
}

// cut ends functions where the next one begins, for code in which a brace is
// missing: it takes "func" at the beginning of a line for a declaration.
func (t *text) cut(toks []tok) {
	for i, k := range toks {
		if k.text != "func" || k.offset > 0 && t.content[k.offset-1] != '\n' {
			continue
		}
		around := t.lines[k.first].fn
		last := len(t.lines) - 1
		if around != nowhere {
			if t.funcs[around].first == k.first {
				continue
			}
			last = t.funcs[around].last
			t.funcs[around].last = k.first - 1
		}
		t.function(declared(toks[i+1:]), k.first, last)
	}
}

// declared is the name of the function whose declaration goes on with toks,
// with the receiver's type.
func declared(toks []tok) string {
	if len(toks) > 0 && toks[0].text != "(" {
		return toks[0].text
	}
	recv, parameters := "", false
	for i, k := range toks {
		switch {
		case k.text == ")" && i+1 < len(toks):
			return recv + "." + toks[i+1].text
		case k.text == "[":
			parameters = true
		case !parameters && token.IsIdentifier(k.text):
			recv = k.text
		}
	}
	return recv
}

// before returns the nearest line before line i, by index, that tells something;
// nowhere if there is none.
func (t *text) before(i int) int {
	for i--; i >= 0; i-- {
		if t.lines[i].significant() {
			return i
		}
	}
	return nowhere
}

// unique reports whether just one line has this key.
func (t *text) unique(key string) bool {
	n := 0
	for i := range t.lines {
		if t.lines[i].key == key {
			n++
		}
	}
	return n == 1
}

// statementsOn counts those lines, by index, on which a statement begins.
func (t *text) statementsOn(lines []int) int {
	n := 0
	for _, i := range lines {
		if t.lines[i].kind != noStatement {
			n++
		}
	}
	return n
}

// function notes a declared function, by the indexes of its lines.
func (t *text) function(name string, first, last int) {
	last = min(last, len(t.lines)-1)
	for i := first; i <= last; i++ {
		t.lines[i].fn = len(t.funcs)
	}
	t.funcs = append(t.funcs, function{name: name, first: first, last: last})
}
