package tui

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"
)

// listPane shows rows that do not wait for anything: it can be scrolled both
// ways.
type listPane struct {
	title         string
	count         int // of what is listed
	method        ansi.Method
	width, height int
	lines         []string // styled, without tabs
	top, left     int
}

func (p *listPane) name() string { return fmt.Sprintf("%s %d", p.title, p.count) }

func (p *listPane) note() string { return "" }

func (p *listPane) resize(m ansi.Method, width, height int) {
	p.method, p.width, p.height = m, width, height
	p.scroll(0)
}

// show replaces the rows, which list count things.
func (p *listPane) show(count int, lines []string) {
	p.count, p.lines = count, lines
	p.scroll(0)
}

func (p *listPane) rows() []string {
	rows := make([]string, 0, p.height)
	for _, l := range p.lines[p.top:min(len(p.lines), p.top+p.height)] {
		if p.left > 0 {
			l = p.method.TruncateLeft(l, p.left, "")
		}
		rows = append(rows, p.method.Truncate(l, p.width, "…"))
	}
	return rows
}

func (p *listPane) scroll(rows int) {
	p.top = max(0, min(p.top+rows, len(p.lines)-p.height))
}

func (p *listPane) shift(columns int) { p.left = max(0, p.left+columns) }

func (p *listPane) home() { p.top, p.left = 0, 0 }

func (p *listPane) end() { p.scroll(len(p.lines)) }
