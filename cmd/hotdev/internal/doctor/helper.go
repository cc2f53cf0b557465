package doctor

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

// helperArg is the first argument of the hidden commands.
const helperArg = "doctor-helper"

// Helper runs one of this package's hidden commands if args (without the
// program's name) ask for it, and returns the exit code. They are the processes
// that the checks try something with: one that listens on an address, one that
// waits, and one that attaches to another. The first two end with their
// standard input.
func Helper(args []string) (handled bool, code int) {
	if len(args) < 2 || args[0] != helperArg {
		return false, 0
	}
	if err := help(args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return true, 1
	}
	return true, 0
}

func help(args []string) error {
	switch {
	case args[0] == "listen" && len(args) == 2:
		ln, err := net.Listen("tcp", args[1])
		if err != nil {
			return err
		}
		defer ln.Close()
	case args[0] == "wait":
	case args[0] == "attach" && len(args) == 2:
		pid, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return attach(pid)
	default:
		return fmt.Errorf("no hidden command %q", args)
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
