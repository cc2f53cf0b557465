package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

// Exit codes, which scripts rely on.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitNoDaemon = 3
)

// usageError is an error in how hotdev was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// errReported ends a command that failed and has said so itself.
var errReported = errors.New("failed")

// exitCode reports err, if there is one that is not yet reported, and returns
// the exit code for it.
func (c *cli) exitCode(cmd *cobra.Command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		c.printf("hotdev: %v\nTry '%s --help'.\n", err, cmd.CommandPath())
		return exitUsage
	case errors.Is(err, client.ErrNoDaemon):
		c.printf("hotdev: %v: start one with 'hotdev run'\n", err)
		return exitNoDaemon
	default:
		c.printf("hotdev: %v\n", err)
		return exitFailed
	}
}
