//go:build unix

package console

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mode is a terminal's input mode as it was found, to be put back.
type mode struct {
	fd    int
	saved unix.Termios
}

// newMode remembers the mode of the terminal f.
func newMode(f *os.File) (*mode, error) {
	fd := int(f.Fd())
	t, err := unix.IoctlGetTermios(fd, ioctlGetTermios)
	if err != nil {
		return nil, fmt.Errorf("reading the terminal's mode: %w", err)
	}
	return &mode{fd, *t}, nil
}

// keys makes keys come one by one and without echo (termios(3): no ICANON, no
// ECHO). Ctrl-C, Ctrl-Z and line ends on output stay the terminal's business,
// so that a stuck hotdev can still be interrupted.
func (m *mode) keys() error {
	t := m.saved
	t.Lflag &^= unix.ICANON | unix.ECHO
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return m.set(&t)
}

// restore puts the mode back that newMode found.
func (m *mode) restore() error { return m.set(&m.saved) }

func (m *mode) set(t *unix.Termios) error {
	if err := unix.IoctlSetTermios(m.fd, ioctlSetTermios, t); err != nil {
		return fmt.Errorf("setting the terminal's mode: %w", err)
	}
	return nil
}

// Foreground reports whether f is a terminal whose foreground process group is
// this process's: in the background reading keys would stop the process
// (termios(3), SIGTTIN).
func Foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
