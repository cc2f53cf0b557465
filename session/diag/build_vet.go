package diag

import (
	"encoding/json"
	"strconv"
	"strings"
)

// ParseVet turns the output of go vet -json into warnings, ordered by place.
// The output is a sequence of JSON objects {package: {analyzer: [finding]}},
// whose braces stand on lines of their own. What stands between them, such as
// the errors of a package that does not compile, is left out: the build reports
// that. File names in it are absolute.
func ParseVet(output string) []Diagnostic {
	var list []Diagnostic
	var object strings.Builder
	for line := range strings.Lines(output) {
		switch strings.TrimRight(line, "\r\n") {
		case "{":
			object.Reset()
			object.WriteString(line)
		case "}":
			object.WriteString(line)
			list = append(list, vetFindings(object.String())...)
			object.Reset()
		default:
			object.WriteString(line)
		}
	}
	return byPlace(list)
}

// vetFindings reads one object of go vet -json.
func vetFindings(object string) []Diagnostic {
	var packages map[string]map[string]json.RawMessage
	if json.Unmarshal([]byte(object), &packages) != nil {
		return nil
	}
	var list []Diagnostic
	for _, analyzers := range packages {
		for name, raw := range analyzers {
			var findings []struct{ Posn, End, Message string }
			if json.Unmarshal(raw, &findings) != nil {
				continue // {"error": …}: the analyzer could not run
			}
			for _, f := range findings {
				at := vetSpan(f.Posn)
				if end := vetSpan(f.End); at.Line > 0 && end.File == at.File {
					at.EndLine, at.EndCol = end.Line, end.Col
				}
				if isAbs(at.File) {
					list = append(list, Diagnostic{Span: at, Severity: Warning, Owner: Build, Code: "vet-" + name, Message: f.Message})
				}
			}
		}
	}
	return list
}

// vetSpan splits file:line:col.
func vetSpan(posn string) Span {
	file, col := cutNumber(posn)
	file, line := cutNumber(file)
	return Span{File: file, Line: line, Col: col}
}

// cutNumber cuts a colon and a number off the end of s.
func cutNumber(s string) (string, int) {
	i := strings.LastIndexByte(s, ':')
	n, err := strconv.Atoi(s[i+1:])
	if i < 0 || err != nil || n < 0 {
		return s, 0
	}
	return s[:i], n
}
