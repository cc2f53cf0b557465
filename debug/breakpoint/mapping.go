package breakpoint

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/diff"
)

// mapping says where the lines of one text are in another. No two lines have
// the same counterpart, so that it can be read both ways.
type mapping struct {
	from, to *text
	there    []int // by index of a line in from: its index in to, or nowhere
	back     []int // the other way
	fns      []int // by index of a function in from: its index in to, or nowhere
	fnsBack  []int // the other way
}

const nowhere = -1

// newMapping compares two texts of a file. It goes from what is certain to
// what is likely: lines that a diff leaves in place; lines that were moved,
// alone or with their function; and statements that were edited, which are
// the most similar ones between the same neighbours.
func newMapping(from, to *text) *mapping {
	from.read()
	to.read()
	m := &mapping{
		from: from, to: to,
		there: filled(len(from.lines)), back: filled(len(to.lines)),
		fns: filled(len(from.funcs)), fnsBack: filled(len(to.funcs)),
	}
	kept, gaps := unmoved(from, to)
	m.pairFunctions(kept)
	for _, k := range kept {
		if m.compatible(k.from, k.to) {
			m.pair(k.from, k.to)
		}
	}
	m.moved()
	for _, g := range gaps {
		m.edited(g)
	}
	for i, f := range from.funcs {
		if j := m.fns[i]; j != nowhere {
			m.edited(gap{f.first, f.last + 1, to.funcs[j].first, to.funcs[j].last + 1})
		}
	}
	return m
}

// filled returns n times nowhere.
func filled(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = nowhere
	}
	return s
}

// line returns the counterpart of line n, both counted from 1; ok is false if
// it has none.
func (m *mapping) line(n int) (to int, ok bool) { return lookUp(m.there, n) }

// backLine is line the other way.
func (m *mapping) backLine(n int) (from int, ok bool) { return lookUp(m.back, n) }

func lookUp(lines []int, n int) (int, bool) {
	if n < 1 || n > len(lines) || lines[n-1] == nowhere {
		return 0, false
	}
	return lines[n-1] + 1, true
}

// certain reports whether line n is not just likely to be its counterpart: it
// is the same, and either there is no other like it, or that can be said of the
// one that tells something before it.
func (m *mapping) certain(n int) bool {
	i := n - 1
	if i < 0 || i >= len(m.there) {
		return false
	}
	for i != nowhere {
		j := m.there[i]
		if j == nowhere || m.from.lines[i].key != m.to.lines[j].key {
			return false
		}
		if key := m.from.lines[i].key; len(m.from.lines[i].stmt) >= unmistakable && m.from.unique(key) && m.to.unique(key) {
			return true
		}
		i = m.from.before(i)
		if i != nowhere && m.there[i] != m.to.before(j) {
			return false
		}
	}
	return false
}

// near returns the line at which a line without a counterpart would stand:
// the one after the counterpart of the nearest line before it that has one.
func (m *mapping) near(n int) int {
	for i := min(n-1, len(m.there)) - 1; i >= 0; i-- {
		if j := m.there[i]; j != nowhere {
			return min(j+2, len(m.to.lines))
		}
	}
	return 1
}

// pair makes two lines counterparts, unless one has a counterpart.
func (m *mapping) pair(i, j int) bool {
	if m.there[i] != nowhere || m.back[j] != nowhere {
		return false
	}
	m.there[i], m.back[j] = j, i
	return true
}

// pairFns makes two functions counterparts, unless one has a counterpart.
func (m *mapping) pairFns(i, j int) {
	if m.fns[i] == nowhere && m.fnsBack[j] == nowhere {
		m.fns[i], m.fnsBack[j] = j, i
	}
}

// compatible reports whether a statement may have gone from line i to line j
// as far as their functions tell: they are counterparts, or have none.
func (m *mapping) compatible(i, j int) bool {
	f, t := m.from.lines[i].fn, m.to.lines[j].fn
	switch {
	case f == nowhere || t == nowhere:
		return true
	case m.fns[f] == nowhere:
		return m.fnsBack[t] == nowhere
	}
	return m.fns[f] == t
}

// pairFunctions finds the counterparts of functions: most of the body stayed
// in place, whatever it is called now; or else it has the same name.
func (m *mapping) pairFunctions(kept []linePair) {
	size := make([]int, len(m.from.funcs))
	for i := range m.from.lines {
		if l := &m.from.lines[i]; l.fn != nowhere && l.significant() {
			size[l.fn]++
		}
	}
	votes := map[linePair]int{} // by index of the functions
	for _, k := range kept {
		l, t := &m.from.lines[k.from], m.to.lines[k.to].fn
		if l.fn == nowhere || t == nowhere || !l.significant() {
			continue
		}
		v := linePair{l.fn, t}
		if votes[v]++; 2*votes[v] > size[l.fn] {
			m.pairFns(l.fn, t)
		}
	}
	names := make(map[string]int, len(m.to.funcs))
	for j, f := range m.to.funcs {
		names[f.name] = j
	}
	for i, f := range m.from.funcs {
		if j, ok := names[f.name]; ok {
			m.pairFns(i, j)
		}
	}
}

// linePair is a line of each text, or a function, by index.
type linePair struct{ from, to int }

// gap is a range of lines in each text, from the first to before the end index.
type gap struct{ from, fromEnd, to, toEnd int }

// unmoved returns the lines that a diff keeps, and the gaps between them in
// which both texts have lines. The diff is an anchored one, which does not
// match braces and blank lines by chance.
func unmoved(from, to *text) (kept []linePair, gaps []gap) {
	g := gap{}
	keep := func() {
		if g.from < g.fromEnd && g.to < g.toEnd {
			gaps = append(gaps, g)
		}
		kept = append(kept, linePair{g.fromEnd, g.toEnd})
		g = gap{g.fromEnd + 1, g.fromEnd + 1, g.toEnd + 1, g.toEnd + 1}
	}
	ids := map[string]int{}
	out := diff.Diff("from", numbered(from, ids), "to", numbered(to, ids))
	for l := range bytes.Lines(out) {
		switch {
		case bytes.HasPrefix(l, []byte("@@ ")):
			var start, count int
			fmt.Sscanf(string(l), "@@ -%d,%d", &start, &count)
			if count > 0 {
				start--
			}
			for g.fromEnd < start {
				keep()
			}
		case bytes.HasPrefix(l, []byte("diff ")), bytes.HasPrefix(l, []byte("--- ")), bytes.HasPrefix(l, []byte("+++ ")):
		case l[0] == '-':
			g.fromEnd++
		case l[0] == '+':
			g.toEnd++
		default:
			keep()
		}
	}
	for g.fromEnd < len(from.lines) && g.toEnd < len(to.lines) {
		keep()
	}
	if g.from < g.fromEnd && g.to < g.toEnd {
		gaps = append(gaps, g)
	}
	return kept, gaps
}

// numbered writes t with a number for each line, the same for equal lines:
// what can be compared without regard to layout.
func numbered(t *text, ids map[string]int) []byte {
	var s []byte
	for _, l := range t.lines {
		id, ok := ids[l.key]
		if !ok {
			id = len(ids)
			ids[l.key] = id
		}
		s = append(strconv.AppendInt(s, int64(id), 10), '\n')
	}
	return s
}
