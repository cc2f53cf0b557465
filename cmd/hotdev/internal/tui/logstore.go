package tui

import (
	"slices"
	"unicode/utf8"
)

// Bounds of what is kept of the log: the oldest lines go first. They are those
// of a daemon's own log, twice.
const (
	maxLines = 40_000
	maxBytes = 16 << 20
	maxLine  = 16 << 10 // bytes of one line that are kept
)

// line is one line of the log.
type line struct {
	time, stream, level string
	text                string // styled, without tabs
	plain               string // text without styles; the same string if there are none
	ascii               bool   // text has one column a byte
}

// logStore keeps the newest lines under ever growing numbers, and which of them
// a filter shows and a search finds.
type logStore struct {
	lines  []line
	first  uint64 // number of lines[0]
	bytes  int    // of the lines' texts
	filter hits   // if its query is empty, all lines are shown
	search hits   // among the lines that are shown
}

// hits are the numbers of the lines that a query selects, in order.
type hits struct {
	query
	numbers []uint64
}

func (s *logStore) add(l line) {
	s.lines = append(s.lines, l)
	s.bytes += len(l.text) + len(l.plain)
	s.note(s.first+uint64(len(s.lines))-1, &s.lines[len(s.lines)-1])
	for len(s.lines) > maxLines || s.bytes > maxBytes {
		s.bytes -= len(s.lines[0].text) + len(s.lines[0].plain)
		s.lines[0] = line{} // the array lives on until it is full
		s.lines = s.lines[1:]
		s.first++
	}
	s.filter.trim(s.first)
	s.search.trim(s.first)
}

// note enters line n into the hits.
func (s *logStore) note(n uint64, l *line) {
	if !s.filter.empty() {
		if !s.filter.match(l) {
			return
		}
		s.filter.numbers = append(s.filter.numbers, n)
	}
	if !s.search.empty() && s.search.match(l) {
		s.search.numbers = append(s.search.numbers, n)
	}
}

// selects puts other queries in force.
func (s *logStore) selects(filter, search query) {
	s.filter, s.search = hits{query: filter}, hits{query: search}
	for i := range s.lines {
		s.note(s.first+uint64(i), &s.lines[i])
	}
}

// clear forgets all lines; numbers go on.
func (s *logStore) clear() {
	s.first += uint64(len(s.lines))
	s.lines, s.bytes = nil, 0
	s.filter.numbers, s.search.numbers = nil, nil
}

// at returns line n, which must be kept.
func (s *logStore) at(n uint64) *line { return &s.lines[n-s.first] }

// from returns the first shown line from n on.
func (s *logStore) from(n uint64) (uint64, bool) {
	if !s.filter.empty() {
		return s.filter.from(n)
	}
	n = max(n, s.first)
	return n, n < s.first+uint64(len(s.lines))
}

// before returns the last shown line before n.
func (s *logStore) before(n uint64) (uint64, bool) {
	if !s.filter.empty() {
		return s.filter.before(n)
	}
	n = min(n, s.first+uint64(len(s.lines)))
	return n - 1, n > s.first
}

// shown is how many lines the filter shows from line n on.
func (s *logStore) shown(n uint64) int {
	if !s.filter.empty() {
		i, _ := slices.BinarySearch(s.filter.numbers, n)
		return len(s.filter.numbers) - i
	}
	return len(s.lines) - int(max(n, s.first)-s.first)
}

// from returns the first hit from n on.
func (h *hits) from(n uint64) (uint64, bool) {
	i, _ := slices.BinarySearch(h.numbers, n)
	if i == len(h.numbers) {
		return 0, false
	}
	return h.numbers[i], true
}

// before returns the last hit before n.
func (h *hits) before(n uint64) (uint64, bool) {
	i, _ := slices.BinarySearch(h.numbers, n)
	if i == 0 {
		return 0, false
	}
	return h.numbers[i-1], true
}

// trim forgets the hits before first.
func (h *hits) trim(first uint64) {
	for len(h.numbers) > 0 && h.numbers[0] < first {
		h.numbers = h.numbers[1:]
	}
}

// shorten cuts text to maxLine bytes, between characters, and reports whether
// there was more.
func shorten(text string) (string, bool) {
	if len(text) <= maxLine {
		return text, false
	}
	n := maxLine
	for n > maxLine-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n], true
}

// isASCII reports whether s is printable ASCII, one column a byte.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
