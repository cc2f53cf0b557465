package diag

import "strings"

// The levels of LineInfo.
const (
	levelDebug = "debug"
	levelInfo  = "info"
	levelWarn  = "warn"
	levelError = "error"
)

// record is what a log line says of itself.
type record struct {
	level   string
	at      place  // file "" for none
	message string // without time, level and position; with the error field of a structured record
	trace   string // a field that holds a goroutine's trace; "" for none
	shaped  bool   // it begins like a record, so lines without shape after it may belong to it
	fields  bool   // it is JSON or key=value
}

// parseRecord reads a log line: JSON objects of slog, zap, zerolog and logrus,
// key=value records of slog, logrus and go-kit, and text with time, level and
// position in any order before the message, as package log, slog's default, zap
// and zerolog's console writers and logrus print it.
func parseRecord(line string) record {
	if line == "" {
		return record{}
	}
	var f fields
	switch {
	case line[0] == '{' && f.json(line), isLogfmt(line) && f.logfmt(line):
		return f.record()
	}
	return parseText(line)
}

// parseText reads what is before the message of a text record.
func parseText(line string) record {
	r := record{message: line}
	for range 6 {
		word := firstWord(r.message)
		rest := r.message[len(word):]
		switch {
		case isTime(word):
		case r.level == "" && levelOf(word, r.shaped) != "":
			r.level = levelOf(word, r.shaped)
		case r.shaped && (word == "|" || word == ">" || word == "-"):
		default:
			at, tail, ok := leadingPlace(r.message)
			if r.at.file != "" || !ok {
				return r
			}
			r.at, rest = at, tail
		}
		r.shaped = true
		r.message = trimBlanks(rest)
	}
	return r
}

// firstWord returns s up to its first blank, or its start if that is longer than
// any word before a message.
func firstWord(s string) string {
	const longest = 40
	s = s[:min(len(s), longest)]
	for i := range len(s) {
		if s[i] == ' ' || s[i] == '\t' {
			return s[:i]
		}
	}
	return s
}

// trimBlanks returns s without leading spaces and tabs.
func trimBlanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// isTime reports whether word is a date, a time or both, in digits.
func isTime(word string) bool {
	word = strings.TrimPrefix(word, "[")
	if word == "" || word[0] < '0' || word[0] > '9' {
		return false
	}
	separated := false
	for i := range len(word) {
		switch c := word[i]; {
		case '0' <= c && c <= '9', strings.IndexByte(".,TZAPM+]", c) >= 0:
		case c == ':', c == '/', c == '-':
			separated = true
		default:
			return false
		}
	}
	return separated
}

// levelOf returns the level that word names, or "". Words in lower or mixed
// case are levels only in brackets, before a colon, or after a time (known).
func levelOf(word string, known bool) string {
	name := strings.TrimPrefix(word, "[")
	bracketed := len(name) < len(word)
	if i := strings.IndexAny(name, "[]:+-"); i >= 0 {
		known = known || name[i] == ':' || bracketed
		name = name[:i] // INFO[0003], [error], warn:, INFO+2
	} else if bracketed {
		return ""
	}
	var lower [8]byte
	if len(name) < 3 || len(name) > len(lower) {
		return ""
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case !known:
			return ""
		}
		lower[i] = c
	}
	switch string(lower[:len(name)]) {
	case "debug", "debu", "dbg", "trace", "trac", "trc":
		return levelDebug
	case "info", "inf", "notice":
		return levelInfo
	case "warn", "warning", "wrn":
		return levelWarn
	case "error", "erro", "err", "fatal", "fata", "ftl", "panic", "pani", "pnc", "dpanic", "critical", "crit", "alert", "emerg":
		return levelError
	}
	return ""
}

// leadingPlace reads a position of a Go file at the start of text: "main.go:12:
// text", "users/api.go:12 text" or an absolute path, which may hold blanks.
func leadingPlace(text string) (at place, rest string, ok bool) {
	const ext = ".go:"
	i := strings.Index(text[:min(len(text), maxHead)], ext)
	if i <= 0 {
		return place{}, "", false
	}
	if file := text[:i]; strings.ContainsAny(file, " \t\"") && !isAbs(file) {
		return place{}, "", false
	}
	end := i + len(ext)
	for end < len(text) && '0' <= text[end] && text[end] <= '9' {
		end++
	}
	at, ok = splitPlace(text[:end])
	rest = strings.TrimPrefix(text[end:], ":")
	return at, rest, ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}
