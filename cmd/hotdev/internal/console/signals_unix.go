//go:build unix

package console

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// watchTerminal delivers the terminal's changes of size and the wish to be
// suspended (Ctrl-Z) until stop is called.
func watchTerminal() (resized, suspended <-chan os.Signal, stop func()) {
	r, s := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(r, unix.SIGWINCH)
	signal.Notify(s, unix.SIGTSTP)
	return r, s, func() { signal.Stop(r); signal.Stop(s) }
}

// Suspend stops this process as Ctrl-Z would have, and returns once it goes on.
// It waits for that, as the thread that sends the signal may run on for a while
// before the process stops.
func Suspend() error {
	on := make(chan os.Signal, 1)
	signal.Notify(on, unix.SIGCONT)
	defer signal.Stop(on)
	if err := unix.Kill(unix.Getpid(), unix.SIGSTOP); err != nil {
		return err
	}
	<-on
	return nil
}
