package diag

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// place is a line of a file, named as the app prints it.
type place struct {
	file string
	line int
}

// frame is one call of a stack.
type frame struct {
	fn string // with its import path, without arguments; "created by …" for the creation of the goroutine
	at place
}

// stack is the call stack of a goroutine, innermost frame first.
type stack struct {
	title  string // what it is in the report, such as "goroutine [chan receive]"
	frames []frame
}

// push adds the next outer frame, up to the bound.
func (s *stack) push(f frame) {
	if len(s.frames) < maxFrames {
		s.frames = append(s.frames, f)
	}
}

// cause is the index of the frame that panicked first: the one below the
// outermost call of panic. Frames above it are deferred calls, such as one that
// recovers, logs the stack or panics again. A stack without a panic begins
// with its cause.
func (s *stack) cause() int {
	for i := len(s.frames) - 1; i >= 0; i-- {
		if fn := s.frames[i].fn; fn == "panic" || fn == "gopanic" {
			return i + 1
		}
	}
	return 0
}

// origin is the innermost own frame at or below the cause.
func (s *stack) origin(o *ScanOptions) (f frame, ok bool) {
	for _, f := range s.frames[s.cause():] {
		if file, _ := o.position(f.at); file != "" && o.Own(file) {
			return f, true
		}
	}
	return frame{}, false
}

// locate finds the first stack that has an own frame and that frame's place.
// Without one i is 0 and the place is the main file, if there is one.
func locate(o *ScanOptions, stacks []stack) (at Span, i int, ok bool) {
	for i := range stacks {
		if f, ok := stacks[i].origin(o); ok {
			file, line := o.position(f.at)
			return Span{File: file, Line: line}, i, true
		}
	}
	return Span{File: o.MainFile}, 0, o.MainFile != ""
}

// position makes at absolute; the file is "" when it can't be found.
func (o *ScanOptions) position(at place) (file string, line int) {
	switch {
	case isAbs(at.file):
		file = filepath.FromSlash(at.file)
	case o.Resolve != nil:
		file = o.Resolve(at.file)
	}
	if file == "" {
		return "", 0
	}
	return file, at.line
}

// related collects the further places of a diagnostic, each once.
type related struct {
	opt  *ScanOptions
	at   Span // the diagnostic's own
	list []Related
	own  []bool // for each of list
}

// add adds f with a message, unless its place is unknown or there already.
func (r *related) add(f frame, message string) {
	file, line := r.opt.position(f.at)
	span := Span{File: file, Line: line}
	if file == "" || span == r.at || slices.ContainsFunc(r.list, func(o Related) bool { return o.Span == span }) {
		return
	}
	r.list = append(r.list, Related{Span: span, Message: message})
	r.own = append(r.own, r.opt.Own(file))
}

// trace adds a stack from its cause outwards, and then the own frames that ran
// because of the panic.
func (r *related) trace(s *stack) {
	cause := s.cause()
	for _, f := range s.frames[cause:] {
		r.add(f, f.fn)
	}
	for _, f := range s.frames[:cause] {
		if file, _ := r.opt.position(f.at); file != "" && r.opt.Own(file) {
			r.add(f, f.fn+", deferred")
		}
	}
}

// summary adds one place for a stack: where the app's own code is in it, or its
// innermost frame.
func (r *related) summary(s *stack) {
	f, ok := s.origin(r.opt)
	if !ok && len(s.frames) > 0 {
		f = s.frames[s.cause()%len(s.frames)]
	}
	r.add(f, s.title+": "+f.fn)
}

// places returns the bounded list, in order. Places outside the app's own code
// go first when there are too many, the outermost before the inner ones.
func (r *related) places() []Related {
	excess := len(r.list) - maxRelated
	for i := len(r.list) - 1; i >= 0 && excess > 0; i-- {
		if !r.own[i] {
			r.list = slices.Delete(r.list, i, i+1)
			excess--
		}
	}
	return r.list[:min(len(r.list), maxRelated)]
}

// parsePlace reads a line that is a place in a trace: "	/a/b.go:12 +0x1d" of
// the runtime and the race detector, or "/a/b.go:12 (0x48a1)" of gin.
func parsePlace(line string) (place, bool) {
	text := strings.TrimLeft(line, " \t")
	indented := len(text) < len(line)
	for _, mark := range [...]string{" +0x", " fp=0x", " (0x"} {
		if i := strings.LastIndex(text, mark); i >= 0 {
			indented = true
			text = text[:i]
		}
	}
	if !indented {
		return place{}, false
	}
	return splitPlace(text)
}

// splitPlace splits file:line.
func splitPlace(text string) (place, bool) {
	i := strings.LastIndexByte(text, ':')
	if i <= 0 || len(text)-i > 9 {
		return place{}, false
	}
	n, err := strconv.ParseUint(text[i+1:], 10, 31)
	if err != nil || n == 0 {
		return place{}, false
	}
	return place{text[:i], int(n)}, true
}

// message joins the lines of a panic value, up to a bound.
func message(lines []string) string {
	const maxLines, maxBytes = 10, 2 << 10
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) > maxLines {
		lines = append(slices.Clone(lines[:maxLines]), "…")
	}
	text := strings.Join(lines, "\n")
	if len(text) > maxBytes {
		text = text[:maxBytes] + "…"
	}
	return strings.ToValidUTF8(text, "�")
}
