// Command host is the host of the tests: built without the race detector, which
// Delve's way to stop an app does not pass.
package main

import (
	"os"

	"github.com/hotdev/hotdev/debug"
)

func main() {
	if handled, code := debug.Helper(os.Args[1:]); handled {
		os.Exit(code)
	}
	os.Exit(2)
}
