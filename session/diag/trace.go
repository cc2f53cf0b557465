package diag

import "strings"

// trace is a panic or fatal error with the stacks of goroutines, as the runtime
// prints it (printpanics and traceback in package runtime) or as a program logs
// it after a recover.
type trace struct {
	code    string
	message []string
	stacks  []stack

	fn       string // of the frame whose place is the next line; "" for none
	creating bool   // fn is the creation of the goroutine
	between  bool   // the value or a goroutine has ended; another goroutine may begin
	lines    int
	strange  int // lines of others
}

// maxStrange bounds the lines of others within a trace, and the lines of a
// value that is logged before its trace.
const maxStrange = 20

// beginTrace returns a new trace if line is the first of one, and nil if not.
// prev is the line before it, by which a program may have logged the value.
func beginTrace(line, prev string) *trace {
	if len(line) < len("panic: ") {
		return nil
	}
	switch line[0] {
	case 'p':
		if strings.HasPrefix(line, "panic: ") {
			return &trace{code: codePanic, message: []string{strings.TrimSuffix(line, " [recovered, repanicked]")}}
		}
	case 'f':
		if strings.HasPrefix(line, "fatal error: ") {
			return &trace{code: codeFatal, message: []string{line}}
		}
	case 'S':
		// "SIGSEGV: segmentation violation", then "PC=…"; SIGQUIT only asks for a dump.
		if name, _, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(name, "SIG") && name != "SIGQUIT" && strings.ToUpper(name) == name {
			return &trace{code: codeFatal, message: []string{line}}
		}
	}
	const serving = "http: panic serving "
	if _, text, ok := strings.Cut(line[:min(len(line), maxHead)], serving); ok {
		// The address has a colon, but no blank.
		_, value, _ := strings.Cut(text, ": ")
		value += line[min(len(line), maxHead):]
		return &trace{code: codeRecovered, message: []string{"panic: " + value}}
	}
	if before, title, ok := goroutineTitle(line); ok {
		t := &trace{code: codeRecovered, stacks: []stack{{title: title}}}
		if before == "" {
			before = prev
		}
		if m := parseRecord(before).message; m != "" {
			t.message = []string{m}
		} else {
			t.message = []string{"panic recovered"}
		}
		return t
	}
	return nil
}

// goroutineTitle reads "goroutine 7 gp=0xc0… m=0 [chan receive, 2 minutes]:"
// and returns "goroutine [chan receive]" and what is before it in the line.
func goroutineTitle(line string) (before, title string, ok bool) {
	if !strings.HasSuffix(line, "]:") {
		return "", "", false
	}
	const word = "goroutine "
	i := strings.LastIndex(line, word)
	if i < 0 || i+len(word) == len(line) || line[i+len(word)] < '0' || line[i+len(word)] > '9' {
		return "", "", false
	}
	_, state, ok := strings.Cut(strings.TrimSuffix(line[i:], "]:"), " [")
	state, _, _ = strings.Cut(state, ",")
	return strings.TrimSpace(line[:i]), "goroutine [" + state + "]", ok
}

// logged reports whether the program logged the trace and went on; if not, the
// runtime printed it.
func (t *trace) logged() bool { return t.code == codeRecovered }

func (t *trace) add(line string) verdict {
	if t.lines++; t.lines > maxReportLines {
		return over
	}
	if strings.HasPrefix(t.message[0], "SIG") && t.lines == 1 && !strings.HasPrefix(line, "PC=") {
		return over
	}
	if _, title, ok := goroutineTitle(line); ok && strings.HasPrefix(line, "goroutine ") {
		switch {
		case t.logged() && len(t.stacks) > 0:
			return over // each trace that is logged is of one goroutine
		case !t.logged() && !t.between:
			return over // the runtime prints an empty line before each goroutine
		}
		t.begin(title)
		return part
	}
	switch {
	case line == "runtime stack:":
		t.begin("runtime stack")
		return part
	case len(t.stacks) == 0:
		return t.value(line)
	default:
		return t.call(line)
	}
}

// begin starts the stack of the next goroutine, in the place of the last one
// when there are too many.
func (t *trace) begin(title string) {
	if len(t.stacks) < maxStacks {
		t.stacks = append(t.stacks, stack{title: title})
	} else {
		t.stacks[maxStacks-1] = stack{title: title}
	}
	t.fn, t.creating, t.between = "", false, false
}

// value takes a line before the first stack: more of the value, in which the
// runtime puts a tab after each line end, and a panic within a deferred call
// "	panic: …".
func (t *trace) value(line string) verdict {
	switch {
	case line == "" && !t.logged():
		t.between = true
		return part
	case strings.HasPrefix(line, "[signal "), strings.HasPrefix(t.message[0], "SIG"):
		return part
	case !t.logged() && strings.HasPrefix(line, "\t"):
		line = line[1:]
	case t.logged() && t.strange < maxStrange:
		t.strange++
	default:
		return t.other()
	}
	if len(t.message) < maxStrange {
		t.message = append(t.message, line)
	}
	return part
}

// call takes a line of a stack.
func (t *trace) call(line string) verdict {
	if line == "" {
		if t.logged() {
			return over
		}
		t.fn, t.between = "", true
		return part
	}
	if strings.HasPrefix(line, "\t") {
		at, ok := parsePlace(line)
		if !ok || t.fn == "" {
			return part // "goroutine running on other thread; stack unavailable"
		}
		t.stacks[len(t.stacks)-1].push(frame{t.fn, at})
		t.fn, t.between = "", t.creating
		if t.creating && t.logged() {
			return last
		}
		return part
	}
	if strings.HasPrefix(line, "...") { // "...8 frames elided..."
		return part
	}
	if fn, ok := strings.CutPrefix(line, "created by "); ok {
		fn, _, _ = strings.Cut(fn, " in goroutine ")
		t.fn, t.creating = "created by "+fn, true
		return part
	}
	if i := strings.LastIndexByte(line, '('); i > 0 && line[len(line)-1] == ')' && !t.between && !strings.ContainsAny(line[:i], " \t") {
		t.fn = line[:i]
		return part
	}
	return t.other()
}

// other takes a line that is no part of a trace. A trace that was logged is in
// one piece. What the runtime prints may be interrupted by other goroutines,
// but not when all that it can say has been said.
func (t *trace) other() verdict {
	if t.strange++; t.between && len(t.stacks) > 0 || t.strange > maxStrange || t.logged() {
		return over
	}
	return foreign
}

func (t *trace) diagnostic(o *ScanOptions) (d Diagnostic, ended, ok bool) {
	if len(t.stacks) == 0 {
		return d, false, false // a line that only looked like a panic, or GOTRACEBACK=none
	}
	if t.logged() && t.stacks[0].cause() == 0 {
		return d, false, false // a stack that was logged for another reason
	}
	at, i, ok := locate(o, t.stacks)
	rel := related{opt: o, at: at}
	rel.trace(&t.stacks[i])
	for j := range t.stacks {
		if j != i && t.stacks[j].title != "runtime stack" {
			rel.summary(&t.stacks[j])
		}
	}
	return Diagnostic{
		Span:     at,
		Severity: Error,
		Owner:    Panic,
		Code:     t.code,
		Message:  message(t.message),
		Related:  rel.places(),
	}, !t.logged(), ok
}
