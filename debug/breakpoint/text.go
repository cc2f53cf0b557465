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

// text is one version of a file, cut into what lines are compared by.
type text struct {
	content string
	lines   []line
	funcs   []function
}

// line is one line of a text.
type line struct {
	key  string   // its tokens and comments, joined: equal for lines that differ by layout only
	stmt []string // the tokens of the statement that begins here, else those of the line; no comments
	kind kind     // of that statement
	fn   int      // index of the function around it in text.funcs, -1 if none
}

// function is a declared function or method, and its lines from first to last.
type function struct {
	name        string // with the receiver's type: "Store.Get"
	first, last int
}

// kind tells statements that can't have come from each other by an edit.
type kind uint8

const (
	noStatement kind = iota
	simpleStatement
	ifStatement
	loopStatement
	switchStatement
	clause
	returnStatement
	declaration
	functionDeclaration
)

// maxStatement is how many tokens of a statement are looked at: a table of
// literals is one statement, and its head is enough to know it by.
const maxStatement = 64

// newText reads content, of the file named. Code that does not parse is
// compared by its tokens, a file that is not Go by its words.
func newText(file, content string) *text {
	t := &text{content: content}
	raw := strings.Split(strings.TrimSuffix(content, "\n"), "\n")
	t.lines = make([]line, len(raw))
	for i := range t.lines {
		t.lines[i].fn = -1
	}
	if filepath.Ext(file) != ".go" {
		for i, s := range raw {
			t.lines[i].stmt = strings.Fields(s)
			t.lines[i].key = strings.Join(t.lines[i].stmt, " ")
		}
		return t
	}
	toks := tokens(content)
	t.keys(toks, raw)
	t.statements(toks)
	return t
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
	tree, _ := parser.ParseFile(fset, "", t.content, parser.SkipObjectResolution|parser.AllErrors)
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
		from := sort.Search(len(toks), func(i int) bool { return toks[i].offset >= offset(n.Pos()) })
		for _, x := range toks[from:] {
			if x.offset >= offset(end) || len(l.stmt) == maxStatement {
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
			t.function(f, index(f.Pos()), index(f.End()-1))
		}
	}
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

// function notes a declared function.
func (t *text) function(f *ast.FuncDecl, first, last int) {
	name := f.Name.Name
	if f.Recv != nil && len(f.Recv.List) > 0 {
		name = receiver(f.Recv.List[0].Type) + "." + name
	}
	last = min(last, len(t.lines)-1)
	for i := first; i <= last; i++ {
		t.lines[i].fn = len(t.funcs)
	}
	t.funcs = append(t.funcs, function{name: name, first: first, last: last})
}

// receiver is the name of a receiver's type, without pointer and type parameters.
func receiver(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// head says what statement or declaration n is, if it is one that begins a
// line, and where its own part ends: before the statements that it contains.
func head(n ast.Node) (kind, token.Pos) {
	switch n := n.(type) {
	case *ast.IfStmt:
		return ifStatement, n.Body.Pos()
	case *ast.ForStmt:
		return loopStatement, n.Body.Pos()
	case *ast.RangeStmt:
		return loopStatement, n.Body.Pos()
	case *ast.SwitchStmt:
		return switchStatement, n.Body.Pos()
	case *ast.TypeSwitchStmt:
		return switchStatement, n.Body.Pos()
	case *ast.SelectStmt:
		return switchStatement, n.Body.Pos()
	case *ast.CaseClause:
		return clause, n.Colon
	case *ast.CommClause:
		return clause, n.Colon
	case *ast.LabeledStmt:
		return simpleStatement, n.Colon
	case *ast.ReturnStmt:
		return returnStatement, literalOr(n, n.End())
	case *ast.BlockStmt, *ast.EmptyStmt, *ast.BadStmt, nil:
		return noStatement, token.NoPos
	case ast.Stmt:
		return simpleStatement, literalOr(n, n.End())
	case *ast.FuncDecl:
		if n.Body != nil {
			return functionDeclaration, n.Body.Pos()
		}
		return functionDeclaration, n.End()
	case ast.Spec:
		return declaration, literalOr(n, n.End())
	case *ast.GenDecl:
		if n.Lparen.IsValid() {
			return declaration, n.Lparen
		}
		return declaration, literalOr(n, n.End())
	}
	return noStatement, token.NoPos
}

// literalOr is where the body of the first function literal in n begins, or
// that of a type's fields; end if there is none.
func literalOr(n ast.Node, end token.Pos) token.Pos {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			end = min(end, n.Body.Pos())
		case *ast.StructType:
			end = min(end, n.Fields.Pos())
		case *ast.InterfaceType:
			end = min(end, n.Methods.Pos())
		}
		return true
	})
	return end
}
