package breakpoint

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// unmistakable is how many tokens a statement has at least that is known
	// again in another function; fewer do within its own.
	unmistakable = 5

	// similar is how much two statements have in common, from 0 to 1, if one is
	// taken for an edit of the other.
	similar = 0.5

	// maxComparisons bounds the work in one gap: about 250 lines that became
	// 250 others. What is beyond it counts as rewritten.
	maxComparisons = 1 << 16
)

// significant reports whether a line tells more than a brace or a bare return.
func (l *line) significant() bool { return len(l.stmt) > 2 }

// moved pairs statements that are the same but elsewhere, where there is no
// choice: in the counterpart of their function, or anywhere if they are long
// enough to be unmistakable. Lines beside them that are the same go along.
func (m *mapping) moved() {
	m.same(func(l *line, fn int) (string, bool) {
		return strconv.Itoa(fn) + "\x00" + strings.Join(l.stmt, " "), fn != nowhere && l.significant()
	})
	m.same(func(l *line, _ int) (string, bool) {
		return strings.Join(l.stmt, " "), len(l.stmt) >= unmistakable
	})
}

// same pairs the lines without counterpart that have the same name, if just one
// on each side has it. The function given to name is that of the second text,
// nowhere if there is none.
func (m *mapping) same(name func(l *line, fn int) (string, bool)) {
	from, to := map[string][]int{}, map[string][]int{}
	for j := range m.to.lines {
		l := &m.to.lines[j]
		if s, ok := name(l, l.fn); ok && m.back[j] == nowhere {
			to[s] = append(to[s], j)
		}
	}
	var names []string // in the order of lines, so that the result is always the same
	for i := range m.from.lines {
		l := &m.from.lines[i]
		fn := l.fn
		if fn != nowhere {
			fn = m.fns[fn]
		}
		if s, ok := name(l, fn); ok && m.there[i] == nowhere && len(to[s]) == 1 {
			from[s] = append(from[s], i)
			names = append(names, s)
		}
	}
	names = slices.DeleteFunc(names, func(s string) bool { return len(from[s]) > 1 })
	for _, s := range names {
		m.pair(from[s][0], to[s][0])
	}
	for _, s := range names {
		m.along(from[s][0], to[s][0], 1)
		m.along(from[s][0], to[s][0], -1)
	}
}

// along pairs the lines after (step 1) or before (step -1) a moved one, as far
// as they are the same.
func (m *mapping) along(i, j, step int) {
	for {
		i, j = i+step, j+step
		if i < 0 || j < 0 || i >= len(m.there) || j >= len(m.back) ||
			m.from.lines[i].key != m.to.lines[j].key || !m.pair(i, j) {
			return
		}
	}
}

// edited pairs the lines of a gap that have no counterpart yet, in their order,
// so that they have as much in common as can be.
func (m *mapping) edited(g gap) {
	var from, to []int
	for i := g.from; i < g.fromEnd; i++ {
		if m.there[i] == nowhere && len(m.from.lines[i].stmt) > 0 {
			from = append(from, i)
		}
	}
	for j := g.to; j < g.toEnd; j++ {
		if m.back[j] == nowhere && len(m.to.lines[j].stmt) > 0 {
			to = append(to, j)
		}
	}
	if len(from) == 0 || len(to) == 0 || len(from)*len(to) > maxComparisons {
		return
	}
	// A statement that stands alone where one stood alone is that one, however
	// much it was rewritten.
	alone := m.from.statementsOn(from) == 1 && m.to.statementsOn(to) == 1

	// best[a][b] is the most that from[a:] and to[b:] have in common, taken a
	// line for a line in order.
	score := make([][]int, len(from))
	best := make([][]int, len(from)+1)
	best[len(from)] = make([]int, len(to)+1)
	for a := len(from) - 1; a >= 0; a-- {
		score[a], best[a] = make([]int, len(to)), make([]int, len(to)+1)
		for b := len(to) - 1; b >= 0; b-- {
			score[a][b] = m.common(from[a], to[b], alone)
			best[a][b] = max(best[a+1][b], best[a][b+1])
			if s := score[a][b]; s > 0 {
				best[a][b] = max(best[a][b], s+best[a+1][b+1])
			}
		}
	}
	for a, b := 0, 0; a < len(from) && b < len(to); {
		switch s := score[a][b]; {
		case s > 0 && best[a][b] == s+best[a+1][b+1]:
			m.pair(from[a], to[b])
			a, b = a+1, b+1
		case best[a][b] == best[a+1][b]:
			a++
		default:
			b++
		}
	}
}

// common is the weight of what two lines have in common, 0 if one can't be an
// edit of the other. It is doubled, so that an edit counts at least 1.
func (m *mapping) common(i, j int, alone bool) int {
	a, b := &m.from.lines[i], &m.to.lines[j]
	if !m.compatible(i, j) {
		return 0
	}
	if (a.kind == noStatement) != (b.kind == noStatement) && !m.from.broken && !m.to.broken {
		return 0
	}
	counts := make(map[string]int, len(a.stmt))
	total := 0
	for _, s := range a.stmt {
		counts[s]++
		total += weight(s)
	}
	both := 0
	for _, s := range b.stmt {
		total += weight(s)
		if counts[s] > 0 {
			counts[s]--
			both += weight(s)
		}
	}
	if float64(2*both) >= similar*float64(total) {
		return 2 * both
	}
	if alone && a.kind == b.kind && a.kind != noStatement {
		return 2*both + 1
	}
	return 0
}

// weight is what a token tells: names and literals more than punctuation.
func weight(s string) int {
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_\"'`", r) {
		return 3
	}
	return 1
}
