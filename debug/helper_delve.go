//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

// unsupported says why there is no debugger on this system: there is one.
const unsupported = ""

// Helper runs this package's hidden command, the host, if args (without the
// program's name) ask for it, and returns the exit code. The main function of
// Options.Exe calls it before it does anything else.
func Helper(args []string) (handled bool, code int) {
	if len(args) < 4 || args[0] != hostArg {
		return false, 0
	}
	return true, runHost(args[1], args[2], args[3:])
}
