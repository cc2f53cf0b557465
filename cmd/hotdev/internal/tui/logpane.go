package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// logPane shows the log. It stays at the newest lines until it is scrolled back,
// then it stands still, whatever comes.
type logPane struct {
	store         logStore
	method        ansi.Method
	width, height int

	follow bool
	top    uint64 // number of the line at the top
	above  int    // rows of it that are above the pane
	left   int    // columns that are left of the pane, unless wrap
	wrap   bool   // long lines take several rows
	clock  bool   // lines have their time in front

	filterText, searchText string
	hit                    uint64 // line of the search that was jumped to
	found                  bool   // hit is valid
}

func newLogPane() *logPane { return &logPane{follow: true} }

func (p *logPane) name() string { return "Log" }

// note says where the pane is in the log.
func (p *logPane) note() string {
	if p.follow {
		return "following"
	}
	return fmt.Sprintf("%d below", max(0, p.store.shown(p.top)-p.height))
}

// conditions says what of the log is shown and searched for.
func (p *logPane) conditions() string {
	filter, search := "", ""
	if p.filterText != "" {
		filter = fmt.Sprintf("filter %s (%d)", p.filterText, p.store.shown(0))
	}
	if p.searchText != "" {
		search = fmt.Sprintf("search %s (%d)", p.searchText, len(p.store.search.numbers))
	}
	return join(filter, search)
}

func (p *logPane) resize(m ansi.Method, width, height int) {
	p.method, p.width, p.height = m, width, height
	p.settle()
}

// add appends lines.
func (p *logPane) add(lines ...line) {
	for _, l := range lines {
		p.store.add(l)
	}
	p.settle()
}

// newLine makes a line of text that is without control characters, but for
// styles, hyperlinks and tabs.
func newLine(text string) line {
	text = flatten(text)
	l := line{text: text, plain: text}
	if strings.Contains(text, "\x1b") {
		l.plain = ansi.Strip(text)
	} else {
		l.ascii = isASCII(text)
	}
	return l
}

// selects shows the lines that filter selects and marks what search finds.
func (p *logPane) selects(filter, search string) {
	p.filterText, p.searchText = filter, search
	p.store.selects(parseFilter(filter), parseSearch(search))
	p.found = false
	p.above = 0
	p.settle()
}

func (p *logPane) clear() {
	p.store.clear()
	p.follow, p.found, p.left = true, false, 0
	p.settle()
}

// settle moves the pane to where it may be: at the bottom if it follows, else
// at a line that is shown.
func (p *logPane) settle() {
	if p.follow {
		p.top, p.above = p.bottom()
		return
	}
	top, ok := p.store.from(p.top)
	if !ok {
		top, ok = p.store.before(p.top)
	}
	if !ok || top != p.top {
		p.above = 0
	}
	p.top = top
	p.above = min(p.above, p.rowCount(top)-1)
	if top, above := p.bottom(); p.isAt(top, above) {
		p.follow, p.top, p.above = true, top, above
	}
}

// isAt reports whether the pane is at a place or below it.
func (p *logPane) isAt(top uint64, above int) bool {
	return p.top > top || p.top == top && p.above >= above
}

// rowCount is how many rows line n takes, at least 1.
func (p *logPane) rowCount(n uint64) int {
	if !p.wrap || n < p.store.first || n >= p.store.first+uint64(len(p.store.lines)) {
		return 1
	}
	return len(p.rowsOf(n))
}

// bottom is the place from which the newest line is just in the pane.
func (p *logPane) bottom() (top uint64, above int) {
	rest := max(1, p.height)
	n, ok := p.store.before(^uint64(0))
	if !ok {
		return p.store.first, 0
	}
	for {
		rest -= p.rowCount(n)
		if rest <= 0 {
			return n, -rest
		}
		before, ok := p.store.before(n)
		if !ok {
			return n, 0
		}
		n = before
	}
}

// rows returns what is in the pane.
func (p *logPane) rows() []string {
	rows := make([]string, 0, p.height)
	n, ok := p.store.from(p.top)
	for above := p.above; ok && len(rows) < p.height; n, ok = p.store.from(n + 1) {
		rows = append(rows, p.rowsOf(n)[above:]...)
		above = 0
	}
	return rows[:min(len(rows), p.height)]
}

