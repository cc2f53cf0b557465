package debug

import (
	"encoding/json"
	"fmt"
	"io"
)

// message is what daemon and host tell each other on the control connection:
// one JSON object a line. Lines of the host that are none are for the log: its
// standard error goes there, too.
type message struct {
	Say    word   `json:"say"`
	PID    int    `json:"pid,omitempty"`    // of the app, for attached, kept and attach; 0 for attach: the host's child
	Info   string `json:"info,omitempty"`   // for attach: directory of debug information; "": the program has it
	Reason string `json:"reason,omitempty"` // for refused and stuck
	Used   int64  `json:"used,omitempty"`   // for attached: bytes that Delve has allocated to get there
}

// word is what a message is about.
type word string

const (
	// To the host.
	sayAttach word = "attach" // take hold of the app
	sayDetach word = "detach"

	// From the host.
	sayBegins   word = "begins"   // it was told to attach, and is about to: before that, its end does the app no harm
	sayKept     word = "kept"     // the app runs as the host's child, without Delve
	sayAttached word = "attached" // Delve holds the app; the connection for its DAP session has been made
	sayRefused  word = "refused"  // Delve can't get hold of the app
	sayDetached word = "detached" // Delve has let go of the app, asked or because the DAP session ended
	sayStuck    word = "stuck"    // Delve can't let go of the app: it is lost
	sayEnded    word = "ended"    // the app has ended
)

// send writes m as a line.
func send(w io.Writer, m message) error {
	line, err := json.Marshal(m)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("saying %q: %w", m.Say, err)
	}
	return nil
}

// parse reads a line; ok is false for one that is no message.
func parse(line []byte) (m message, ok bool) {
	err := json.Unmarshal(line, &m)
	return m, err == nil && m.Say != ""
}

// hostArg makes this program a host: see Helper. What follows are the path of
// the daemon's socket, and a mode with its arguments.
const hostArg = "hotdev-debug-host"

// The modes of a host.
const (
	modeLaunch = "launch" // start a program under Delve: directory of debug information, program, arguments…
	modeKeep   = "keep"   // start it without, to attach to it some day: program, arguments…
	modeWait   = "wait"   // wait until it is told what to attach to: bytes of memory to have ready by then
)
