package tui

import "fmt"

// The screen, from top to bottom: headRows of state, one row of tabs unless the
// panes are tiled, the panes, one foot row. Tiled panes have a title row each;
// the log is at the left, the others below each other at the right.
const (
	headRows   = 2
	minColumns = 120 // from which on panes are tiled,
	minRows    = 30  // if there are that many rows
)

// shares are the parts of the height that the panes at the right get, in order.
var shares = []int{30, 30, 25, 15}

// layout is where everything is.
type layout struct {
	tiled  bool
	tabs   []spot
	places []spot // of the panes that are shown, without their titles
}

// spot is where a pane, or its tab, is on the screen.
type spot struct {
	pane                int
	x, y, width, height int
}

func (p spot) has(x, y int) bool {
	return x >= p.x && x < p.x+p.width && y >= p.y && y < p.y+p.height
}

// arrangement lays the screen out.
func (m *model) arrangement() layout {
	l := layout{tiled: !m.zoom && m.width >= minColumns && m.height >= minRows}
	body := max(0, m.height-headRows-1) // without head and foot
	if !l.tiled {
		x := 0
		for i := range m.panes {
			width := m.method.StringWidth(m.tab(i))
			l.tabs = append(l.tabs, spot{i, x, headRows, width, 1})
			x += width
		}
		l.places = []spot{{m.focus, 0, headRows + 1, m.width, max(0, body-1)}}
		return l
	}
	left := m.width * 3 / 5
	l.places = []spot{{0, 0, headRows + 1, left, body - 1}}
	y, rest, of := headRows, body, 100
	for i, share := range shares {
		height := rest * share / of
		rest, of = rest-height, of-share
		l.places = append(l.places, spot{i + 1, left + 1, y + 1, m.width - left - 1, height - 1})
		y += height
	}
	return l
}

// tab is the text of a pane's tab.
func (m *model) tab(i int) string {
	name := fmt.Sprintf("%d %s", i+1, m.panes[i].name())
	if i == m.focus {
		return "[" + name + "]"
	}
	return " " + name + " "
}
