package diag

import (
	"regexp"
	"slices"
	"strings"
)

// The codes of diagnostics that come from a running app.
const (
	codePanic       = "panic"                    // ended the app
	codeRecovered   = "recovered-panic"          // was recovered and logged: net/http, gin, debug.Stack
	codeFatal       = "fatal-error"              // the runtime's own: deadlock, concurrent map writes, a signal
	codeRace        = "data-race"                //
	codeExit        = "exit"                     // the app ended with a status above 0, mostly by log.Fatal
	codeSuperfluous = "superfluous-write-header" // net/http's warning
)

// Bounds of the work for one line and of what is kept of a report.
const (
	maxLine        = 64 << 10 // bytes of a line that are looked at
	maxHead        = 512      // bytes at the start of a line that decide what it is
	maxReportLines = 20_000
	maxFrames      = 128 // of one stack
	maxStacks      = 64  // of one report
	maxRelated     = 32  // of one diagnostic
	maxPlaces      = 500 // with diagnostics, of one process
	maxAtPlace     = 3   // different messages at one place
)

// ScanOptions say which files a running app's reports may be put on.
type ScanOptions struct {
	// Own reports whether an absolute path is one of the app's own sources. It
	// must be set.
	Own func(file string) bool
	// Resolve returns the absolute path of a source that the app names in
	// another way, or "": by base name (log.Lshortfile), by directory and base
	// name (zap), or by import path and base name (a build with -trimpath). It
	// may be nil; Resolver makes one.
	Resolve func(name string) string
	// MainFile is the absolute path of the file that reports are put on in
	// which no own source occurs; "" drops such reports.
	MainFile string
}

// LineInfo is what a line of an app's output says of itself. The zero value
// says nothing.
type LineInfo struct {
	Level   string   // debug, info, warn or error; "" when unknown
	File    string   // absolute path of the source position in the line; "" for none
	Line    int      // of File
	Request *Request // gin's request log; nil for other lines
	Route   *Route   // gin's debug output; nil for other lines
}

// Scanner finds panics, data races and fatal exits in the output of one run of
// an app, and says what each log line is. Each of the two streams has reports
// of its own, so that they may interleave in any way; within one stream a
// report may be interrupted by a few lines of other goroutines.
//
// A report of which the same place and message was found before is not found
// again. The work for a line and the memory are bounded. A Scanner is not safe
// for concurrent use.
type Scanner struct {
	opt            ScanOptions
	stdout, stderr stream
	seen           map[place][]string // keys of the messages found there
	ended          bool               // the reason of the exit was found
	raced          bool               // a data race was found
}

// stream is the state of one output stream.
type stream struct {
	open  report // nil while no report is open
	prev  string // the last line that is no part of a report
	words words
}

// report is a report of several lines that is being read.
type report interface {
	// add takes the next line, stripped of escape sequences and line ends.
	add(line string) verdict
	// diagnostic returns what was found; false when it is nothing, or when it
	// is on no file. ended tells that the app can't go on after it.
	diagnostic(o *ScanOptions) (d Diagnostic, ended, ok bool)
}

// verdict is what a line is to an open report.
type verdict int

const (
	part    verdict = iota // of the report, which goes on
	last                   // line of the report
	foreign                // the line is another's, the report goes on
	over                   // the line is another's, the report has ended
)

// NewScanner makes a Scanner for the output of one process.
func NewScanner(o ScanOptions) *Scanner {
	return &Scanner{opt: o, seen: map[place][]string{}}
}

// Stdout takes the next line of the standard output, without its end. It
// returns what the line is, and the diagnostics that it completes.
func (s *Scanner) Stdout(line string) (LineInfo, []Diagnostic) { return s.scan(&s.stdout, line) }

// Stderr is Stdout for the standard error.
func (s *Scanner) Stderr(line string) (LineInfo, []Diagnostic) { return s.scan(&s.stderr, line) }

