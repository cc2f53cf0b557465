package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// View draws the screen.
func (m *model) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if m.width <= 0 || m.height <= 0 {
		return v
	}
	rows := m.head()
	if m.layout.tiled {
		rows = append(rows, m.tiles()...)
	} else {
		rows = append(rows, m.tabs())
		rows = append(rows, m.body(m.layout.places[0])...)
	}
	if m.help {
		rows = append(rows[:headRows], m.column(m.helpRows(), m.width, m.height-headRows-1)...)
	}
	rows = append(rows, m.foot())
	rows = rows[:min(len(rows), m.height)] // on a terminal of a few rows the state stays
	v.Content = strings.Join(rows, "\n")
	if m.prompt != nil {
		if v.Cursor = m.prompt.text.Cursor(); v.Cursor != nil {
			v.Cursor.Y = m.height - 1
		}
	}
	return v
}

// head is the state.
func (m *model) head() []string {
	f := m.opt.Format(m.width)
	state := dim.Styled("● connecting…")
	if m.known {
		state = f.Status(m.state)
	}
	return []string{fit(m.method, state, m.width), dim.Styled(fit(m.method, details(f, m.state), m.width))}
}

// tabs is the row of panes to choose from, and what there is to say of the one
// that is shown.
func (m *model) tabs() string {
	var b strings.Builder
	for i := range m.panes {
		tab := m.tab(i)
		switch {
		case i == m.focus:
			tab = active.Styled(tab)
		case m.panes[i] == m.problems && m.problems.count > 0:
			tab = red.Styled(tab)
		}
		b.WriteString(tab)
	}
	tabs := b.String()
	if note := m.panes[m.focus].note(); note != "" {
		room := max(0, m.width-m.method.StringWidth(tabs)-1)
		note = m.method.Truncate(note, room, "…")
		tabs = fit(m.method, tabs, m.width-m.method.StringWidth(note)) + dim.Styled(note)
	}
	return fit(m.method, tabs, m.width)
}

// tiles are the panes beside and below each other.
func (m *model) tiles() []string {
	log := m.layout.places[0]
	left := append([]string{m.title(log)}, m.body(log)...)
	var right []string
	for _, s := range m.layout.places[1:] {
		right = append(append(right, m.title(s)), m.body(s)...)
	}
	for i := range left {
		left[i] += dim.Styled("│") + right[i]
	}
	return left
}

// title is the rule above a tiled pane.
func (m *model) title(s spot) string {
	p := m.panes[s.pane]
	rule, style := "─", dim
	if s.pane == m.focus {
		rule, style = "━", bold
	}
	text := rule + m.tab(s.pane)
	if note := p.note(); note != "" {
		text += " " + note + " "
	}
	text = m.method.Truncate(text, s.width, "…")
	text += strings.Repeat(rule, s.width-m.method.StringWidth(text))
	if p == m.problems && m.problems.count > 0 {
		return red.Styled(text)
	}
	return style.Styled(text)
}

// body is what is in a pane.
func (m *model) body(s spot) []string {
	return m.column(m.panes[s.pane].rows(), s.width, s.height)
}

// column makes rows of just that size.
func (m *model) column(rows []string, width, height int) []string {
	fitted := make([]string, max(0, height))
	for i := range fitted {
		row := ""
		if i < len(rows) {
			row = rows[i]
		}
		fitted[i] = fit(m.method, row, width)
	}
	return fitted
}

// foot is the line that is typed, else what there is to say, else the keys.
func (m *model) foot() string {
	switch {
	case m.prompt != nil:
		return fit(m.method, m.prompt.text.View(), m.width)
	case m.notice != "":
		return fit(m.method, yellow.Styled(m.opt.Format(m.width).Clean(m.notice)), m.width)
	case m.help:
		return fit(m.method, dim.Styled("any key leaves the help"), m.width)
	}
	if c := m.log.conditions(); c != "" {
		return fit(m.method, cyan.Styled(m.opt.Format(m.width).Clean(c))+dim.Styled(" · Esc leaves the search, then the filter"), m.width)
	}
	return fit(m.method, dim.Styled("? help  / search  f filter  r reload  s stop or start  o open  i input  q quit"), m.width)
}
