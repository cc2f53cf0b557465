package session

import (
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/proxy"
	"github.com/hotdev/hotdev/session/target"
)

// State is what the app under development is doing.
type State string

// The states of a session.
const (
	Idle     State = "idle"     // nothing was started yet
	Building State = "building" // a build runs
	Starting State = "starting" // a new process exists and is not ready
	Running  State = "running"  // a version serves
	Paused   State = "paused"   // stopped in the debugger
	Failed   State = "failed"   // the newest build failed; Status.Running says whether an older version serves
	Crashed  State = "crashed"  // the app ended by itself
	Stopped  State = "stopped"  // stopped by request
)

// Status is the whole visible state of a session. It is a value: a copy shares
// nothing that changes.
type Status struct {
	App         string // import path of the main package; "" until it is found out
	State       State
	Message     string // one line that explains the state
	Rev         int    // raised by every applied save
	Profile     string
	Root        string
	Running     *RunningApp // nil when nothing serves
	LastBuild   *LastBuild  // nil before the first build ended
	Diagnostics int         // how many stand
	Hold        HoldStatus
	Debug       DebugStatus
	Proxy       ProxyStatus
}

// RunningApp is the version that serves.
type RunningApp struct {
	Rev       int
	BuildID   string
	PID       int
	Address   string // host:port for people and browsers; "" when it listens nowhere
	Listeners []target.Listener
	StartedAt time.Time
	Requests  proxy.Metrics // zero without a front door
}

// LastBuild is the newest build that ended.
type LastBuild struct {
	Rev    int
	OK     bool
	Reason string // why it was built, or why it failed
	Build  build.How
	Phases Phases
}

// Phases are the durations of the parts of a reload; a part that did not take
// place is 0.
type Phases struct {
	Queue   time.Duration // from the first file event to the start of the build
	Check   time.Duration // of the types of what changed, beside the compile
	Compile time.Duration // load and compile
	Link    time.Duration
	Launch  time.Duration // stop of the old process and start of the new
	Ready   time.Duration // from start to readiness
	// FirstResponse is how long the first request took that the new version has
	// answered through the front door, from its arrival, or from readiness if it
	// was held until then. It is known only when that request has ended, after
	// the reload: see Answered.
	FirstResponse time.Duration
}

// DebugStatus is the state of the debugger.
type DebugStatus struct {
	Mode     string // lazy, always, off
	State    DebugState
	Reason   string // why it is unavailable, and the mend
	Clients  int
	Endpoint string // unix:PATH or tcp:HOST:PORT
}

// ProxyStatus is the state of the front door.
type ProxyStatus struct {
	Address string // public host:port; "" when the app serves by itself
	Mode    string // how the app's port is handled
	Reason  string // why that mode is in force
}

// Outcome is what became of a reload.
type Outcome string

// The outcomes of a reload.
const (
	Swapped     Outcome = "swapped"     // a new version serves
	Unchanged   Outcome = "unchanged"   // the same binary came out; nothing was restarted
	Restarted   Outcome = "restarted"   // the same binary was started again
	Browser     Outcome = "browser"     // only pages were asked to reload
	ConfigRead  Outcome = "config"      // hotdev.toml was read again; nothing needed a restart
	Built       Outcome = "built"       // built for its diagnostics while the app is not started
	BuildFailed Outcome = "buildFailed" // the older version goes on, if any
	StartFailed Outcome = "startFailed" // the new version ended or was not ready in time
	Superseded  Outcome = "superseded"  // a newer save came first
	RolledBack  Outcome = "rolledBack"  // an older version was put back
)

// Reload is the record of one applied save or command.
type Reload struct {
	Rev         int       // of the newest save, also for a rollback
	BackTo      int       // rev of the older version that was to be put back; 0 for none
	Time        time.Time // of the first event
	Reason      string    // one sentence: what caused it
	Files       []string  // cause files, absolute; nil for a command that applied no save
	Outcome     Outcome
	Message     string    // explains the outcome
	Build       build.How // of the program; zero when none was built for it
	Ahead       bool      // the program was ready before the save
	Speculation Speculation
	Phases      Phases
	Total       time.Duration // from the first event to the outcome
	BuildID     string
	Diagnostics []diag.Diagnostic // the errors of a failed one

	serial int // tells the records of one session apart
}

// Speculation is what building files before they were saved has taken since the
// reload before, of use or not.
type Speculation struct {
	Builds    int
	CPU, Wall time.Duration // the first is the compilers' and linkers'
}

// Explanation is what a change of a file would do, and why.
type Explanation struct {
	Class  graph.Class
	Reason string    // one sentence
	Build  build.How // how it would be built; zero when it would not, or when that is not known
}

// LogEntry is one line of output.
type LogEntry struct {
	Seq    uint64 // counts from 1 without gaps in the session's life
	Time   time.Time
	Stream Stream
	Text   string // without the line end; ANSI sequences kept
	Level  string // debug, info, warn, error; "" when unknown
	File   string // absolute path of a source position in the line; "" for none
	Line   int
}

// Stream is where a log entry came from.
type Stream string

// The streams.
const (
	Stdout       Stream = "stdout"
	Stderr       Stream = "stderr"
	BuildStream  Stream = "build"
	HotdevStream Stream = "hotdev"
)

// Route is one row of the running version's route table.
type Route struct {
	Method, Path, Handler string
	File                  string // of the handler; "" when unknown
	Line                  int
	Hits, Errors          uint64
	P50                   time.Duration
}
