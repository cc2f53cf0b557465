// Package doctor finds out what on this machine keeps hotdev from doing its
// work, and says the mend for each. It only looks: it changes nothing but a
// file in hotdev's own cache, which it removes again, and starts processes that
// end with it.
package doctor

import (
	"context"
)

// Level says how much a finding matters.
type Level string

// The levels.
const (
	OK   Level = "ok"
	Warn Level = "warn" // something works worse than it could
	Fail Level = "fail" // hotdev can't do its work
)

// Finding is the result of one check.
type Finding struct {
	Check   string // short stable name, such as "go" or "inotify"
	Level   Level
	Message string // what was found
	Mend    string // what to do; "" when OK
}

// Options says what to look at.
type Options struct {
	Root      string   // workspace root, absolute; "" when there is none
	Environ   []string // the environment of the commands that are tried
	Eventless string   // file system of Root if that does not tell of changes made elsewhere
	Address   string   // configured public host:port; "" for none
	Serving   bool     // a daemon's own app may hold Address
	SocketDir string   // where daemons listen; "" without a workspace
	SocketErr error    // why SocketDir can't be used
	CacheDir  string   // where builds go
	Exe       string   // this program, whose main calls Helper first
	DoorOff   bool     // hotdev is configured to leave the app its ports
	Exclusive string   // why versions must not run at once; "" if they may
	InForce   string   // how the daemon of the workspace handles the app's ports, and why; "" without one
}

// Check makes every check and returns the findings, in a fixed order.
func Check(ctx context.Context, o Options) []Finding {
	var all []Finding
	all = append(all, toolchain(ctx, o)...)
	if o.Root != "" {
		all = append(all, events(o)...)
		all = append(all, mount(o))
	}
	all = append(all, port(o)...)
	all = append(all, ports(ctx, o))
	if o.SocketDir != "" || o.SocketErr != nil {
		all = append(all, sockets(o))
	}
	all = append(all, cache(o))
	return append(all, debugger(ctx, o)...)
}
