package diag

import (
	"fmt"
	"strings"
)

// words are the last log message of a stream: the last line that begins like a
// log record with the lines after it that do not, else the last line alone.
type words struct {
	lines  [8]string
	n      int
	shaped bool // lines[0] begins like a log record
}

func (w *words) add(line string, shaped bool) {
	if line == "" {
		return
	}
	if shaped || !w.shaped || w.n == len(w.lines) {
		w.n, w.shaped = 0, shaped
	}
	w.lines[w.n] = line
	w.n++
}

// lastWords makes a diagnostic of an exit that no report explains.
func (s *Scanner) lastWords(code int, signal string) (d Diagnostic, ok bool) {
	d = Diagnostic{
		Span:     Span{File: s.opt.MainFile},
		Severity: Error,
		Owner:    Panic,
		Code:     codeExit,
		Message:  "ended by signal: " + signal,
	}
	if signal == "" {
		d.Message = fmt.Sprintf("exit status %d", code)
		if w := s.lastError(); w.n > 0 {
			r := parseRecord(w.lines[0])
			lines := append(strings.Split(r.message, "\n"), w.lines[1:w.n]...)
			d.Message += ": " + message(lines)
			if file, line := s.opt.position(r.at); file != "" && s.opt.Own(file) {
				d.Span = Span{File: file, Line: line}
			}
		}
	}
	return d, d.File != ""
}

// lastError is the last message on the standard error, or, when there was none,
// on the standard output if that is of level error.
func (s *Scanner) lastError() *words {
	w := &s.stderr.words
	if w.n == 0 {
		if w = &s.stdout.words; w.n > 0 && parseRecord(w.lines[0]).level != levelError {
			w = new(words)
		}
	}
	return w
}

// superfluous makes a diagnostic of net/http's warning that a handler has
// already sent the status: "http: superfluous response.WriteHeader call from
// main.handler (main.go:12)". The warning gives only the base name of the
// file; the function name tells the package. A call outside the app's own code
// is none of its developer's business.
func (s *Scanner) superfluous(text string) (d Diagnostic, ok bool) {
	const start = "http: superfluous response.WriteHeader call from "
	text = text[:min(len(text), maxHead)]
	_, call, ok := strings.Cut(text, start)
	if !ok {
		return d, false
	}
	fn, name, ok := strings.Cut(strings.TrimSuffix(call, ")"), " (")
	at, isPlace := splitPlace(name)
	if !ok || !isPlace {
		return d, false
	}
	dir, base := "", fn
	if i := strings.LastIndexByte(fn, '/'); i >= 0 {
		dir, base = fn[:i+1], fn[i+1:]
	}
	pkg, _, _ := strings.Cut(base, ".")
	file, line := s.opt.position(place{dir + pkg + "/" + at.file, at.line})
	if file == "" {
		file, line = s.opt.position(at)
	}
	if file == "" || !s.opt.Own(file) {
		return d, false
	}
	return Diagnostic{
		Span:     Span{File: file, Line: line},
		Severity: Warning,
		Owner:    Panic,
		Code:     codeSuperfluous,
		Message:  "superfluous response.WriteHeader call: the status was sent before",
	}, true
}
