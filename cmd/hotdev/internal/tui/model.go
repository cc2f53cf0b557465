package tui

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// pane is one part of the screen.
type pane interface {
	name() string // with the number of what it lists
	note() string // what there is to say of it; ""
	resize(m ansi.Method, width, height int)
	rows() []string  // at most height, each at most width columns
	scroll(rows int) // down if positive
	shift(columns int)
	home()
	end()
}

// model is all that the screen shows (tea.Model). It belongs to bubbletea's
// loop.
type model struct {
	opt     Options
	do      func(task func(context.Context) tea.Msg) // runs task beside the loop, which gets its message
	lines   chan inputLine                           // for the app
	release func()                                   // ends the guard

	method        ansi.Method // how wide the terminal takes characters to be
	width, height int         // 0 until known
	layout        layout
	mouse         bool
	help          bool
	zoom          bool    // one pane fills the screen
	focus         int     // index of panes
	prompt        *prompt // not nil: keys make a line
	notice        string  // shown until the next key
	err           error   // why the feed ended

	state protocol.Status
	known bool     // state was told
	built []string // output of the build that runs

	log                                    *logPane
	problems, routes, history, breakpoints *listPane
	panes                                  []pane // by key

	// What the lists show, to show it again in another width.
	diagnostics []protocol.Diagnostic
	reloads     []protocol.Reload
	routeTable  []protocol.Route
	stops       []protocol.Breakpoint
	stopsTold   bool // stops came by themselves since facts were asked for

	facts, table refresh
}

// refresh is a request whose answer a pane shows: one at a time, and another
// one after it if something has changed meanwhile.
type refresh struct{ asked, again bool }

func newModel(o Options) *model {
	m := &model{
		opt: o, lines: make(chan inputLine, 64), release: func() {}, mouse: true,
		log:         newLogPane(),
		problems:    &listPane{title: "Errors"},
		routes:      &listPane{title: "Routes"},
		history:     &listPane{title: "History"},
		breakpoints: &listPane{title: "Breakpoints"},
	}
	m.panes = []pane{m.log, m.problems, m.routes, m.history, m.breakpoints}
	return m
}

func (m *model) Init() tea.Cmd { return nil }

// failure is a command that did not work.
type failure struct {
	command string
	err     error
}

// facts is the answer to what changes with the state.
type facts struct {
	diagnostics []protocol.Diagnostic
	reloads     []protocol.Reload
	stops       []protocol.Breakpoint
}

// Update takes a message of the terminal, the feed or a task.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		cmd = m.resize(msg.Width, msg.Height)
	case tea.ModeReportMsg:
		// The renderer measures by graphemes from now on, by the same rule.
		if msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet) {
			m.method = ansi.GraphemeWidth
			m.arrange()
		}
	case tea.KeyPressMsg:
		cmd = m.key(msg)
	case tea.PasteMsg:
		m.edit(msg)
	case tea.MouseMsg:
		m.point(msg)
	case resumed:
		if err := errors.Join(msg.err, m.guard()); err != nil {
			m.notice = "suspend: " + err.Error()
		}
	case feed.Update:
		cmd = m.take(msg)
	case facts:
		m.diagnostics, m.reloads = msg.diagnostics, msg.reloads
		if !m.stopsTold {
			m.stops = msg.stops
		}
		m.fill()
		m.answered(&m.facts, m.askFacts)
	case protocol.RoutesResult:
		m.routeTable = msg.Routes
		m.routes.show(len(m.routeTable), routeLines(m.format(), m.method, m.routeTable))
		m.answered(&m.table, m.askRoutes)
	case failure:
		m.notice = fmt.Sprintf("%s: %v", msg.command, msg.err)
	}
	return m, cmd
}

// resize takes the terminal's size. Where it has changed, all is drawn anew: a
// frame for the old size that was under way may have come after the change, and
// have left the scrolling region (DECSTBM) at the old height.
func (m *model) resize(width, height int) tea.Cmd {
	first := m.width == 0
	m.width, m.height = width, height
	m.arrange()
	if m.prompt != nil {
		m.prompt.resize(width)
	}
	if first {
		return nil
	}
	return tea.Sequence(tea.Raw(resetMargins), tea.ClearScreen)
}

// resetMargins makes the whole screen the scrolling region.
const resetMargins = "\x1b[r"

// guard has the terminal put back if this process dies.
func (m *model) guard() error {
	release, err := m.opt.Guard()
	if err == nil {
		m.release = release
	}
	return err
}

// arrange gives every pane its place.
func (m *model) arrange() {
	m.layout = m.arrangement()
	for _, p := range m.layout.places {
		m.panes[p.pane].resize(m.method, p.width, p.height)
	}
	m.fill()
}

