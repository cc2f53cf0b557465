package diag

import (
	"strconv"
	"strings"
	"time"
)

// Request is one line of gin's request log.
type Request struct {
	Method  string
	Path    string // with its query
	Status  int
	Latency time.Duration // rounded by gin
}

// Route is one line of the route table that gin prints in debug mode.
type Route struct {
	Method  string
	Path    string // the pattern, such as /users/:id
	Handler string // the last handler's name, such as main.main.func1 or example.com/app/users.(*API).Get-fm
}

// ginLine reads a line of gin's logger or of its debug output, in the formats
// of gin's defaultLogFormatter and debugPrintRoute.
func ginLine(line string) (LineInfo, bool) {
	if !strings.HasPrefix(line, "[GIN") {
		return LineInfo{}, false
	}
	line = line[:min(len(line), maxLine)]
	if text, ok := strings.CutPrefix(line, "[GIN] "); ok {
		return ginRequest(text)
	}
	text, ok := strings.CutPrefix(line, "[GIN-debug] ")
	if !ok {
		return LineInfo{}, false
	}
	switch {
	case strings.HasPrefix(text, "[ERROR]"):
		return LineInfo{Level: levelError}, true
	case strings.HasPrefix(text, "[WARNING]"):
		return LineInfo{Level: levelWarn}, true
	}
	return LineInfo{Level: levelDebug, Route: ginRoute(text)}, true
}

// ginRequest reads "2026/01/02 - 15:04:05 | 200 |  1.2ms | 127.0.0.1 | GET      "/x"".
func ginRequest(text string) (LineInfo, bool) {
	var fields [5]string
	for i := range fields[:4] {
		field, rest, ok := strings.Cut(text, "|")
		if !ok {
			return LineInfo{}, false
		}
		fields[i], text = strings.TrimSpace(field), rest
	}
	fields[4] = strings.TrimSpace(text)
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return LineInfo{}, false
	}
	latency, err := time.ParseDuration(fields[2])
	method, path, ok := strings.Cut(fields[4], " ")
	if err != nil || !ok {
		return LineInfo{}, false
	}
	path = strings.TrimSpace(path)
	if unquoted, err := strconv.Unquote(path); err == nil {
		path = unquoted
	}
	info := LineInfo{Level: levelInfo, Request: &Request{method, path, status, latency}}
	switch {
	case status >= 500:
		info.Level = levelError
	case status >= 400:
		info.Level = levelWarn
	}
	return info, true
}

// ginRoute reads "GET    /ping    --> main.main.func1 (3 handlers)"; nil if
// text is another.
func ginRoute(text string) *Route {
	route, handler, _ := strings.Cut(text, " --> ")
	handler, count, _ := strings.Cut(handler, " (")
	method, path, ok := strings.Cut(strings.TrimSpace(route), " ")
	if !ok || !strings.HasSuffix(count, " handlers)") {
		return nil
	}
	return &Route{method, strings.TrimSpace(path), handler}
}

// recovery is what gin's Recovery middleware logs of a panic: in debug mode the
// request, then the value, then the stack with source lines, and an escape
// sequence that resets the colour as the last line.
type recovery struct {
	message []string
	stack   stack
	request bool // within the request's dump, which ends with an empty line
	blank   bool // the empty line between dump and value is still to come
	lines   int
}

// isRecovery reports whether line begins a block of gin's Recovery.
func isRecovery(line string) bool {
	return strings.HasSuffix(line, " panic recovered:") && strings.Contains(line, "[Recovery] ")
}

func (r *recovery) add(line string) verdict {
	if r.lines++; r.lines > maxReportLines {
		return over
	}
	if strings.HasSuffix(line, ")") && !strings.HasPrefix(line, "\t") {
		if at, ok := parsePlace(line); ok {
			r.stack.push(frame{at: at})
			return part
		}
	}
	if n := len(r.stack.frames); n > 0 {
		switch {
		case line == "":
			return last
		case !strings.HasPrefix(line, "\t"):
			return over
		}
		if f := &r.stack.frames[n-1]; f.fn == "" {
			f.fn, _, _ = strings.Cut(line[1:], ": ")
		}
		return part
	}
	switch {
	case r.lines == 1 && isRequestLine(line):
		r.request = true
	case r.request:
		r.request = line != ""
		r.blank = !r.request
	case r.blank && line == "":
		r.blank = false
	case len(r.message) < maxStrange:
		r.message = append(r.message, line)
	case r.lines > 10*maxStrange:
		return over
	}
	return part
}

// isRequestLine reports whether line is the first of an HTTP/1 request, which
// is how net/http dumps HTTP/2 requests too (RFC 9112, section 3).
func isRequestLine(line string) bool {
	i := strings.LastIndex(line, " HTTP/")
	return i > 0 && strings.Count(line[:i], " ") == 1
}

func (r *recovery) diagnostic(o *ScanOptions) (d Diagnostic, ended, ok bool) {
	if len(r.stack.frames) == 0 {
		return d, false, false
	}
	at, _, ok := locate(o, []stack{r.stack})
	rel := related{opt: o, at: at}
	rel.trace(&r.stack)
	return Diagnostic{
		Span:     at,
		Severity: Error,
		Owner:    Panic,
		Code:     codeRecovered,
		Message:  "panic: " + message(r.message),
		Related:  rel.places(),
	}, false, ok
}