// Exit ends the scan of an app that ended by itself, with an exit status or by
// a signal ("" for none). It returns the reports that were still open. When
// none of all reports explains an exit status above 0 or a signal, it returns
// one on the last log message, at its position if that is in an own source,
// else on MainFile. That is how log.Fatal becomes a diagnostic.
func (s *Scanner) Exit(code int, signal string) []Diagnostic {
	found := append(s.close(&s.stderr), s.close(&s.stdout)...)
	const raceExit = 66 // the exit status after races; see https://go.dev/doc/articles/race_detector
	switch {
	case s.ended || code == 0 && signal == "" || code == raceExit && s.raced:
		return found
	default:
		return append(found, s.keep(s.lastWords(code, signal))...)
	}
}

// scan takes one line of st.
func (s *Scanner) scan(st *stream, line string) (LineInfo, []Diagnostic) {
	line = line[:min(len(line), maxLine)]
	line = StripANSI(strings.TrimSuffix(line, "\r"))
	used, found := s.report(st, line)
	if used {
		info := LineInfo{Level: levelError}
		if at, ok := parsePlace(line); ok {
			info.File, info.Line = s.opt.position(at)
		}
		st.words.add(line, false)
		return info, found
	}
	if line == "" {
		return LineInfo{}, found
	}
	if info, ok := ginLine(line); ok {
		st.words.add(line, true)
		st.prev = line
		return info, found
	}
	r := parseRecord(line)
	info := LineInfo{Level: r.level}
	if r.at.file != "" {
		info.File, info.Line = s.opt.position(r.at)
	}
	if d, ok := s.superfluous(r.message); ok {
		info = LineInfo{Level: levelWarn, File: d.File, Line: d.Line}
		found = append(found, s.keep(d, true)...)
	}
	if r.trace != "" {
		found = append(found, s.block(r)...)
	} else if !r.fields {
		list, begun := s.begin(st, line)
		if begun {
			info.Level = levelError
		}
		found = append(found, list...)
	}
	st.words.add(line, r.shaped || st.open != nil)
	st.prev = line
	return info, found
}

// report gives line to the open report of st, if any.
func (s *Scanner) report(st *stream, line string) (used bool, found []Diagnostic) {
	if st.open == nil {
		return false, nil
	}
	switch st.open.add(line) {
	case part:
		return true, nil
	case last:
		return true, s.close(st)
	case over:
		return false, s.close(st)
	default:
		return false, nil
	}
}

// begin opens a report if line is the first of one; it returns what a report
// that was open until then found.
func (s *Scanner) begin(st *stream, line string) (found []Diagnostic, begun bool) {
	var r report
	if t := beginTrace(line, st.prev); t != nil {
		r = t
	} else if line == raceTitle {
		r = new(race)
	} else if isRecovery(line) {
		r = new(recovery)
	} else {
		return nil, false
	}
	found = s.close(st)
	st.open = r
	return found, true
}

// block reads a goroutine trace that is in a field of a log record.
func (s *Scanner) block(r record) []Diagnostic {
	st := stream{prev: r.message}
	var found []Diagnostic
	for line := range strings.SplitSeq(r.trace, "\n") {
		used, list := s.report(&st, line)
		found = append(found, list...)
		if used {
			continue
		}
		list, begun := s.begin(&st, line)
		found = append(found, list...)
		if !begun && line != "" {
			st.prev = line
		}
	}
	return append(found, s.close(&st)...)
}

// close ends the open report of st and returns what it found.
func (s *Scanner) close(st *stream) []Diagnostic {
	if st.open == nil {
		return nil
	}
	d, ended, ok := st.open.diagnostic(&s.opt)
	st.open = nil
	s.ended = s.ended || ended
	s.raced = s.raced || d.Owner == Race
	if ok {
		st.words = words{} // they were part of the report
	}
	return s.keep(d, ok)
}

// keep returns d unless it is to be dropped or was found before.
func (s *Scanner) keep(d Diagnostic, ok bool) []Diagnostic {
	if !ok {
		return nil
	}
	at := place{d.File, d.Line}
	key := d.Code + " " + pointers.ReplaceAllString(d.Message, "0x")
	known := s.seen[at]
	if slices.Contains(known, key) {
		return nil
	}
	if len(known) == maxAtPlace || len(known) == 0 && len(s.seen) == maxPlaces {
		return nil
	}
	s.seen[at] = append(known, key)
	return []Diagnostic{d}
}

// pointers are the digits in which two panics with the same value may differ.
var pointers = regexp.MustCompile(`0x[0-9a-f]{8,}`)
