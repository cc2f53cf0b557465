package console

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// mode is a console's input mode as it was found, to be put back.
type mode struct {
	handle windows.Handle
	saved  uint32
}

// newMode remembers the mode of the console f.
func newMode(f *os.File) (*mode, error) {
	m := &mode{handle: windows.Handle(f.Fd())}
	if err := windows.GetConsoleMode(m.handle, &m.saved); err != nil {
		return nil, fmt.Errorf("reading the console's mode: %w", err)
	}
	return m, nil
}

// keys makes keys come one by one and without echo; Ctrl-C stays an interrupt.
func (m *mode) keys() error {
	return m.set(m.saved &^ (windows.ENABLE_LINE_INPUT | windows.ENABLE_ECHO_INPUT))
}

// restore puts the mode back that newMode found.
func (m *mode) restore() error { return m.set(m.saved) }

func (m *mode) set(mode uint32) error {
	if err := windows.SetConsoleMode(m.handle, mode); err != nil {
		return fmt.Errorf("setting the console's mode: %w", err)
	}
	return nil
}

// Foreground reports whether f is a console: Windows has no background jobs.
func Foreground(f *os.File) bool { return IsTerminal(f) }
