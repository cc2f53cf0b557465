package breakpoint

import (
	"errors"
	"io/fs"
)

// Build moves the ledger to the build that runs now, another one or the same
// again: built has its files as it was compiled from them (and is asked again,
// until the next Build or Ended, for files that get their first breakpoint
// then), disk the files as they are now. It returns the breakpoints that
// changed by it. What the debugger said about a breakpoint that has a line in
// this build stands until [Ledger.Answered].
//
// From now on lines are meant in the file on disk, which the client sees.
// Where a build is not of the newest save, that is another text.
func (l *Ledger) Build(built, disk Source) []Breakpoint {
	l.built = built
	clear(l.texts)
	m := mappings{}
	views := map[string]*text{}
	return l.changed(func(e *entry) {
		if e.Function == "" {
			view, ok := views[e.File]
			if !ok {
				view = l.onDisk(e.File, disk)
				views[e.File] = view
			}
			l.place(e, view, m)
		}
		l.judge(e)
	})
}

// Ended says that no program runs: nothing is verified until the debugger of
// the next one answers. It returns the breakpoints that changed by it.
func (l *Ledger) Ended() []Breakpoint {
	l.built = nil
	clear(l.texts)
	return l.changed(func(e *entry) {
		e.BuiltLine = 0
		l.judge(e)
	})
}

// changed does something with every entry, and returns the breakpoints that
// are different then.
func (l *Ledger) changed(do func(*entry)) []Breakpoint {
	var out []Breakpoint
	for _, e := range l.entries {
		before := e.Breakpoint
		if do(e); e.Breakpoint != before {
			out = append(out, e.Breakpoint)
		}
	}
	return out
}

// place finds the statement of e in the view, which is what its client sees,
// and in the running build. A lost one is found only if it is the same again.
func (l *Ledger) place(e *entry, view *text, m mappings) {
	lost := e.Lost
	find := func(in *text) (int, bool) {
		n, ok := m.line(e.text, e.line, in)
		return n, ok && (!lost || m.certain(e.text, e.line, in))
	}
	n, seen := find(view)
	if seen {
		e.Line = n
	} else {
		e.Line = m.near(e.text, e.line, view)
	}
	e.BuiltLine = 0
	if l.built != nil {
		if n, ok := find(l.builtText(e.File)); ok {
			e.BuiltLine = n
		}
	}
	e.Lost = !seen && e.BuiltLine == 0
	if seen && view != nil {
		e.text, e.line = view, n
	}
}

// builtText is the text of file in the running build; nil if it is not known.
func (l *Ledger) builtText(file string) *text {
	t, ok := l.texts[file]
	if !ok {
		if content, err := l.built(file); err == nil {
			t = l.text(file, content)
		}
		l.texts[file] = t
	}
	return t
}

// onDisk is the text of file as it is now. One that is gone has no lines; one
// that can't be read is as it was built.
func (l *Ledger) onDisk(file string, disk Source) *text {
	built := l.builtText(file)
	content, err := disk(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &text{file: file}
	case err != nil || content == nil:
		return built
	}
	return l.text(file, content) // mostly the same as built
}

// mappings remembers the comparisons made in one step of the ledger.
type mappings map[[2]*text]*mapping

// alike reports whether lines of two texts are the same lines; so they are
// taken if one of the texts is not known.
func alike(a, b *text) bool { return a == nil || b == nil || a == b || a.content == b.content }

// line is mapping.line for any two texts.
func (m mappings) line(from *text, n int, to *text) (line int, ok bool) {
	if alike(from, to) {
		return n, true
	}
	return m.between(from, to).line(n)
}

// backLine is mapping.backLine for any two texts.
func (m mappings) backLine(from *text, n int, to *text) (line int, ok bool) {
	if alike(from, to) {
		return n, true
	}
	return m.between(from, to).backLine(n)
}

// certain is mapping.certain for any two texts.
func (m mappings) certain(from *text, n int, to *text) bool {
	return alike(from, to) || m.between(from, to).certain(n)
}

// near is mapping.near for any two texts.
func (m mappings) near(from *text, n int, to *text) int {
	if alike(from, to) {
		return n
	}
	return m.between(from, to).near(n)
}

// between compares two texts, once.
func (m mappings) between(from, to *text) *mapping {
	pair := [2]*text{from, to}
	if m[pair] == nil {
		m[pair] = newMapping(from, to)
	}
	return m[pair]
}
