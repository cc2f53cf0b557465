package breakpoint

import (
	"cmp"
	"path/filepath"
	"slices"
)

// Ledger holds the breakpoints of all owners. Its zero value is not ready for
// use: see [New] and [Load].
type Ledger struct {
	last       int // the ID given last
	entries    []*entry
	exceptions map[string][]string // filters by owner

	built Source           // of the running build; nil if no program runs
	texts map[string]*text // what built gave; a nil text is not known
}

// entry is a breakpoint with what only the ledger knows of it.
type entry struct {
	Breakpoint

	// The statement it is on: a line of a text, which is the last one known to
	// have the statement. A nil text is not known.
	text *text
	line int

	sent     int  // the line that the client sent last
	answered bool // Verified and Message are the debugger's
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{exceptions: map[string][]string{}, texts: map[string]*text{}}
}

// Set replaces the line breakpoints that owner has in file. The text is the
// file as the client knows it: the unsaved buffer if that is known, else the
// disk; nil if neither can be read. It returns one breakpoint for each spec, in
// the order of specs; one that was there before keeps its ID.
//
// sourceModified is DAP's argument of that name: the client has moved the lines
// itself, and means them in text. Without it, lines that were right when the
// client spoke last, or was told last, are known again and follow their
// statements. That takes a client that replaces a breakpoint by another on the
// old line, in one request, for one that has missed an edit.
func (l *Ledger) Set(owner, file string, text []byte, specs []Spec, sourceModified bool) []Breakpoint {
	view := l.text(file, text)
	m := mappings{}
	old := l.take(func(e *entry) bool { return e.Owner == owner && e.File == file && e.Function == "" })
	known, fresh := resent(old, specs, view, m, sourceModified)

	out := make([]Breakpoint, len(specs))
	for i, spec := range specs {
		e := known[i]
		if e == nil {
			e = l.add(Breakpoint{Owner: owner, File: file})
		} else {
			l.entries = append(l.entries, e)
		}
		if known[i] == nil || fresh && !e.Lost {
			e.text, e.line = view, spec.Line
		}
		asked := e.wish()
		e.Spec, e.sent = spec, spec.Line
		l.place(e, view, m)
		e.answered = e.answered && asked == e.wish()
		l.judge(e)
		out[i] = e.Breakpoint
	}
	return out
}

// SetFunctions replaces the function breakpoints of owner, and returns one
// breakpoint for each spec, in the order of specs; one that was there before
// keeps its ID.
func (l *Ledger) SetFunctions(owner string, specs []FunctionSpec) []Breakpoint {
	old := l.take(func(e *entry) bool { return e.Owner == owner && e.Function != "" })
	out := make([]Breakpoint, len(specs))
	for i, spec := range specs {
		var e *entry
		if at := slices.IndexFunc(old, func(e *entry) bool { return e.Function == spec.Name }); at >= 0 {
			e = old[at]
			old = slices.Delete(old, at, at+1)
			l.entries = append(l.entries, e)
		} else {
			e = l.add(Breakpoint{Owner: owner, Function: spec.Name})
		}
		asked := e.wish()
		e.Condition, e.HitCondition = spec.Condition, spec.HitCondition
		e.answered = e.answered && asked == e.wish()
		l.judge(e)
		out[i] = e.Breakpoint
	}
	return out
}

// SetExceptions replaces the exception filters of owner (Delve's are
// "unrecovered-panic" and "runtime-fatal-throw").
func (l *Ledger) SetExceptions(owner string, filters []string) {
	if len(filters) == 0 {
		delete(l.exceptions, owner)
		return
	}
	l.exceptions[owner] = slices.Clone(filters)
}

// Drop forgets all that owner asked for. It returns the files that had line
// breakpoints of this owner, sorted, and whether there were function breakpoints.
func (l *Ledger) Drop(owner string) (files []string, functions bool) {
	delete(l.exceptions, owner)
	for _, e := range l.take(func(e *entry) bool { return e.Owner == owner }) {
		if e.Function != "" {
			functions = true
		} else {
			files = append(files, e.File)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), functions
}

// Files returns the files that have line breakpoints, sorted.
func (l *Ledger) Files() []string {
	var files []string
	for _, e := range l.entries {
		if e.Function == "" {
			files = append(files, e.File)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// Empty reports whether nobody asked for anything to stop or log at.
func (l *Ledger) Empty() bool { return len(l.entries) == 0 && len(l.exceptions) == 0 }

// Exceptions returns the exception filters that some owner wants, sorted.
func (l *Ledger) Exceptions() []string {
	var all []string
	for _, filters := range l.exceptions {
		all = append(all, filters...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Get returns the breakpoints with these IDs, those that there are.
func (l *Ledger) Get(ids ...int) []Breakpoint {
	var out []Breakpoint
	for _, id := range ids {
		if e := l.entry(id); e != nil {
			out = append(out, e.Breakpoint)
		}
	}
	return out
}

// List returns all breakpoints: those of lines by file, line and ID, then those
// of functions by name and ID.
func (l *Ledger) List() []Breakpoint {
	out := make([]Breakpoint, len(l.entries))
	for i, e := range l.entries {
		out[i] = e.Breakpoint
	}
	slices.SortFunc(out, func(a, b Breakpoint) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// add enters a new breakpoint.
func (l *Ledger) add(b Breakpoint) *entry {
	l.last++
	b.ID = l.last
	e := &entry{Breakpoint: b}
	l.entries = append(l.entries, e)
	return e
}

// take removes the entries that match and returns them.
func (l *Ledger) take(match func(*entry) bool) []*entry {
	var taken []*entry
	l.entries = slices.DeleteFunc(l.entries, func(e *entry) bool {
		if match(e) {
			taken = append(taken, e)
			return true
		}
		return false
	})
	return taken
}

// entry returns the entry with this ID, nil if there is none.
func (l *Ledger) entry(id int) *entry {
	if i := slices.IndexFunc(l.entries, func(e *entry) bool { return e.ID == id }); i >= 0 {
		return l.entries[i]
	}
	return nil
}

// text returns content, of the file named, as a text: one that the ledger has
// already, if there is one. Nil content is not known.
func (l *Ledger) text(file string, content []byte) *text {
	if content == nil {
		return nil
	}
	if t := l.texts[file]; t != nil && t.content == string(content) {
		return t
	}
	for _, e := range l.entries {
		if e.File == file && e.text != nil && e.text.content == string(content) {
			return e.text
		}
	}
	return &text{file: file, content: string(content)}
}

// judge brings Verified and Message in line with where e is.
func (l *Ledger) judge(e *entry) {
	e.answered = e.answered && !e.Lost && l.built != nil && (e.BuiltLine > 0 || e.Function != "")
	if e.answered {
		return
	}
	e.Verified = false
	switch {
	case e.Lost:
		e.Message = "breakpoint lost: its statement is no longer in " + filepath.Base(e.File)
	case l.built == nil:
		e.Message = "not set yet: the app is not running under the debugger"
	case e.BuiltLine == 0 && e.Function == "":
		e.Message = "not set yet: the running build does not have this line"
	default:
		e.Message = "not set yet: waiting for the debugger"
	}
}
