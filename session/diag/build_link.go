package diag

import (
	"regexp"
	"strings"
)

// linkerName matches the program name that GNU ld, gold, lld and mold put
// before their messages.
var linkerName = regexp.MustCompile(`^(?:\S*[/\\])?(?:(?:\S+-)?ld(?:\.\w+)?|mold|lld-link)(?:\.exe)?: `)

// objectFile matches the object that a linker names before a source position
// or instead of one: "/tmp/go-link-1/000002.o:", "x.o:(.text+0x5):".
var objectFile = regexp.MustCompile(`^\S+\.o:(?:\([^)]*\):)? ?`)

// symbolError matches what external linkers say about symbols and libraries.
var symbolError = regexp.MustCompile("undefined reference to|multiple definition of|undefined symbol: |[Uu]ndefined symbols for|duplicate symbol|cannot find -l|library not found for")

// goLinker matches the messages of Go's own linker, which name a symbol where
// others have a position.
var goLinker = regexp.MustCompile(`relocation target .* not defined|function main is undeclared|duplicated definition of symbol|missing Go type information|fingerprint mismatch|^link: |^loadinternal: `)

// linkError splits a line of an external linker. Its place is a source when
// there is one that exists, which C code has but what cgo generates has not,
// and the main file otherwise.
func (p *buildParser) linkError(line, pkg string) (at Span, text string, ok bool) {
	text = objectFile.ReplaceAllString(linkerName.ReplaceAllString(line, ""), "")
	if text == line && !symbolError.MatchString(line) || text == "" || chatterLine.MatchString(text) {
		return Span{}, "", false
	}
	at, rest, ok := p.position(text, pkg)
	switch {
	case !ok:
		return Span{File: p.MainFile}, strings.TrimPrefix(text, "error: "), true
	case p.exists(at.File):
		return at, rest, true
	default:
		return Span{File: p.MainFile}, rest, true
	}
}

// firstDefined matches the end of a linker's message about a symbol with two
// definitions.
var firstDefined = regexp.MustCompile(`^(.*); (\S.*): first defined here$`)

// relateFirst makes the first definition of a symbol, which finding i is the
// second of, a related place, when it has one.
func (p *buildParser) relateFirst(i int, pkg string) {
	m := firstDefined.FindStringSubmatch(p.found[i].Message)
	if m == nil {
		return
	}
	p.found[i].Message = m[1]
	if at, text, ok := p.position(objectFile.ReplaceAllString(m[2], "")+": first defined here", pkg); ok {
		p.relate(i, at, text)
	}
}

// loose adds a finding without a position and returns its index.
func (p *buildParser) loose(line string) int {
	d := Diagnostic{Span: Span{File: p.MainFile}, Severity: Error, Code: codeOf(line, ""), Message: line}
	if _, after, ok := strings.Cut(line, "function main is undeclared"); ok {
		d.Code, d.Message = codeNoMain, "function main is undeclared"+after // without the runtime's symbol
		d.Span = p.lineSpan(p.MainFile, func(line string) bool { return strings.HasPrefix(line, "package ") })
	} else if goLinker.MatchString(line) {
		d.Code, d.Message = codeLink, strings.TrimPrefix(line, "link: ")
	}
	return p.add(d)
}
