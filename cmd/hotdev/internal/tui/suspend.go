package tui

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// suspend gives the terminal back and stops this process. It is not
// tea.Suspend: the SIGTSTP of that is without effect on a process whose group
// is orphaned, as of ssh HOST hotdev, and it would wait for ever (POSIX 2.4.3).
func (m *model) suspend() tea.Cmd {
	return tea.Exec(suspension(m.opt.Suspend), func(err error) tea.Msg { return resumed{err} })
}

// resumed says that this process goes on, or could not be suspended.
type resumed struct{ err error }

// suspension is what is run while the terminal is not the program's
// (tea.ExecCommand). It uses no stream.
type suspension func() error

func (s suspension) Run() error { return s() }

func (suspension) SetStdin(io.Reader)  {}
func (suspension) SetStdout(io.Writer) {}
func (suspension) SetStderr(io.Writer) {}
