//go:build !(linux && (386 || amd64 || arm64 || ppc64le))

package debug

import "runtime"

// unsupported says why there is no debugger on this system.
const unsupported = "hotdev debugs on Linux (amd64, arm64, 386, ppc64le) only, not on " + runtime.GOOS + "/" + runtime.GOARCH +
	": run hotdev in a Linux container or machine, or debug with dlv itself"

// Helper runs this package's hidden command if args (without the program's
// name) ask for it, and returns the exit code. There is none on this system.
func Helper([]string) (handled bool, code int) { return false, 0 }
