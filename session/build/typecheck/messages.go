package typecheck

import (
	"errors"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"regexp"
	"strings"
)

// messages writes type errors as the compiler does (cmd/compile/internal/noder,
// checkFiles).
type messages struct {
	fset     *token.FileSet
	version  string // of the language
	trees    []*ast.File
	versions map[*ast.File]string
	text     strings.Builder
	seen     map[string]bool // places and messages
	skipping bool            // further places, too
}

// needsVersion matches errors to which the compiler adds where the version is
// from.
var needsVersion = regexp.MustCompile(`requires go[0-9]+\.[0-9]+ or later`)

// add writes an error, unless it is said of the line already. A further place of
// the one before begins with a tab.
func (m *messages) add(err error) {
	e := (types.Error{})
	if !errors.As(err, &e) {
		return // there is no other kind
	}
	message, further := strings.CutPrefix(e.Msg, "\t")
	message = wordings.apply(message)
	if needsVersion.MatchString(message) {
		message += m.whichVersion(e.Pos)
	}
	at := m.fset.Position(e.Pos)
	if !further {
		line := fmt.Sprint(at.Filename, ":", at.Line, message)
		m.skipping = m.seen[line]
		m.seen[line] = true
	}
	switch {
	case m.skipping:
	case further:
		fmt.Fprintf(&m.text, "\t%s: %s\n", at, message)
	default:
		fmt.Fprintf(&m.text, "%s: %s\n", at, message)
	}
}

// whichVersion says what decides on the version of the language in a file.
func (m *messages) whichVersion(pos token.Pos) string {
	for _, tree := range m.trees {
		if tree.FileStart <= pos && pos <= tree.FileEnd && tree.GoVersion != "" && m.versions[tree] == tree.GoVersion {
			return fmt.Sprintf(" (file declares //go:build %s)", tree.GoVersion)
		}
	}
	return fmt.Sprintf(" (-lang was set to %s; check go.mod)", m.version)
}

// syntaxError writes the first error in a file that cannot be parsed: others may
// follow from it.
func syntaxError(path string, err error) string {
	list := scanner.ErrorList(nil)
	if !errors.As(err, &list) || len(list) == 0 {
		return fmt.Sprintf("%s:1: %v\n", path, err)
	}
	return fmt.Sprintf("%s: %s\n", list[0].Pos, asCompiler(list[0].Msg))
}

// wordings are what the compiler says in the place of messages of go/types.
var wordings = rules{
	{regexp.MustCompile(`^label (\S+) declared and not used$`), "label $1 defined and not used"},
	{regexp.MustCompile(`^break not in for, switch, or select statement$`), "break is not in a loop, switch, or select"},
	{regexp.MustCompile(`^continue not in for statement$`), "continue is not in a loop"},
}

// syntaxWordings are what the compiler says in the place of messages of
// go/parser and go/scanner.
var syntaxWordings = rules{
	{regexp.MustCompile(`^string literal not terminated$`), "newline in string"},
	{regexp.MustCompile(`^raw string literal not terminated$`), "string not terminated"},
	{regexp.MustCompile(`^rune literal not terminated$`), "newline in rune literal"},
	{regexp.MustCompile(`^unknown escape sequence$`), "unknown escape"},
	{regexp.MustCompile(`^illegal character (.*)$`), "invalid character $1"},
	{regexp.MustCompile(`^(comment not terminated|.* literal has no digits|invalid digit .*|expression in (?:go|defer) must be function call)$`), "$1"},
	{regexp.MustCompile(`^missing ',' before newline in (composite literal)$`), "syntax error: unexpected newline in $1; possibly missing comma or }"},
	{regexp.MustCompile(`^missing ',' before newline in (.*list)$`), "syntax error: unexpected newline in $1; possibly missing comma or )"},
	{regexp.MustCompile(`^expected declaration, found .*$`), "syntax error: non-declaration statement outside function body"},
	{regexp.MustCompile(`^(.*)$`), "syntax error: $1"},
}

// rules replace the text of the first that matches.
type rules []struct {
	re *regexp.Regexp
	by string
}

func (r rules) apply(message string) string {
	for _, rule := range r {
		if rule.re.MatchString(message) {
			return rule.re.ReplaceAllString(message, rule.by)
		}
	}
	return message
}

// expected matches how the parser says that it stands before the wrong thing.
var expected = regexp.MustCompile(`^expected ([^,]+|','), found (.+)$`)

// asCompiler words a message of the parser as the compiler does.
func asCompiler(message string) string {
	m := expected.FindStringSubmatch(message)
	if m == nil || m[1] == "declaration" {
		return syntaxWordings.apply(message)
	}
	unexpected := "syntax error: unexpected " + found(m[2])
	switch want := strings.Trim(m[1], "'"); want {
	case ";":
		return unexpected + " at end of statement"
	case "operand":
		return unexpected + ", expected expression"
	case "IDENT":
		return unexpected + ", expected name"
	default:
		return unexpected + ", expected " + want
	}
}

// found names what stands in the wrong place as the compiler does. The parser
// puts quotes around keywords and operators.
func found(what string) string {
	text := strings.Trim(what, "'")
	switch {
	case token.IsKeyword(text):
		return "keyword " + text
	case text == ",":
		return "comma"
	case text == ";":
		return "semicolon"
	case text != what || text == "newline":
		return text
	case token.IsIdentifier(text):
		return "name " + text
	case strings.ContainsAny(text[:1], "0123456789.\"`"):
		return "literal " + text
	default:
		return text
	}
}