// format renders for the lists.
func (m *model) format() Format { return m.opt.Format(m.problems.width) }

// fill renders what the lists show.
func (m *model) fill() {
	f := m.format()
	m.problems.show(len(m.diagnostics), errorLines(f, m.diagnostics))
	m.history.show(len(m.reloads), historyLines(f, m.reloads))
	m.routes.show(len(m.routeTable), routeLines(f, m.method, m.routeTable))
	m.breakpoints.show(len(m.stops), breakpointLines(f, m.method, m.stops))
}

// maxBuilt bounds the lines of a build's output that are kept for its failure.
const maxBuilt = 200

// take takes over what the feed brought.
func (m *model) take(u feed.Update) tea.Cmd {
	f := m.opt.Format(m.log.width)
	var lines []line
	for _, it := range u.Items {
		if it.Missed > 0 {
			lines = append(lines, newLine(dim.Styled(fmt.Sprintf("hotdev: %d lines left out: they came faster than they could be shown", it.Missed))))
		}
		switch {
		case it.Diagnostic != nil: // the errors have a pane
		case it.Reload != nil:
			lines = append(lines, m.reloaded(f, *it.Reload)...)
			m.ask(&m.facts, m.askFacts)
		case it.Log.Stream == "build":
			m.built = append(m.built[max(0, len(m.built)-maxBuilt+1):], f.Log(it.Log))
		default:
			lines = append(lines, logLine(f, it.Log))
		}
	}
	m.log.add(lines...)
	if u.Breakpoints != nil {
		m.stops, m.stopsTold = u.Breakpoints.Breakpoints, true
		m.breakpoints.show(len(m.stops), breakpointLines(m.format(), m.method, m.stops))
	}
	if u.Status != nil {
		m.changed(*u.Status)
	}
	if u.Ended {
		m.err = u.Err
		return tea.Quit
	}
	return nil
}

// logLine renders a log entry.
func logLine(f Format, e protocol.LogEntry) line {
	text, more := shorten(e.Text)
	if e.Text = text; more {
		e.Text += "…"
	}
	l := newLine(f.Log(e))
	l.time, l.stream, l.level = f.Clock(e.Time), e.Stream, e.Level
	return l
}

// reloaded tells of a reload in the log. What the build printed is shown when
// it holds the only explanation of a failure; its errors are diagnostics
// otherwise.
func (m *model) reloaded(f Format, r protocol.Reload) []line {
	built := m.built
	m.built = nil
	if r.Outcome == protocol.OutcomeSuperseded {
		return nil
	}
	if r.Outcome != protocol.OutcomeBuildFailed || len(r.Diagnostics) > 0 {
		built = nil
	}
	var lines []line
	for _, text := range append(slices.Clip(built), reloadLine(f, r)) {
		l := newLine(text)
		l.time, l.stream = f.Clock(r.Time), "hotdev"
		lines = append(lines, l)
	}
	return lines
}

// changed takes the new state, and asks for what may have changed with it.
func (m *model) changed(st protocol.Status) {
	old, first := m.state, !m.known
	m.state, m.known = st, true
	if first || !same(old, st) {
		m.ask(&m.facts, m.askFacts)
	}
	m.ask(&m.table, m.askRoutes)
}

// same reports whether two states differ in numbers of requests only.
func same(a, b protocol.Status) bool {
	return a.State == b.State && a.Message == b.Message && a.Rev == b.Rev && a.Diagnostics == b.Diagnostics &&
		(a.Running == nil) == (b.Running == nil) && reflect.DeepEqual(a.LastBuild, b.LastBuild)
}

// ask makes a request, or has it made again after the one that is under way.
func (m *model) ask(r *refresh, request func()) {
	if r.asked {
		r.again = true
		return
	}
	r.asked = true
	request()
}

func (m *model) answered(r *refresh, request func()) {
	again := r.again
	*r = refresh{}
	if again {
		m.ask(r, request)
	}
}

// askFacts asks for what the panes show beside routes. A failure is the
// connection's, whose end the feed tells.
func (m *model) askFacts() {
	m.stopsTold = false
	m.do(func(ctx context.Context) tea.Msg {
		var f facts
		f.diagnostics, _ = m.opt.App.Diagnostics(ctx)
		f.reloads, _ = m.opt.App.History(ctx)
		f.stops, _ = m.opt.App.Breakpoints(ctx)
		return f
	})
}

// askRoutes asks for the routes and their numbers, which come once a second at
// most.
func (m *model) askRoutes() {
	m.do(func(ctx context.Context) tea.Msg {
		table, _ := m.opt.App.Routes(ctx) // as askFacts
		return table
	})
}
