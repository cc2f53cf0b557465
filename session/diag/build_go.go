package diag

import (
	"path/filepath"
	"regexp"
	"strings"
)

// progress matches what the go command tells of its work, and headings.
var progress = regexp.MustCompile(`^(?:downloading|finding|extracting|found|added|upgraded|downgraded|removed|creating|to add module requirements|errors parsing) `)

// goCommand parses a line of text that the go command, or a [build] command,
// wrote and that has no position. It returns the index of the finding that
// continuations belong to, -1 for none.
func (p *buildParser) goCommand(line string, open int) int {
	rest, own := strings.CutPrefix(line, "go: ")
	if own {
		if progress.MatchString(rest) {
			return -1
		}
		if at, text, ok := p.position(rest, ""); ok {
			return p.positioned(at, text, open)
		}
	}
	severity := Error
	if text, ok := strings.CutPrefix(rest, "warning: "); ok {
		severity, rest = Warning, text
	}
	switch {
	case own && !aboutModules.MatchString(rest):
		i := p.loose(rest)
		p.found[i].Severity = severity
		return i
	case own:
		return p.add(Diagnostic{Span: p.moduleSpan(rest), Severity: severity, Code: codeOf(rest, p.GoMod), Message: rest})
	case strings.HasPrefix(rest, "verifying "):
		return p.add(Diagnostic{Span: p.moduleSpan(rest), Severity: Error, Code: codeOf(rest, p.GoMod), Message: rest})
	case toolFailure.MatchString(rest):
		return p.loose(rest)
	default:
		return -1 // what a [build] command tells
	}
}

// aboutModules matches what the go command says of go.mod, go.work, modules and
// versions; the rest is about flags and the environment.
var aboutModules = regexp.MustCompile(`go\.mod|go\.work|go\.sum|module|\S@v\d|toolchain|requires go|vendor`)

// toolFailure matches messages that matter and begin without "go: ": those
// about flags and packages, and those of the linker.
var toolFailure = regexp.MustCompile(`^(?:flag provided but not defined|invalid value .* for flag|no required module|malformed |cannot find |pattern |stat .*: directory not found)|` + goLinker.String())

// moduleVersion matches a module with its version in a message.
var moduleVersion = regexp.MustCompile(`(\S+)@v\d`)

// workModule matches how go.work's modules appear in messages.
var workModule = regexp.MustCompile(`module (\S+) listed in go\.work`)

// moduleSpan returns where in go.work or go.mod a message of the go command
// belongs: the line of the module or version that it names, else the first
// line. Without those files it is the main file.
func (p *buildParser) moduleSpan(message string) Span {
	file, accept := p.GoMod, func(line string) bool { return strings.HasPrefix(line, "module ") }
	if m := moduleVersion.FindStringSubmatch(message); m != nil {
		accept = hasField(m[1])
	} else if strings.HasPrefix(message, "go.mod requires go") || strings.Contains(message, "toolchain") {
		accept = func(line string) bool { return strings.HasPrefix(line, "go ") }
	}
	if m := workModule.FindStringSubmatch(message); m != nil && p.GoWork != "" {
		file, accept = p.GoWork, hasField(m[1], "./"+m[1])
	} else if p.GoWork != "" && (strings.Contains(message, "go.work") || file == "") {
		file, accept = p.GoWork, func(line string) bool { return strings.HasPrefix(line, "go ") }
	}
	if file == "" {
		if p.MainFile != "" {
			return Span{File: p.MainFile}
		}
		return Span{File: filepath.Join(p.Dir, "go.mod")}
	}
	return p.lineSpan(file, accept)
}

// hasField reports whether a line of go.mod or go.work names one of words.
func hasField(words ...string) func(line string) bool {
	return func(line string) bool {
		for f := range strings.FieldsSeq(line) {
			for _, w := range words {
				if strings.Trim(f, "\"`") == w {
					return true
				}
			}
		}
		return false
	}
}
