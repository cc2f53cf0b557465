// Hotdev develops a Go web app beside its editor: every save becomes
// diagnostics or a new running version. This package holds the commands, one
// file each; all but the daemon itself (daemon.go) are clients of the public
// protocol.
package main

import (
	"context"
	"os"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/cmd/hotdev/internal/doctor"
	"github.com/hotdev/hotdev/debug"
	"github.com/hotdev/hotdev/session/run"
)

func main() {
	for _, helper := range []func([]string) (bool, int){run.Helper, debug.Helper, console.Helper, doctor.Helper} {
		if handled, code := helper(os.Args[1:]); handled {
			os.Exit(code)
		}
	}
	c := &cli{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}
	os.Exit(c.execute(context.Background(), os.Args[1:]))
}
