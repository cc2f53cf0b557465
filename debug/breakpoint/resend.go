package breakpoint

// resent finds the entries that a client's new specs mean: one for each spec,
// nil for a new breakpoint. fresh says that the lines are meant in view.
//
// A client names its breakpoints by lines only, and not all clients follow
// edits: VS Code moves the breakpoints of files that are open in it, and sends
// the others with the line that they once were set on (its events of type
// `breakpoint` change what it shows, not what it sends). So the lines may be
// those of the statements in view, those that the client was told last, or
// those that it sent last. What explains more of them is taken; if two explain
// as many, the earlier.
func resent(old []*entry, specs []Spec, view *text, m mappings, sourceModified bool) (known []*entry, fresh bool) {
	inView := func(e *entry) int {
		if e.Lost {
			return e.Line
		}
		n, ok := m.line(e.text, e.line, view)
		if !ok {
			return 0
		}
		return n
	}
	known, best := explain(old, specs, inView)
	if sourceModified {
		return known, true
	}
	fresh = true
	for _, lines := range []func(*entry) int{
		func(e *entry) int { return e.Line },
		func(e *entry) int { return e.sent },
	} {
		if k, n := explain(old, specs, lines); n > best {
			known, best, fresh = k, n, false
		}
	}
	return known, fresh
}

// explain assigns entries to the specs that have their line, and counts them.
// Among those of one line, one with the same wishes comes first.
func explain(old []*entry, specs []Spec, line func(*entry) int) (known []*entry, n int) {
	known = make([]*entry, len(specs))
	taken := map[*entry]bool{}
	for _, strict := range []bool{true, false} {
		for i, spec := range specs {
			for _, e := range old {
				if known[i] != nil || taken[e] || line(e) != spec.Line || strict && !e.wishes(spec) {
					continue
				}
				known[i], taken[e] = e, true
				n++
			}
		}
	}
	return known, n
}

// wishes reports whether e has what spec wants, whatever the line.
func (e *entry) wishes(spec Spec) bool {
	spec.Line, spec.Column = e.Line, e.Column
	return e.Spec == spec
}
