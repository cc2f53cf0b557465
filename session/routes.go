package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/proxy"
)

// routeTable is the route table of one version with its numbers. It may be used
// by several goroutines: the loop adds rows, the front door counts.
type routeTable struct {
	mu   sync.Mutex
	rows []*routeRow
}

type routeRow struct {
	diag.Route
	hits, errors uint64
	latencies    *proxy.Latencies
}

// onRoute takes a line of the route table that gin prints at its start.
func (l *loop) onRoute(e routed) { e.app.routes.add(e.route) }

func (t *routeTable) add(r diag.Route) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, row := range t.rows {
		if row.Method == r.Method && row.Path == r.Path {
			row.Handler = r.Handler
			return
		}
	}
	t.rows = append(t.rows, &routeRow{Route: r, latencies: proxy.NewLatencies()})
}

// count adds an answered request to its route, if it has one.
func (t *routeTable) count(r proxy.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.rows, func(row *routeRow) bool { return row.Method == r.Method && row.Path == r.Path })
	if i < 0 {
		i = slices.IndexFunc(t.rows, func(row *routeRow) bool { return row.Method == r.Method && matchRoute(row.Path, r.Path) })
	}
	if i < 0 {
		return
	}
	row := t.rows[i]
	row.hits++
	if r.Status == 0 || r.Status >= 500 {
		row.errors++
	}
	row.latencies.Add(r.Took)
}

// routes returns the rows with the places of their handlers in g.
func (t *routeTable) routes(g *graph.Graph) []Route {
	t.mu.Lock()
	defer t.mu.Unlock()
	find := handlerFinder{graph: g, files: map[string]*ast.File{}, fset: token.NewFileSet()}
	var list []Route
	for _, row := range t.rows {
		r := Route{Method: row.Method, Path: row.Path, Handler: row.Handler, Hits: row.hits, Errors: row.errors}
		if row.hits > 0 {
			r.P50 = row.latencies.Quantile(50)
		}
		r.File, r.Line = find.place(row.Handler)
		list = append(list, r)
	}
	return list
}

// matchRoute reports whether path fits one of gin's patterns: ":name" stands
// for one segment that is not empty, "*name" for the rest.
func matchRoute(pattern, path string) bool {
	for {
		p, patternRest, _ := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
		s, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		switch {
		case strings.HasPrefix(p, "*"):
			return true
		case strings.HasPrefix(p, ":"):
			if s == "" {
				return false
			}
		case p != s:
			return false
		}
		pattern, path = patternRest, rest
		if pattern == "" || path == "" {
			return pattern == path || strings.HasPrefix(pattern, "*")
		}
	}
}

// handlerFinder finds the source of functions by the names that the runtime
// gives them.
type handlerFinder struct {
	graph *graph.Graph
	files map[string]*ast.File // parsed so far; nil for one that can't be
	fset  *token.FileSet
}

// place returns where a function begins: example.com/app/users.List,
// example.com/app/users.(*API).Get-fm, main.main.func1 (the first function
// literal in main) or main.main.func1.2 (the second one in that). The file is
// "" for what is not the app's own.
func (h *handlerFinder) place(name string) (file string, line int) {
	if h.graph == nil {
		return "", 0
	}
	slash := strings.LastIndexByte(name, '/') + 1
	base, function, ok := strings.Cut(name[slash:], ".")
	if !ok {
		return "", 0
	}
	path := name[:slash] + base
	parts := strings.Split(strings.TrimSuffix(function, "-fm"), ".")
	receiver := ""
	if strings.HasPrefix(parts[0], "(*") && len(parts) > 1 {
		receiver, parts = strings.Trim(parts[0], "(*)"), parts[1:]
	}
	for _, p := range h.graph.Packages() {
		if p.ImportPath != path && !(path == "main" && p.ImportPath == h.graph.Main().ImportPath) {
			continue
		}
		for _, f := range slices.Concat(p.GoFiles, p.CgoFiles) {
			if at := h.find(filepath.Join(p.Dir, f), receiver, parts); at.IsValid() {
				return at.Filename, at.Line
			}
		}
	}
	return "", 0
}

// find looks for the function in one file.
func (h *handlerFinder) find(file, receiver string, parts []string) token.Position {
	parsed, known := h.files[file]
	if !known {
		parsed, _ = parser.ParseFile(h.fset, file, nil, parser.SkipObjectResolution) // nil or partial if broken
		h.files[file] = parsed
	}
	if parsed == nil {
		return token.Position{}
	}
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		rest := parts[1:]
		switch got := receiverName(f); {
		case receiver == "" && got != "" && got == parts[0] && len(rest) > 0 && f.Name.Name == rest[0]:
			rest = rest[1:] // a method on a value: pkg.Type.Method
		case got != receiver || f.Name.Name != parts[0]:
			continue
		}
		if len(rest) == 0 {
			return h.fset.Position(f.Pos())
		}
		if inner := literal(f.Body, rest); inner != nil {
			return h.fset.Position(inner.Pos())
		}
		// A literal of another function that was inlined into this one: its
		// name does not say of which.
		return token.Position{}
	}
	return token.Position{}
}

// receiverName returns the type name of a method's receiver, "" for a function.
func receiverName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// literal follows names such as func1 and 2 to a function literal in body; nil
// when there is none of that name.
func literal(body ast.Node, names []string) *ast.FuncLit {
	if len(names) == 0 {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(names[0], "func"))
	if err != nil {
		return nil
	}
	var found *ast.FuncLit
	ast.Inspect(body, func(node ast.Node) bool {
		lit, ok := node.(*ast.FuncLit)
		if !ok || found != nil {
			return found == nil
		}
		if n--; n == 0 {
			found = lit
		}
		return false // those inside have names of their own
	})
	if found != nil {
		if inner := literal(found.Body, names[1:]); inner != nil {
			return inner
		}
	}
	return found
}
