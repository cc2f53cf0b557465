package config

import (
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// check holds a string to the check of that name; it returns what the string
// must do, or "" when it does.
func check(name, s string) (must string) {
	if name == "" {
		return ""
	}
	if s == "" {
		return "not be empty (leave it out instead)"
	}
	switch name {
	case "package":
		return checkPackage(s)
	case "address":
		return checkAddress(s)
	case "glob":
		return checkGlob(s)
	case "flag":
		return checkFlag(s)
	case "tag":
		return checkTag(s)
	}
	return "" // path: any but an empty one
}

func checkPackage(s string) string {
	switch {
	case strings.HasPrefix(s, "-"), strings.ContainsAny(s, " \t"):
		return "be one package path, such as ./cmd/api"
	case strings.Contains(s, "..."):
		return "be one package, without the wildcard ..."
	}
	return ""
}

func checkAddress(s string) string {
	const must = `be host:port, such as ":8080" or "localhost:8080"`
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return must
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return must + ", with a port from 1 to 65535"
	}
	return ""
}

func checkGlob(s string) string {
	switch {
	case path.IsAbs(s), len(s) > 1 && s[1] == ':':
		return "be relative to the directory of " + FileName
	case strings.HasPrefix(s, "!"):
		return "not begin with ! (exceptions belong in ignore)"
	case !doublestar.ValidatePattern(s):
		return "be a valid glob"
	}
	return ""
}

// flagHome names what sets a flag of go build; hotdev depends on all of them.
var flagHome = map[string]string{
	"tags": `set tags = ["…"] instead`,
	"race": "set race = true instead",
	"o":    "hotdev chooses the output",
	"json": "hotdev sets it",
	"n":    "nothing would be built",
	"C":    "start hotdev in that directory, or with -C",
}

func checkFlag(s string) string {
	if !strings.HasPrefix(s, "-") {
		return "" // the value of the flag before it
	}
	name, _, _ := strings.Cut(strings.TrimLeft(s, "-"), "=")
	if home := flagHome[name]; home != "" {
		return "not hold that flag (" + home + ")"
	}
	return ""
}

// tag is a build tag: go/build/constraint's syntax of one.
var tag = regexp.MustCompile(`^[\pL\pN_.]+$`)

func checkTag(s string) string {
	if !tag.MatchString(s) {
		return "be build tags of letters, digits, _ and ., one a string"
	}
	return ""
}

func parseReady(s string) (Ready, bool) {
	switch words := strings.Fields(s); {
	case len(words) == 1 && (s == "auto" || s == "tcp"):
		return Ready{Mode: s}, true
	case len(words) == 2 && words[0] == "http" && strings.HasPrefix(words[1], "/"):
		return Ready{Mode: "http", Path: words[1]}, true
	}
	return Ready{}, false
}

// splitWords splits a command as a POSIX shell splits words (Shell Command
// Language 2.2, Quoting), without expansions. What only a shell could do is
// refused; wrong then says what the command must do.
func splitWords(s string) (words []string, wrong string) {
	words = []string{} // not nil: a list of none
	var word strings.Builder
	open := false // a word has begun, perhaps an empty quoted one
	end := func() {
		if open {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			end()
		case '\'', '"':
			n := quoted(s[i+1:], c, &word)
			if n < 0 {
				return nil, "close its quote " + string(c)
			}
			open = true
			i += n
		case '\\':
			if i+1 == len(s) {
				return nil, `not end with \`
			}
			i++
			word.WriteByte(s[i])
			open = true
		case '|', '&', ';', '<', '>', '`':
			return nil, `do without ` + string(c) + ` or use a shell: ["sh", "-c", "…"]`
		default:
			word.WriteByte(c)
			open = true
		}
	}
	end()
	return words, ""
}

// quoted appends the text up to the closing quote; it returns the length with
// that quote, or -1 when there is none.
func quoted(s string, quote byte, word *strings.Builder) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i + 1
		case quote == '"' && s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"\\$`", s[i+1]) >= 0:
			i++
		}
		word.WriteByte(s[i])
	}
	return -1
}
