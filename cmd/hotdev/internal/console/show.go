package console

import (
	"cmp"
	"fmt"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/feed"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// maxBuilt bounds the lines of a build's output that are kept for its failure.
const maxBuilt = 200

// show prints what has come in and takes over the state. done reports that the
// feed has ended, and err why.
func (c *Console) show(u feed.Update) (done bool, err error) {
	var lines []string
	for _, it := range u.Items {
		if it.Missed > 0 {
			lines = append(lines, c.note(fmt.Sprintf("%s not shown: this terminal was too slow", count(int(it.Missed), "line"))))
		}
		switch {
		case it.Reload != nil:
			lines = append(lines, c.reload(*it.Reload)...)
		case it.Diagnostic != nil:
			lines = append(lines, c.opt.Format.Diagnostic(*it.Diagnostic))
		case it.Log.Stream == "build":
			c.built = append(c.built[max(0, len(c.built)-maxBuilt+1):], c.opt.Format.Log(it.Log))
		case it.Log.Stream == "stdout" && c.opt.AppOut != nil:
			c.check(writeLines(c.opt.AppOut, []string{it.Log.Text}))
		default:
			lines = append(lines, c.opt.Format.Log(it.Log))
		}
	}
	if u.Status != nil {
		lines = append(lines, c.take(*u.Status)...)
	}
	if len(lines) > 0 {
		c.print(lines...)
	}
	return u.Ended, u.Err
}

// reload tells of a reload. What the build printed is shown when it holds
// the only explanation of a failure; its errors are diagnostics otherwise.
func (c *Console) reload(r protocol.Reload) []string {
	built := c.built
	c.built = nil
	if r.Outcome == protocol.OutcomeSuperseded {
		return nil
	}
	var lines []string
	if r.Outcome == protocol.OutcomeBuildFailed && len(r.Diagnostics) == 0 {
		lines = built
	}
	return append(lines, c.opt.Format.Reload(r))
}

// take makes st the state and returns what is to be said of the change.
func (c *Console) take(st protocol.Status) []string {
	old, first := c.state, !c.known
	c.state, c.known = st, true
	var lines []string
	if first || st.App != old.App && st.App != "" {
		lines = append(lines, c.greeting(st)...)
	}
	if first || st.State != old.State {
		switch {
		case st.State == protocol.StateCrashed, st.State == protocol.StateStopped,
			st.State == protocol.StateIdle && st.App != "", // else it has just begun
			st.State == protocol.StateBuilding && c.screen == nil:
			lines = append(lines, c.opt.Format.Status(st))
		}
	}
	if st.State == protocol.StatePaused && c.screen == nil && (first || old.State != st.State || old.Message != st.Message) {
		lines = append(lines, c.opt.Format.Status(st))
	}
	if u := AppURL(st); st.Running != nil && u != "" && u != c.url {
		c.url = u
		lines = append(lines, c.note("the app answers at "+c.opt.Format.paint(bold, u)))
	}
	return lines
}

// greeting says what is developed and how to talk to hotdev.
func (c *Console) greeting(st protocol.Status) []string {
	if st.App == "" {
		return nil
	}
	profile := ""
	if st.Profile != "" {
		profile = ", profile " + st.Profile
	}
	lines := []string{
		c.note("developing " + c.opt.Format.paint(bold, st.App) + " in " + st.Workspace + profile),
		c.note("every save of a file that its build uses becomes the running version (hotdev why FILE explains)"),
	}
	if c.screen != nil {
		lines = append(lines, c.note("press ? for the keys"))
	}
	return lines
}

// say prints one line of hotdev's own.
func (c *Console) say(text string) { c.print(c.note(text)) }

func (c *Console) note(text string) string {
	return c.opt.Format.paint(dim, "hotdev: ") + text
}

// draw brings the status line up to date.
func (c *Console) draw() {
	width := cmp.Or(Columns(c.opt.Out), 80) // serial lines and some terminals in tests tell none
	c.opt.Format.Width = width
	c.check(c.screen.resize(width))
	c.check(c.screen.status(c.line()))
}

// line is what the status line shall be: the state, or the line that is typed.
func (c *Console) line() string {
	switch {
	case c.editor != nil:
		return c.opt.Format.paint(cyan, "input> ") + c.editor.tail(c.opt.Format.Width-len("input> ")-1)
	case !c.known:
		return c.opt.Format.paint(dim, "● connecting…")
	default:
		return c.opt.Format.Status(c.state) + c.opt.Format.paint(dim, " · ? help")
	}
}
