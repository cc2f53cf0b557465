package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// help lists the keys; %s is what q does.
const help = `r  reload: build and restart now
s  stop the app, or start it
o  open the app in the browser
i  type a line for the app's standard input (Esc cancels, Ctrl-D ends the input)
c  clear the log              Enter  a gap in the log
q  %s

1 … 5, Tab, click   choose a pane          z  one pane fills the screen, or all
↑ ↓ PgUp PgDn, wheel   scroll              ← →  sideways
g, Home   to the top                       G, F, End  to the end, and follow
/  search the log (n next, N previous)     w  wrap long lines, or cut them
f  filter the log: words that a line has   t  show the time of each line
   -word  that it has not                  m  leave the mouse to the terminal,
   stream:stderr  level:warn                  for selecting text
Esc  leave the search, then the filter     Ctrl-L  draw the screen anew

Shift with the mouse selects text in most terminals without m.`

// keyName is what a key is called here. Enter is a line feed if it was typed
// before the terminal was the program's.
func keyName(k tea.KeyPressMsg) string {
	if name := k.String(); name != "ctrl+j" {
		return name
	}
	return "enter"
}

// key carries out a key.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	m.notice = ""
	name := keyName(k)
	switch {
	case name == "ctrl+c":
		return tea.Quit
	case name == "ctrl+z":
		m.release() // the shell has the terminal next
		m.release = func() {}
		return m.suspend()
	case name == "ctrl+l":
		return tea.ClearScreen
	case m.prompt != nil:
		m.edit(k)
		return nil
	case m.help:
		m.help = false
		if name == "q" {
			return tea.Quit
		}
		return nil
	}
	if name == "q" {
		return tea.Quit
	}
	if !m.command(name) && !m.move(name) {
		m.look(name)
	}
	return nil
}

// command carries out the keys that act on the app, which the plain console has
// too.
func (m *model) command(name string) bool {
	switch name {
	case "r":
		m.run("reload", m.opt.App.Reload)
	case "s":
		if m.opt.Starts(m.state) {
			m.run("start", m.opt.App.Start)
		} else {
			m.run("stop", m.opt.App.Stop)
		}
	case "o":
		st := m.state
		m.run("open", func(context.Context) error { return m.opt.Open(st) })
	case "i":
		m.begin("input", "")
	case "c":
		m.log.clear()
	case "enter":
		m.log.add(newLine(""))
	case "?", "h":
		m.help = true
	default:
		return false
	}
	return true
}

// move carries out the keys that scroll the pane that has the focus.
func (m *model) move(name string) bool {
	p := m.panes[m.focus]
	page := 1
	for _, s := range m.layout.places {
		if s.pane == m.focus {
			page = max(1, s.height-1)
		}
	}
	switch name {
	case "up", "k":
		p.scroll(-1)
	case "down", "j":
		p.scroll(1)
	case "pgup", "ctrl+b":
		p.scroll(-page)
	case "pgdown", "space", "ctrl+f":
		p.scroll(page)
	case "home", "g":
		p.home()
	case "end", "G", "F":
		p.end()
	case "left":
		p.shift(-8)
	case "right":
		p.shift(8)
	default:
		return false
	}
	return true
}

// look carries out the keys that change what is shown.
func (m *model) look(name string) {
	switch name {
	case "1", "2", "3", "4", "5":
		m.choose(int(name[0] - '1'))
	case "tab":
		m.choose((m.focus + 1) % len(m.panes))
	case "shift+tab":
		m.choose((m.focus + len(m.panes) - 1) % len(m.panes))
	case "z":
		m.zoom = !m.zoom
		m.arrange()
	case "m":
		m.mouse = !m.mouse
		m.notice = map[bool]string{true: "the mouse scrolls and chooses panes", false: "the mouse is the terminal's: m takes it back"}[m.mouse]
	case "w":
		m.log.wrap = !m.log.wrap
		m.log.left, m.log.above = 0, 0
		m.log.settle()
	case "t":
		m.log.clock = !m.log.clock
		m.log.settle()
	case "/":
		m.choose(0)
		m.begin("search", m.log.searchText)
	case "f":
		m.choose(0)
		m.begin("filter", m.log.filterText)
	case "n", "N":
		m.seek(name == "N")
	case "esc":
		m.leave()
	}
}

// choose gives pane i the focus.
func (m *model) choose(i int) {
	m.focus = i
	m.arrange()
}

func (m *model) seek(back bool) {
	switch {
	case m.log.searchText == "":
		m.notice = "nothing is searched for: / begins a search"
	case !m.log.seek(back):
		m.notice = fmt.Sprintf("%s is not in the log %s", m.log.searchText, map[bool]string{true: "above", false: "below"}[back])
	}
}

// leave ends the search, else the filter.
func (m *model) leave() {
	if m.log.searchText != "" {
		m.log.selects(m.log.filterText, "")
	} else {
		m.log.selects("", "")
	}
}

// run runs a command beside the loop; only its failure is said, its success
// shows in the state.
func (m *model) run(name string, command func(context.Context) error) {
	m.do(func(ctx context.Context) tea.Msg {
		if err := command(ctx); err != nil {
			return failure{name, err}
		}
		return nil
	})
}

// wheelRows is how far one notch of the mouse wheel scrolls.
const wheelRows = 3

// point carries out the mouse: the wheel scrolls the pane below it, a click
// chooses one.
func (m *model) point(msg tea.MouseMsg) {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseClickMsg:
		m.notice, m.help = "", false
		for _, tab := range m.layout.tabs {
			if tab.has(at.X, at.Y) {
				m.choose(tab.pane)
				return
			}
		}
		for _, s := range m.layout.places {
			s.y, s.height = s.y-1, s.height+1 // with the title
			if s.has(at.X, at.Y) {
				m.choose(s.pane)
				return
			}
		}
	case tea.MouseWheelMsg:
		rows := map[tea.MouseButton]int{tea.MouseWheelUp: -wheelRows, tea.MouseWheelDown: wheelRows}[at.Button]
		for _, s := range m.layout.places {
			if s.has(at.X, at.Y) {
				m.panes[s.pane].scroll(rows)
			}
		}
	}
}

// helpRows are the rows of the help.
func (m *model) helpRows() []string {
	return strings.Split(fmt.Sprintf(help, m.opt.Quit), "\n")
}
