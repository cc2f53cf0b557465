package diag

import (
	"encoding/json"
	"strconv"
	"strings"
)

// fields are the well-known fields of a structured log record. Values are
// unquoted only where they are needed.
type fields struct {
	level, message, err, trace string
	at                         place
}

// set takes one field. key is a plain name; value is unquoted by text.
func (f *fields) set(key, raw string, text func(string) string) {
	switch key {
	case "level", "lvl", "severity", "@level":
		f.level = levelOf(text(raw), true)
	case "msg", "message", "@message":
		f.message = text(raw)
	case "err", "error":
		f.err = text(raw)
	case "caller", "source", "@caller", "file":
		f.place(text(raw))
	case "line":
		if n, err := strconv.ParseUint(text(raw), 10, 31); err == nil {
			f.at.line = int(n)
		}
	}
	// A trace is long: the test for its length keeps the search off the others.
	if len(raw) > 40 && f.trace == "" && strings.Contains(raw, "goroutine ") {
		if t := text(raw); strings.Contains(t, "]:\n") {
			f.trace = t
		}
	}
}

// place takes a position, or a file whose line is in another field.
func (f *fields) place(text string) {
	if at, ok := splitPlace(text); ok {
		f.at = at
	} else {
		f.at.file = text
	}
}

// record makes a record of the fields.
func (f *fields) record() record {
	r := record{level: f.level, message: f.message, trace: f.trace, shaped: true, fields: true}
	if f.at.file != "" && f.at.line > 0 {
		r.at = f.at
	}
	switch {
	case f.trace == f.message && f.trace != "":
		r.message, _, _ = strings.Cut(f.message, "\n")
	case f.message == "":
		r.message = f.err
	case f.err != "":
		r.message += ": " + f.err
	}
	return r
}

// json reads the members of an object; false when line is none. Of nested
// values only slog's source object is looked into. It does not validate: a
// record that is cut off at its end still has a level.
func (f *fields) json(line string) bool {
	rest := line[1:]
	for n := 0; ; n++ {
		rest = trimBlanks(strings.TrimPrefix(trimBlanks(rest), ","))
		if rest == "" || rest[0] == '}' {
			return n > 0
		}
		end := jsonEnd(rest)
		if rest[0] != '"' || end < 0 {
			return n > 0
		}
		key := rest[1 : end-1]
		rest = trimBlanks(rest[end:])
		if rest == "" || rest[0] != ':' {
			return n > 0
		}
		rest = trimBlanks(rest[1:])
		if end = jsonEnd(rest); end < 0 {
			return n > 0
		}
		value := rest[:end]
		rest = rest[end:]
		if value != "" && value[0] == '{' {
			if key == "source" { // slog.Source
				var source fields
				source.json(value)
				f.at = source.at
			}
			continue
		}
		f.set(key, value, jsonText)
	}
}

// jsonEnd returns the length of the JSON value at the start of s, -1 if it is
// cut off.
func jsonEnd(s string) int {
	if s == "" {
		return -1
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if i >= len(s) {
				return -1
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // a number or a word before it
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// jsonText decodes a JSON string; other values are returned as they are.
func jsonText(raw string) string {
	if raw == "" || raw[0] != '"' {
		return strings.TrimSpace(raw)
	}
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return raw[1 : len(raw)-1]
	}
	return s
}

// isLogfmt reports whether line begins like a key=value record.
func isLogfmt(line string) bool {
	for _, key := range [...]string{"time=", "level=", "ts=", "t=", "lvl=", "msg="} {
		if strings.HasPrefix(line, key) {
			return true
		}
	}
	return false
}

// logfmt reads the fields of a key=value record; true if it has any. Values
// with blanks are quoted as strconv.Quote does.
func (f *fields) logfmt(line string) bool {
	found := false
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		key, rest, ok := strings.Cut(line, "=")
		if !ok || strings.IndexByte(key, ' ') >= 0 {
			break
		}
		end := strings.IndexByte(rest, ' ')
		if rest != "" && rest[0] == '"' {
			end = jsonEnd(rest) // quotes and backslashes mean the same
		}
		if end < 0 {
			end = len(rest)
		}
		f.set(key, rest[:end], goText)
		line, found = rest[end:], true
	}
	return found
}

// goText decodes a Go string literal; other values are returned as they are.
func goText(raw string) string {
	if raw == "" || raw[0] != '"' {
		return raw
	}
	s, err := strconv.Unquote(raw)
	if err != nil {
		return strings.Trim(raw, `"`)
	}
	return s
}
