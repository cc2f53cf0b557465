package diag

import (
	"path/filepath"
	"regexp"
	"strings"
)

// The go command reports a package that it cannot load by the way it came to
// it:
//
//	package example.com/app
//		imports example.com/app/a from main.go
//		imports example.com/app/b from a.go: import cycle not allowed
//
// The files may be missing, and the last line may be a position with a message.
var (
	chainHead = regexp.MustCompile(`^package (\S+?)(?:: (.*))?$`)
	chainLink = regexp.MustCompile(`^\timports (\S+?)(?: from (.+?\.go))?(?:: (.*))?$`)
)

// chainLength returns how many of the first lines are an import chain; 0 when
// they are none, or it has no message at its end.
func chainLength(lines []string) int {
	head := chainHead.FindStringSubmatch(lines[0])
	if head == nil {
		return 0
	}
	n := 1
	message := head[2]
	for n < len(lines) && message == "" {
		if m := chainLink.FindStringSubmatch(lines[n]); m != nil {
			message = m[3]
			n++
			continue
		}
		if message = strings.TrimPrefix(lines[n], "\t"); message == lines[n] {
			return 0
		}
		n++
	}
	if message == "" {
		return 0
	}
	return n
}

// importEdge is one import: importer imports path in the file of that base
// name, which may be unknown.
type importEdge struct{ importer, path, file string }

// chain adds the finding at the end of an import chain, on the import that
// leads to it unless its message has a position of its own.
func (p *buildParser) chain(lines []string) {
	head := chainHead.FindStringSubmatch(lines[0])
	pkg, message := head[1], head[2]
	var edges []importEdge
	for _, line := range lines[1:] {
		m := chainLink.FindStringSubmatch(line)
		if m == nil { // the last line
			message = strings.TrimSpace(line)
			if at, text, ok := p.position(message, pkg); ok {
				p.positioned(at, text, -1)
				return
			}
			break
		}
		edges = append(edges, importEdge{importer: pkg, path: m[1], file: m[2]})
		pkg, message = m[1], m[3]
	}
	d := Diagnostic{Span: Span{File: p.MainFile}, Severity: Error, Message: message}
	if len(edges) > 0 {
		last := edges[len(edges)-1]
		d.Span = p.importSpan(last.importer, last.file, last.path)
		if message == "import cycle not allowed" {
			d.Message = "import cycle not allowed: " + cycleText(edges)
			d.Related = p.cycle(edges)
		}
	}
	d.Code = codeOf(d.Message, d.File)
	i := p.add(d)
	p.explainExcluded(i, message)
}

// inCycle returns the edges of the chain that are part of the cycle which its
// last edge closes.
func inCycle(edges []importEdge) []importEdge {
	last := edges[len(edges)-1]
	for i, e := range edges {
		if e.importer == last.path {
			return edges[i:]
		}
	}
	return edges
}

// cycleText writes the cycle as a → b → a.
func cycleText(edges []importEdge) string {
	last := edges[len(edges)-1]
	path := []string{last.path}
	for _, e := range inCycle(edges) {
		path = append(path, e.path)
	}
	return strings.Join(path, " → ")
}

// cycle returns the other imports of the cycle that the last edge closes.
func (p *buildParser) cycle(edges []importEdge) []Related {
	var list []Related
	edges = inCycle(edges)
	for _, e := range edges[:len(edges)-1] {
		list = append(list, Related{Span: p.importSpan(e.importer, e.file, e.path), Message: e.importer + " imports " + e.path})
	}
	return list
}

// excludedIn matches the message about a package without a file for this
// system and these tags, and its directory.
var excludedIn = regexp.MustCompile(`build constraints exclude all Go files in (.+)$`)

// explainExcluded adds the constraint of each file that is excluded to the
// finding i; without a better place the first of them is where it is shown.
func (p *buildParser) explainExcluded(i int, message string) {
	m := excludedIn.FindStringSubmatch(message)
	if m == nil {
		return
	}
	dir := p.resolve(m[1], "")
	for _, name := range p.goFiles(dir) {
		at := p.lineSpan(filepath.Join(dir, name), func(line string) bool { return strings.HasPrefix(line, "//go:build ") })
		p.relate(i, at, "excluded: "+p.excludedBy(at))
	}
	if d := &p.found[i]; d.Line == 0 && len(d.Related) > 0 {
		d.Span, d.Related = d.Related[0].Span, d.Related[1:]
	}
}

// excludedBy returns the constraint at a place, or what else keeps its file out.
func (p *buildParser) excludedBy(at Span) string {
	if at.Line > 0 {
		return strings.TrimSpace(strings.Split(string(p.read(at.File)), "\n")[at.Line-1])
	}
	if p.imports(at.File, "C") != (Span{}) {
		return "it uses cgo, and CGO_ENABLED is 0 or there is no C compiler"
	}
	return "by the system or architecture in its name"
}
