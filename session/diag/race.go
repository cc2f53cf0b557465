package diag

import "strings"

// raceTitle begins a report of the race detector, after a line of "=". The
// format is described in https://go.dev/doc/articles/race_detector.
const raceTitle = "WARNING: DATA RACE"

// creation is the title of the stack that created a goroutine.
const creation = "goroutine created"

// race is a report of the race detector: the stack of the access that was
// caught, that of an earlier one, and where their goroutines were created.
type race struct {
	stacks []stack
	fn     string // of the frame whose place is the next line
	lines  int
}

func (r *race) add(line string) verdict {
	if r.lines++; r.lines > maxReportLines {
		return over
	}
	if strings.HasPrefix(line, "==================") {
		return last
	}
	text := strings.TrimLeft(line, " ")
	switch indent := len(line) - len(text); {
	case text == "":
	case indent == 0:
		return r.begin(text)
	case len(r.stacks) == 0:
	case indent >= 6:
		if at, ok := parsePlace(line); ok && r.fn != "" {
			r.stacks[len(r.stacks)-1].push(frame{r.fn, at})
			r.fn = ""
		}
	default:
		r.fn = text
		if i := strings.LastIndexByte(text, '('); i > 0 {
			r.fn = text[:i]
		}
	}
	return part
}

// begin starts a stack at its heading, such as "Previous write at 0x00c0000a by
// goroutine 7:" or "Goroutine 7 (running) created at:". Other lines without
// indentation are another goroutine's output.
func (r *race) begin(line string) verdict {
	title, _, access := strings.Cut(line, " at 0x")
	created := strings.HasSuffix(line, " created at:")
	switch {
	case !access && !created || !strings.HasSuffix(line, ":"):
		return foreign
	case created:
		title = creation
	default:
		title = strings.ToLower(title)
	}
	if len(r.stacks) < maxStacks {
		r.stacks = append(r.stacks, stack{title: title})
	}
	r.fn = ""
	return part
}

func (r *race) diagnostic(o *ScanOptions) (d Diagnostic, ended, ok bool) {
	if len(r.stacks) == 0 {
		return d, false, false
	}
	at, i, ok := locate(o, r.stacks)
	rel := related{opt: o, at: at}
	var accesses []string
	for j := range r.stacks {
		s := &r.stacks[j]
		if j != i {
			rel.summary(s)
		}
		if s.title != creation && len(accesses) < 2 {
			accesses = append(accesses, s.access(o))
		}
	}
	rel.trace(&r.stacks[i])
	return Diagnostic{
		Span:     at,
		Severity: Error,
		Owner:    Race,
		Code:     codeRace,
		Message:  message([]string{"data race: " + strings.Join(accesses, ", ")}),
		Related:  rel.places(),
	}, false, ok
}

// access says which function did what.
func (s *stack) access(o *ScanOptions) string {
	f, ok := s.origin(o)
	if !ok && len(s.frames) > 0 {
		f = s.frames[0]
	}
	if f.fn == "" {
		return s.title // "[failed to restore the stack]"
	}
	return s.title + " in " + f.fn
}
