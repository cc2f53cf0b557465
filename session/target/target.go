// Package target holds the leaf values that pass between building, running and
// debugging an app: what was built, how to start it, and what became of it.
// It knows nothing of the session, of Delve or of any protocol, so that the
// debug packages and the session can share it without knowing each other.
package target

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Binary is an executable that a build produced.
type Binary struct {
	Path       string // absolute path of the executable
	BuildID    string // hash of the executable's content, hex; equal IDs mean equal programs
	Rev        int    // the revision of the sources that it was built from
	Package    string // import path of its main package
	Debuggable bool   // built with -N -l
}

// Spec says how to start a Binary.
type Spec struct {
	Binary      Binary
	Args        []string  // without argv[0]
	Dir         string    // working directory, absolute
	Env         []string  // the whole environment, KEY=value
	Stdin       io.Reader // nil: the null device
	Stdout      io.Writer // must not block; nil: discarded
	Stderr      io.Writer // must not block; nil: discarded
	Ready       Readiness
	StopTimeout time.Duration // from SIGTERM to SIGKILL
	Ports       *Ports        // who takes over the ports that the app asks for; nil: the app has them
	Debug       *Debug        // how the app may be debugged; nil: not at all
	Held        bool          // stop before the first instruction, until SIGCONT: for a debugger, where there is one
}

// Debug says how an app may be debugged. A Runner that knows no debugger pays
// no attention to it.
type Debug struct {
	Always bool // start under the debugger even if nobody has asked for it
	// Source returns the text of a source file as the binary was built from it.
	// It may be called by any goroutine, also after the app has ended.
	Source func(file string) ([]byte, error)
	// Info makes sure that there is debug information for the binary, which may
	// take as long as a link: in the directory dir, as .build-id/NN/NNNN.debug, or
	// in the binary itself if dir is "". nil: it is there. It may be called by any
	// goroutine as long as the binary exists.
	Info func(ctx context.Context) (dir string, err error)
}

// Ports takes over the public side of an app's TCP ports: the app listens
// elsewhere without knowing it, so that several versions run side by side. Its
// functions are called one at a time, after the Start, and must not block for long.
type Ports struct {
	// Claim is asked before the app's bind to asked (host:port, on the network
	// tcp, tcp4 or tcp6) returns; with an error the bind fails, with the
	// syscall.Errno in it, or EADDRINUSE.
	Claim func(network, asked string) error
	// Bound is told, before that bind returns, where the app can be reached
	// instead. It is not told of binds to port 0, which are left alone.
	Bound func(Listener)
	// Missed is told of a bind that could not be moved, and went where the app
	// wanted it.
	Missed func(asked string, err error)
}

// NoPortsError is wrapped by the error of a Runner that can't move ports here
// and was given a Spec with Ports.
type NoPortsError struct{ Err error } // why

func (e *NoPortsError) Error() string { return "the app's ports can't be moved: " + e.Err.Error() }

// Unwrap returns why.
func (e *NoPortsError) Unwrap() error { return e.Err }

// Readiness says when a started process counts as serving.
type Readiness struct {
	Mode    ReadyMode
	Address string        // host:port to probe; "" = whatever the process listens on
	Path    string        // for ReadyHTTP: the path that must answer below 500
	Timeout time.Duration // after it a process that lives counts as not ready (0: 30 s)
}

// ReadyMode is a way to find out that a process serves.
type ReadyMode string

// The ways to find out that a process serves.
const (
	ReadyAuto ReadyMode = "auto" // the process tree listens on TCP, or it stays alive without ever listening
	ReadyTCP  ReadyMode = "tcp"  // Address, or any listener of the tree, accepts a connection
	ReadyHTTP ReadyMode = "http" // Path answers with a status below 500
)

// Listener is a TCP address that a process accepts connections on.
type Listener struct {
	Asked  string // host:port the app asked for
	Actual string // host:port it can be reached at; differs when its bind was redirected
}

// Runner starts processes. The plain one is session/run.Runner; the debugger
// brings its own.
type Runner interface {
	// Start starts spec.Binary and returns as soon as the process exists; ctx
	// bounds only the start itself, not the life of the process.
	Start(ctx context.Context, spec Spec) (Process, error)
	// Prepare makes a process of spec that waits before its first instruction, so
	// that a Start of the same program in the same way takes it and is done
	// sooner. Of what Start gets anew, which is readers, writers, Ready and Ports, spec
	// says only which there will be. The process waits until ctx ends; it ends, too,
	// with the next call of Prepare, or Start of a program with a BuildID, that has no
	// use for it. An error says why none waits, as on systems where none can
	// (errors.ErrUnsupported).
	//
	// letGo lets it run already, when its Start is all but certain: what it prints, and
	// its binds if there are Ports, wait for that, and nobody who wants it held
	// (Spec.Held) has use for it.
	Prepare(ctx context.Context, spec Spec) (letGo func(), err error)
}

// Process is one running app with all its children.
type Process interface {
	PID() int
	// Ready is closed once the process serves. It stays open when the process
	// exits first or does not become ready in time: see NotReady.
	Ready() <-chan struct{}
	// NotReady delivers at most one error: the readiness time-out.
	NotReady() <-chan error
	// Listeners returns what the process tree listens on, the HTTP candidate
	// first; empty before Ready.
	Listeners() []Listener
	// Exited is closed after the process and its whole tree are gone and all
	// their output has been delivered.
	Exited() <-chan struct{}
	// Exit returns how the process ended; valid once Exited is closed.
	Exit() Exit
	// Stop asks the process to end (SIGTERM, then SIGKILL after StopTimeout,
	// at once when ctx ends), waits until the tree is gone and returns how it
	// ended. It may be called more than once and by several goroutines.
	Stop(ctx context.Context) Exit
}

// Exit is how a process ended.
type Exit struct {
	Code    int       // exit status; -1 when a signal ended it
	Signal  string    // name of the signal that ended it, such as "killed"; "" for none
	Stopped bool      // true when Stop was called first
	Killed  bool      // true when it did not end within StopTimeout
	Time    time.Time // when the process ended
}

// String says how the process ended, for people.
func (e Exit) String() string {
	switch {
	case e.Killed:
		return "killed: it did not stop in time"
	case e.Signal != "":
		return "ended by signal: " + e.Signal
	default:
		return fmt.Sprintf("exit status %d", e.Code)
	}
}
