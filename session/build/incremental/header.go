package incremental

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// header is what the go command, not the compiler, reads in a Go file: whether
// the file belongs to the build, and what else the build needs for it.
type header struct {
	// rules are the package name and the lines that hold build constraints,
	// //go:debug and //go:embed directives: all that look like it, wherever.
	Rules   string
	Imports []string // sorted
}

// readHeader reads the header of a file.
func readHeader(src []byte) (header, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly|parser.SkipObjectResolution)
	if err != nil {
		return header{}, err
	}
	var h header
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return header{}, fmt.Errorf("malformed import %s", i.Path.Value)
		}
		h.Imports = append(h.Imports, path)
	}
	slices.Sort(h.Imports)
	h.Imports = slices.Compact(h.Imports)
	rules := []string{"package " + f.Name.Name}
	head := int(f.Package) - 1
	offset := 0
	for line := range bytes.Lines(src) {
		text := strings.TrimSpace(string(line))
		if bytes.Contains(line, []byte("//go:embed")) || offset < head && isRule(text) {
			rules = append(rules, text)
		}
		offset += len(line)
	}
	h.Rules = strings.Join(rules, "\n")
	return h, nil
}

// isRule reports whether a line above the package clause may be a directive.
func isRule(line string) bool {
	text := strings.TrimSpace(strings.TrimLeft(line, "/* \t"))
	return strings.HasPrefix(text, "go:") || strings.HasPrefix(text, "+build")
}
