package tui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// prompt is a line that is being typed at the foot of the screen.
type prompt struct {
	kind   string // input, search or filter
	before string // what was in force when it began
	text   textinput.Model
}

func (m *model) begin(kind, text string) {
	t := textinput.New()
	t.Prompt = kind + "> "
	t.SetVirtualCursor(false)
	t.SetValue(text)
	t.Focus()
	m.prompt = &prompt{kind, text, t}
	m.prompt.resize(m.width)
}

// resize leaves a column for the cursor.
func (p *prompt) resize(width int) {
	p.text.SetWidth(max(1, width-len(p.text.Prompt)-1))
}

// edit applies a key or a paste to the prompt. What is typed as a filter or a
// search is in force at once.
func (m *model) edit(msg tea.Msg) {
	if m.prompt == nil {
		return
	}
	p := m.prompt
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case keyName(k) == "enter":
			m.prompt = nil
			m.enter(p)
			return
		case keyName(k) == "esc":
			m.prompt = nil
			m.set(p.kind, p.before)
			return
		case keyName(k) == "ctrl+d" && p.kind == "input" && p.text.Value() == "":
			m.prompt = nil
			m.send(inputLine{eof: true})
			return
		}
	}
	old := p.text.Value()
	p.text, _ = p.text.Update(msg) // the cursor is the terminal's: there is nothing to blink
	if text := p.text.Value(); text != old {
		m.set(p.kind, text)
	}
}

// set puts a filter or a search in force.
func (m *model) set(kind, text string) {
	switch kind {
	case "filter":
		m.log.selects(text, m.log.searchText)
	case "search":
		m.log.selects(m.log.filterText, text)
	}
}

// enter ends a prompt.
func (m *model) enter(p *prompt) {
	text := p.text.Value()
	switch {
	case p.kind == "input":
		m.send(inputLine{text: text + "\n"})
	case p.kind == "search" && text != "" && !m.log.find():
		m.notice = text + " is not in the log"
	}
}

// send gives the app a line.
func (m *model) send(l inputLine) {
	select {
	case m.lines <- l:
	default:
		m.notice = "input: the daemon does not take the lines as fast as they come"
	}
}
