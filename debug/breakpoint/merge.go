package breakpoint

import (
	"cmp"
	"fmt"
	"go/parser"
	"slices"
	"strings"
)

// wish is what a debugger is asked for on behalf of one breakpoint.
type wish struct {
	id        int
	builtLine int
	function  string

	condition, hitCondition, logMessage string

	note    string // how it is served differently from what it says
	refused bool   // it is not served: note says why
}

func (e *entry) wish() wish {
	return wish{
		id: e.ID, builtLine: e.BuiltLine, function: e.Function,
		condition: e.Condition, hitCondition: e.HitCondition, logMessage: e.LogMessage,
	}
}

// Wanted returns what to ask of the debugger for a file, by ascending line. It
// is one request a line, as Delve refuses a second breakpoint on one; it has
// no column, as Delve looks at lines only. Where several breakpoints meet, it
// stops whenever one of them would, and if that can't be said exactly, more
// often:
//
//   - conditions are OR-ed; if one breakpoint has none, there is none
//   - a hit condition counts only if all have the same one, and the same condition
//   - a logpoint does not log if another breakpoint stops there; logpoints alone
//     log a line each
//   - one that Delve would refuse for its syntax is left out
//
// Whoever does not get all he asked for reads why in Message.
func (l *Ledger) Wanted(file string) []Request {
	return l.requests(func(e *entry) bool { return e.File == file && e.Function == "" && e.BuiltLine > 0 })
}

// WantedFunctions returns the function breakpoints to ask of the debugger, one
// a name, sorted by name, with the rules of [Ledger.Wanted].
func (l *Ledger) WantedFunctions() []Request {
	return l.requests(func(e *entry) bool { return e.Function != "" })
}

// requests merges the wishes of the entries that match.
func (l *Ledger) requests(match func(*entry) bool) []Request {
	var all []wish
	for _, e := range l.entries {
		if match(e) {
			all = append(all, e.wish())
		}
	}
	slices.SortFunc(all, func(a, b wish) int {
		return cmp.Or(cmp.Compare(a.function, b.function), cmp.Compare(a.builtLine, b.builtLine), cmp.Compare(a.id, b.id))
	})
	var out []Request
	for len(all) > 0 {
		first := all[0]
		n := slices.IndexFunc(all, func(w wish) bool { return w.function != first.function || w.builtLine != first.builtLine })
		if n < 0 {
			n = len(all)
		}
		out = append(out, merge(all[:n:n]))
		all = all[n:]
	}
	return out
}

// merge makes one request of the wishes for one place.
func merge(wishes []wish) Request {
	r := Request{Line: wishes[0].builtLine, Function: wishes[0].function, wishes: wishes}
	for _, w := range wishes {
		r.IDs = append(r.IDs, w.id)
	}
	served := refuse(wishes)
	if len(served) == 0 {
		served = []*wish{&wishes[0]} // the debugger says itself what is wrong with it
		wishes[0].refused = false
	}
	if stops := slices.DeleteFunc(slices.Clone(served), func(w *wish) bool { return w.logMessage != "" }); len(stops) > 0 {
		for _, w := range served {
			if w.logMessage != "" {
				w.note = "does not log: another breakpoint on this line stops"
			}
		}
		served = stops
	}
	r.Condition = anyOf(served, func(w *wish) string { return w.condition }, func(all []string) string {
		return "(" + strings.Join(all, ") || (") + ")"
	})
	r.LogMessage = anyOf(served, func(w *wish) string { return w.logMessage }, func(all []string) string {
		return strings.Join(all, "\n")
	})
	first := served[0]
	if !slices.ContainsFunc(served, func(w *wish) bool {
		return w.condition != first.condition || w.hitCondition != first.hitCondition
	}) {
		r.HitCondition = first.hitCondition
	}
	for _, w := range served {
		switch {
		case w.condition != "" && r.Condition == "":
			w.note = "its condition is not looked at: another breakpoint here has none"
		case w.hitCondition != "" && r.HitCondition == "":
			w.note = "its hits are not counted: another breakpoint here stops at others"
		}
	}
	return r
}

// refuse marks, where several breakpoints meet, those whose syntax would spoil
// the others, and returns the rest.
func refuse(wishes []wish) []*wish {
	var served []*wish
	for i := range wishes {
		w := &wishes[i]
		if len(wishes) > 1 {
			w.note = w.fault()
			w.refused = w.note != ""
		}
		if !w.refused {
			served = append(served, w)
		}
	}
	return served
}

// fault says what is wrong with the syntax of a wish; "" if nothing is. Delve
// parses conditions with go/parser as well.
func (w *wish) fault() string {
	if w.condition != "" {
		if _, err := parser.ParseExpr(w.condition); err != nil {
			return fmt.Sprintf("condition %q does not compile: %v", w.condition, err)
		}
	}
	depth := 0
	for _, r := range w.logMessage {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		return fmt.Sprintf("log message %q has a brace without its pair", w.logMessage)
	}
	return ""
}

// anyOf joins what the wishes have, each value once; a single value stays as
// it is, and if one of them has none, the result is "".
func anyOf(wishes []*wish, value func(*wish) string, join func([]string) string) string {
	var all []string
	for _, w := range wishes {
		v := value(w)
		if v == "" {
			return ""
		}
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return join(all)
}

// Answered takes the debugger's answers to requests of [Ledger.Wanted] or
// [Ledger.WantedFunctions], one for each. Breakpoints that were removed or
// changed after they were asked for are passed over. It returns the breakpoints
// that changed by it.
func (l *Ledger) Answered(requests []Request, answers []Answer) []Breakpoint {
	var out []Breakpoint
	m := mappings{}
	for i, r := range requests[:min(len(requests), len(answers))] {
		for _, w := range r.wishes {
			e := l.entry(w.id)
			if e == nil || !w.same(e.wish()) {
				continue
			}
			before := e.Breakpoint
			l.answer(e, w, answers[i], m)
			if e.Breakpoint != before {
				out = append(out, e.Breakpoint)
			}
		}
	}
	return out
}

// same reports whether two wishes are for the same thing.
func (w wish) same(other wish) bool {
	w.note, w.refused = other.note, other.refused
	return w == other
}

// answer enters what the debugger said to the request that w is a part of.
func (l *Ledger) answer(e *entry, w wish, a Answer, m mappings) {
	e.answered = true
	e.Verified = a.Verified && !w.refused
	switch {
	case w.refused:
		e.Message = w.note
	case !a.Verified:
		if e.Message = w.fault(); e.Message == "" {
			e.Message = a.Message
		}
	default:
		e.Message = cmp.Or(a.Message, w.note)
	}
	if a.Line > 0 && e.Function == "" {
		if n, ok := m.backLine(e.text, a.Line, l.builtText(e.File)); ok && a.Line != e.BuiltLine {
			e.Line = n
		}
	}
}