// rowsOf renders line n.
func (p *logPane) rowsOf(n uint64) []string {
	l := p.store.at(n)
	mark, clock, indent := "", "", 0
	if p.found && n == p.hit {
		mark, indent = cyan.Styled("▶"), 1
	}
	if p.clock && l.time != "" {
		clock, indent = dim.Styled(l.time+" "), indent+len(l.time)+1
	}
	text, width := l.text, max(1, p.width-indent)
	ranges := p.store.search.ranges(l.plain)
	text = highlight(text, ranges)
	switch {
	case p.wrap:
		rows := separate(strings.Split(p.method.Hardwrap(text, width, true), "\n"))
		for i := range rows {
			if i > 0 {
				mark, clock = "", strings.Repeat(" ", indent)
			}
			rows[i] = mark + clock + rows[i]
		}
		return rows
	case l.ascii && len(ranges) == 0:
		return []string{mark + clock + cutASCII(text, p.left, width)}
	case p.left > 0:
		text = p.method.TruncateLeft(text, p.left, "")
	}
	return []string{mark + clock + p.method.Truncate(text, width, "…")}
}

// cutASCII returns the columns of text from left on, at most width.
func cutASCII(text string, left, width int) string {
	text = text[min(left, len(text)):]
	if len(text) > width {
		return text[:width-1] + "…"
	}
	return text
}

// scroll moves the pane by rows, down if that is positive.
func (p *logPane) scroll(rows int) {
	for ; rows < 0; rows++ {
		if p.above > 0 {
			p.above--
		} else if n, ok := p.store.before(p.top); ok {
			p.top, p.above = n, p.rowCount(n)-1
		} else {
			break
		}
		p.follow = false
	}
	top, above := p.bottom()
	for ; rows > 0 && !p.isAt(top, above); rows-- {
		if p.above < p.rowCount(p.top)-1 {
			p.above++
		} else if n, ok := p.store.from(p.top + 1); ok {
			p.top, p.above = n, 0
		}
	}
	p.settle()
}

func (p *logPane) shift(columns int) { p.left = max(0, p.left+columns) }

func (p *logPane) home() {
	p.follow, p.top, p.above, p.left = false, 0, 0, 0
	p.settle()
}

func (p *logPane) end() {
	p.follow, p.left = true, 0
	p.settle()
}

// seek goes to the first match of the search below the one it is at or, with
// back, to the last one above. It starts at the top of the pane, backwards at
// its bottom. It reports whether there is one.
func (p *logPane) seek(back bool) bool {
	var n uint64
	var ok bool
	switch {
	case back && p.found:
		n, ok = p.store.search.before(p.hit)
	case back:
		n, ok = p.store.search.before(^uint64(0))
	case p.found:
		n, ok = p.store.search.from(p.hit + 1)
	default:
		n, ok = p.store.search.from(p.top)
	}
	if ok {
		p.jump(n)
	}
	return ok
}

// find goes to the match that is nearest to what is in the pane: the newest up
// to its end, else the one after that.
func (p *logPane) find() bool {
	p.found = false
	end, _ := p.store.from(p.top)
	for range p.height {
		next, ok := p.store.from(end + 1)
		if !ok {
			break
		}
		end = next
	}
	n, ok := p.store.search.before(end + 1)
	if !ok {
		n, ok = p.store.search.from(end + 1)
	}
	if ok {
		p.jump(n)
	} else {
		p.settle() // a mark that is gone took a column
	}
	return ok
}

// jump goes to match n and shows it, in the middle if it was not in the pane.
func (p *logPane) jump(n uint64) {
	p.hit, p.found = n, true
	p.above = min(p.above, p.rowCount(p.top)-1) // its mark takes a column of a line
	if at, ok := p.store.from(p.top); ok && n >= at {
		for range p.height {
			if at == n {
				p.follow = false
				return
			}
			if at, ok = p.store.from(at + 1); !ok {
				break
			}
		}
	}
	p.follow, p.top, p.above = false, n, 0
	p.scroll(-p.height / 2)
}
