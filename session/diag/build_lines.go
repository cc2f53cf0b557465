package diag

import (
	"regexp"
	"strings"
)

// block parses what was printed about one package. The first of these that a
// line can be, it is: part of an import chain, a continuation of the finding
// above it, the list of a tool's flags, chatter of compilers and linkers, a
// finding of an external linker, one with a position, a note to the finding
// above, source that clang quotes, a finding without a position.
func (p *buildParser) block(b buildBlock) {
	first := len(p.found)
	open := -1           // index of the finding that continuations belong to
	var chatter []string // explains nothing when something better was found
	for i := 0; i < len(b.lines); i++ {
		line := b.lines[i]
		if line == "" {
			continue
		}
		if n := chainLength(b.lines[i:]); n > 0 {
			p.chain(b.lines[i : i+n])
			i += n - 1
			open = len(p.found) - 1
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if open >= 0 {
				p.continuation(open, line, b.pkg)
			}
			continue
		}
		if strings.HasPrefix(line, "usage: ") {
			open = -1 // the flags that a tool lists below it explain nothing
			continue
		}
		if chatterLine.MatchString(line) {
			chatter = append(chatter, line)
			continue
		}
		if at, text, ok := p.linkError(line, b.pkg); ok {
			open = p.add(Diagnostic{Span: at, Severity: Error, Code: codeLink, Message: text})
			p.relateFirst(open, b.pkg)
			continue
		}
		if at, text, ok := p.position(line, b.pkg); ok {
			open = p.positioned(at, text, open)
			continue
		}
		if rest, ok := strings.CutPrefix(line, "note: "); ok && open >= 0 {
			p.found[open].Message += "\n" + rest
			continue
		}
		if open >= 0 && p.found[open].Code == codeC {
			continue // a source line that clang quotes
		}
		if b.text {
			open = p.goCommand(line, open)
			continue
		}
		open = p.loose(line)
	}
	if len(p.found) == first && len(chatter) > 0 && b.pkg != "" {
		p.add(Diagnostic{Span: Span{File: p.MainFile}, Severity: Error, Code: codeBuild, Message: strings.Join(chatter, "\n")})
	}
}

// add appends d and returns its index.
func (p *buildParser) add(d Diagnostic) int {
	d.Owner = Build
	p.found = append(p.found, d)
	return len(p.found) - 1
}

// positioned adds the finding text at a place and returns its index; a note
// of a C compiler goes to the finding open instead.
func (p *buildParser) positioned(at Span, text string, open int) int {
	severity, code := Error, ""
	switch {
	case strings.HasPrefix(text, "note: "):
		if open >= 0 {
			p.relate(open, at, strings.TrimPrefix(text, "note: "))
		}
		return open
	case strings.HasPrefix(text, "warning: "):
		severity, code, text = Warning, codeC, strings.TrimPrefix(text, "warning: ")
	case strings.HasPrefix(text, "error: "), strings.HasPrefix(text, "fatal error: "):
		_, text, _ = strings.Cut(text, "error: ")
		code = codeC
	case text == "too many errors":
		return -1
	}
	if code == "" {
		code = codeOf(text, at.File)
	}
	i := p.add(Diagnostic{Span: at, Severity: severity, Code: code, Message: text})
	p.explainExcluded(i, text)
	return i
}

// continuation adds an indented line to the finding open: a further place, the
// command that mends it, or more of the message. C compilers quote the source
// there instead.
func (p *buildParser) continuation(open int, line, pkg string) {
	text := strings.TrimSpace(line)
	d := &p.found[open]
	switch at, rest, ok := p.position(text, pkg); {
	case ok && strings.HasPrefix(rest, "note: "):
		p.relate(open, at, strings.TrimPrefix(rest, "note: "))
	case ok:
		p.relate(open, at, rest)
	case d.Code == codeC || p.suggestion(open, text):
	default:
		d.Message += "\n\t" + text
	}
}

// relate adds a further place to the finding i.
func (p *buildParser) relate(i int, at Span, text string) {
	p.found[i].Related = append(p.found[i].Related, Related{Span: at, Message: text})
}

// chatterLine matches what tools print around their findings.
var chatterLine = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`In file included from .*`,
	`.*: (?:In|At) (?:function|constructor|destructor|member function|top level|global scope)\b.*`,
	`.*: in function .*:`, // ld
	`compilation terminated\.`,
	`(?:\d+ (?:errors?|warnings?)(?: and )?)+ generated\.`,
	`(?:cc1\w*|collect2|clang(?:\+\+)?|ld): (?:error: ld returned|error: linker command failed|all warnings|some warnings).*`,
	`ld: symbol\(s\) not found for architecture .*`,
	`\S*link(?:\.exe)?: running .* failed: .*`,
	`\S*(?:gcc|clang|cc|g\+\+|c\+\+|ld)(?:-[\d.]+)?(?:\.exe)? (?:-\S+ ).*`, // the command line that failed
	`asm: assembly of .* failed`,
	`too many errors`,
	`exit status \d+`,
}, "|") + `)$`)
