package protocol

import "fmt"

// The hotdev/* messages. Times are RFC 3339 with milliseconds; durations are
// milliseconds; files are absolute paths; lines and columns count from 1 (the
// LSP part of the protocol counts as LSP does).

// Names of hotdev's own methods.
const (
	MethodSubscribe   = "hotdev/subscribe"   // request: SubscribeParams → SubscribeResult
	MethodStatus      = "hotdev/status"      // notification, and request: {} → Status
	MethodLog         = "hotdev/log"         // notification: LogParams
	MethodReloaded    = "hotdev/reloaded"    // notification: Reload
	MethodReload      = "hotdev/reload"      // request: ReloadParams → Reload
	MethodStart       = "hotdev/start"       // request: StartParams → Status
	MethodStop        = "hotdev/stop"        // request: {} → Status
	MethodRollback    = "hotdev/rollback"    // request: RollbackParams → Reload
	MethodHold        = "hotdev/hold"        // request: HoldParams → {}
	MethodApply       = "hotdev/apply"       // request: ApplyParams → {}
	MethodWhy         = "hotdev/why"         // request: WhyParams → WhyResult
	MethodHistory     = "hotdev/history"     // request: {} → HistoryResult
	MethodRoutes      = "hotdev/routes"      // request: {} → RoutesResult
	MethodLogs        = "hotdev/logs"        // request: LogsParams → LogParams
	MethodDiagnostics = "hotdev/diagnostics" // request: {} → DiagnosticsResult
	MethodStdin       = "hotdev/stdin"       // request: StdinParams → {}
	MethodFix         = "hotdev/fix"         // request: Fix → {}; runs the fix of a diagnostic that stands
	MethodShutdown    = "hotdev/shutdown"    // request: {} → {}; the daemon ends, whoever else is connected

	MethodDebugEndpoint      = "hotdev/debugEndpoint"      // request: {} → DebugEndpoint
	MethodSetBreakpoints     = "hotdev/setBreakpoints"     // request: SetBreakpointsParams → BreakpointsResult
	MethodBreakpoints        = "hotdev/breakpoints"        // request: {} → BreakpointsResult
	MethodBreakpointsChanged = "hotdev/breakpointsChanged" // notification: BreakpointsResult
)

// State is what the app under development is doing.
type State string

// The states of Status.State.
const (
	StateIdle     State = "idle"     // nothing was started yet
	StateBuilding State = "building" // a build runs
	StateStarting State = "starting" // a new process exists and is not ready
	StateRunning  State = "running"  // a version serves
	StatePaused   State = "paused"   // stopped in the debugger
	StateFailed   State = "failed"   // the newest build failed; Running says whether an older version still serves
	StateCrashed  State = "crashed"  // the app ended by itself
	StateStopped  State = "stopped"  // stopped by request
)

// Status is the whole visible state of the session.
type Status struct {
	App         string     `json:"app"` // import path of the main package; "" until it is found out
	State       State      `json:"state"`
	Message     string     `json:"message,omitzero"` // one line that explains the state, for people
	Rev         int        `json:"rev"`              // raised by every applied save
	Profile     string     `json:"profile"`
	Workspace   string     `json:"workspace"` // the root directory
	Running     *Running   `json:"running,omitzero"`
	LastBuild   *LastBuild `json:"lastBuild,omitzero"`
	Diagnostics int        `json:"diagnostics"` // number of diagnostics that stand
	Hold        Hold       `json:"hold,omitzero"`
	Debug       Debug      `json:"debug"`
	Proxy       Proxy      `json:"proxy"`
	Daemon      Daemon     `json:"daemon"`
}

// Running is the version that serves.
type Running struct {
	Rev       int        `json:"rev"`
	BuildID   string     `json:"buildID"`
	PID       int        `json:"pid"`
	Address   string     `json:"address"` // host:port; "" when it listens nowhere
	Listeners []Listener `json:"listeners,omitzero"`
	StartedAt string     `json:"startedAt"`
	Requests  Requests   `json:"requests"`
}

// Requests are the numbers of what the front door let the version answer; all 0
// without a front door. They alone are told of once a second at most.
type Requests struct {
	Count    uint64  `json:"count"`    // ended
	Errors   uint64  `json:"errors"`   // of these, with a status of 500 and above
	InFlight int     `json:"inFlight"` // under way
	P50      float64 `json:"p50"`      // ms, time at the door included; streams have none
	P95      float64 `json:"p95"`
	P99      float64 `json:"p99"`
}

// Listener is one TCP address of the running version.
type Listener struct {
	Asked  string `json:"asked"`  // what the app asked for
	Actual string `json:"actual"` // where it really listens
}

// LastBuild is the outcome of the newest build that ended.
type LastBuild struct {
	Rev    int    `json:"rev"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason"` // why it was built, or why it failed
	Build  *Build `json:"build,omitzero"`
	Phases Phases `json:"phases"`
}

// Build says how a program was built, or would be.
type Build struct {
	Method BuildMethod `json:"method"`
	Reason string      `json:"reason,omitzero"` // why no quicker way was taken, in one clause
	Link   string      `json:"link,omitzero"`   // how it was linked, when it was built incrementally
}

// BuildMethod is a way to build a program.
type BuildMethod string

// The ways to build a program.
const (
	BuildIncremental BuildMethod = "incremental" // compilers and the linker, without the go command
	BuildGo          BuildMethod = "goBuild"     // go build
	BuildCommand     BuildMethod = "command"     // the developer's [build] command
)

// Phases are the durations of a reload's parts in milliseconds; a phase that
// did not take place is 0.
type Phases struct {
	Queue   float64 `json:"queue"`   // from the first file event to the start of the build
	Check   float64 `json:"check"`   // of the types of what changed, beside the compile
	Compile float64 `json:"compile"` // load and compile
	Link    float64 `json:"link"`
	Launch  float64 `json:"launch"` // stop of the old process and start of the new
	Ready   float64 `json:"ready"`  // from start to readiness
	// How long the first request took that the new version has answered through
	// the front door, from its arrival, or from readiness if it was held until
	// then. It is known only after the reload, in hotdev/history and hotdev/status.
	FirstResponse float64 `json:"firstResponse"`
}

// Hold says that saves are withheld.
type Hold struct {
	Clients  int `json:"clients"`  // that withhold saves
	Withheld int `json:"withheld"` // files that were saved and wait to be applied
}

// Debug is the state of the debugger.
type Debug struct {
	Mode     string `json:"mode"`            // lazy, always, off
	State    string `json:"state"`           // off, idle (nothing of the debugger runs), attached, paused, unavailable
	Reason   string `json:"reason,omitzero"` // why it is unavailable, and the mend
	Clients  int    `json:"clients"`
	Endpoint string `json:"endpoint,omitzero"` // unix:PATH or tcp:HOST:PORT, of the DAP front
}

// Proxy is the state of the front door.
type Proxy struct {
	Address string `json:"address"`         // public host:port; "" when the app serves by itself
	Mode    string `json:"mode,omitzero"`   // how the app's port is handled: redirect, env, exclusive, off
	Reason  string `json:"reason,omitzero"` // why that mode is in force
}

// Daemon identifies the serving process.
type Daemon struct {
	Version   string `json:"version"`
	BuildID   string `json:"buildID"`
	PID       int    `json:"pid"`
	StartedAt string `json:"startedAt"`
}

// SubscribeParams asks for the state and all changes after it.
type SubscribeParams struct {
	LogsFrom uint64 `json:"logsFrom,omitzero"` // first log sequence number that is wanted; 0: the whole tail
}

// SubscribeResult is the state at the moment of the subscription.
type SubscribeResult struct {
	Status Status     `json:"status"`
	Logs   []LogEntry `json:"logs"`            // the kept log entries from LogsFrom on
	Missed uint64     `json:"missed,omitzero"` // number of entries from LogsFrom on that are no longer kept
}

// LogParams is a batch of log entries.
type LogParams struct {
	Entries []LogEntry `json:"entries"`
	Missed  uint64     `json:"missed,omitzero"` // entries before the first one that were dropped for this client
}

// LogEntry is one line of output.
type LogEntry struct {
	Seq    uint64 `json:"seq"` // counts from 1 without gaps in the daemon's life
	Time   string `json:"time"`
	Stream string `json:"stream"`         // stdout, stderr, build, hotdev
	Text   string `json:"text"`           // without the line end; ANSI sequences kept
	Level  string `json:"level,omitzero"` // debug, info, warn, error
	File   string `json:"file,omitzero"`
	Line   int    `json:"line,omitzero"`
}

// LogsParams asks for kept log entries.
type LogsParams struct {
	From  uint64 `json:"from,omitzero"`  // first sequence number wanted; 0: the oldest kept
	Limit int    `json:"limit,omitzero"` // newest N entries; 0: all kept
}

// Reload is the record of one applied save or command.
type Reload struct {
	Rev         int          `json:"rev"`             // of the newest save, also for a rollback
	BackTo      int          `json:"backTo,omitzero"` // rev of the older version that was to be put back
	Time        string       `json:"time"`
	Reason      string       `json:"reason"` // one sentence: what caused it
	Files       []string     `json:"files"`  // cause files; empty for a command that applied no save
	Outcome     Outcome      `json:"outcome"`
	Message     string       `json:"message,omitzero"`     // explains the outcome
	Build       *Build       `json:"build,omitzero"`       // how the program was built; none when none was
	Ahead       bool         `json:"ahead,omitzero"`       // the program was built before the save
	Speculation *Speculation `json:"speculation,omitzero"` // absent: nothing was built before it was saved
	Phases      Phases       `json:"phases"`
	Total       float64      `json:"total"` // ms from the first event to the outcome
	BuildID     string       `json:"buildID,omitzero"`
	Diagnostics []Diagnostic `json:"diagnostics,omitzero"` // the errors of a failed one
}

// Title is what people call the reload: by the rev of its save or, for a rollback,
// by that of the version to go back to.
func (r Reload) Title() string {
	if r.BackTo != 0 {
		return fmt.Sprintf("back to rev %d", r.BackTo)
	}
	return fmt.Sprintf("rev %d", r.Rev)
}

// Speculation is what building files before they were saved has taken since the
// reload before, of use or not.
type Speculation struct {
	Builds int     `json:"builds"`
	CPU    float64 `json:"cpu"`  // ms of one processor, of compilers and linkers
	Wall   float64 `json:"wall"` // ms
}

// Outcome is what became of a reload.
type Outcome string

// The outcomes of a reload.
const (
	OutcomeSwapped     Outcome = "swapped"     // a new version serves
	OutcomeUnchanged   Outcome = "unchanged"   // the same binary came out; nothing was restarted
	OutcomeRestarted   Outcome = "restarted"   // the same binary was started again
	OutcomeBrowser     Outcome = "browser"     // only pages were asked to reload
	OutcomeConfig      Outcome = "config"      // hotdev.toml was read again; nothing needed a restart
	OutcomeBuilt       Outcome = "built"       // built for its diagnostics while the app is not started
	OutcomeBuildFailed Outcome = "buildFailed" // the older version goes on, if any
	OutcomeStartFailed Outcome = "startFailed" // the new version ended or was not ready in time
	OutcomeSuperseded  Outcome = "superseded"  // a newer save came first
	OutcomeRolledBack  Outcome = "rolledBack"  // an older version was put back
)

// Diagnostic is one finding, for clients that do not speak LSP's
// textDocument/publishDiagnostics.
type Diagnostic struct {
	File     string    `json:"file"`
	Line     int       `json:"line"`         // 0: the whole file
	Col      int       `json:"col,omitzero"` // in bytes
	EndLine  int       `json:"endLine,omitzero"`
	EndCol   int       `json:"endCol,omitzero"`
	Severity string    `json:"severity"` // error, warning, info, hint
	Owner    string    `json:"owner"`    // build, panic, race, config, breakpoint, unsaved
	Code     string    `json:"code,omitzero"`
	Message  string    `json:"message"`
	Related  []Related `json:"related,omitzero"`
	Fix      *Fix      `json:"fix,omitzero"`
}

// Related is a further place that explains a Diagnostic.
type Related struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col,omitzero"`
	Message string `json:"message"`
}

// Fix is a command that mends a Diagnostic's cause.
type Fix struct {
	Title   string   `json:"title"`
	Command []string `json:"command"`
	Dir     string   `json:"dir"`
}

// DiagnosticsResult is everything that stands now.
type DiagnosticsResult struct {
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// ReloadParams asks for a rebuild and restart.
type ReloadParams struct {
	Wait bool `json:"wait,omitzero"` // answer with the outcome instead of at once
}

// HoldParams withholds saves, or ends that.
type HoldParams struct {
	On bool `json:"on"`
}

// ApplyParams applies the saves that are withheld.
type ApplyParams struct {
	Files []string `json:"files,omitzero"` // that the client has just saved
}

// StartParams starts the app.
type StartParams struct {
	Package string   `json:"package,omitzero"` // main package; "" keeps the configured or found one
	Args    []string `json:"args,omitzero"`    // null keeps the configured ones
	Profile string   `json:"profile,omitzero"` // "" keeps the one in force
}

// RollbackParams asks for an older version.
type RollbackParams struct {
	Rev int `json:"rev,omitzero"` // 0: the one before the running one
}

// WhyParams asks what a change of a file would do.
type WhyParams struct {
	File string `json:"file"`
}

// WhyResult explains a file's class.
type WhyResult struct {
	File   string `json:"file"`
	Class  string `json:"class"`          // rebuild, restart, reload, config, test, outside, ignored
	Reason string `json:"reason"`         // one sentence
	Build  *Build `json:"build,omitzero"` // how it would be built, as far as is known; none when it would not
}

// HistoryResult is the last reloads, newest first.
type HistoryResult struct {
	Reloads []Reload `json:"reloads"`
}

// RoutesResult is the running version's route table.
type RoutesResult struct {
	Rev    int     `json:"rev"`
	Routes []Route `json:"routes"`
}

// Route is one row of the route table.
type Route struct {
	Method  string  `json:"method"`
	Path    string  `json:"path"`
	Handler string  `json:"handler"`
	File    string  `json:"file,omitzero"`
	Line    int     `json:"line,omitzero"`
	Hits    uint64  `json:"hits"`
	Errors  uint64  `json:"errors"`
	P50     float64 `json:"p50"` // ms
}

// StdinParams is input for the app.
type StdinParams struct {
	Text string `json:"text"`
	EOF  bool   `json:"eof,omitzero"` // close the app's standard input after Text
}

// DebugEndpoint is where the app's debug adapter (DAP) listens, over all
// reloads.
type DebugEndpoint struct {
	Network string `json:"network"` // unix or tcp
	Address string `json:"address"` // a path, or host:port
}

// SetBreakpointsParams replaces the breakpoints of one file that clients which
// do not speak DAP keep. They share one set.
type SetBreakpointsParams struct {
	File        string             `json:"file"`
	Breakpoints []SourceBreakpoint `json:"breakpoints"`
}

// SourceBreakpoint is a breakpoint as a client asks for it. Its members follow
// DAP's SourceBreakpoint.
type SourceBreakpoint struct {
	Line         int    `json:"line"`
	Condition    string `json:"condition,omitzero"`    // a Go expression
	HitCondition string `json:"hitCondition,omitzero"` // such as "> 5" or "% 2"; a bare number is ">= n"
	LogMessage   string `json:"logMessage,omitzero"`   // printed instead of stopping; {expression} is replaced
}

// BreakpointsResult is a list of breakpoints, by file and line.
type BreakpointsResult struct {
	Breakpoints []Breakpoint `json:"breakpoints"`
}

// Breakpoint is one row of the ledger.
type Breakpoint struct {
	ID           int    `json:"id"`    // stable over reloads
	Owner        string `json:"owner"` // hotdev, or a DAP client
	File         string `json:"file"`  // "" for one at a function
	Line         int    `json:"line"`  // in the newest version
	Function     string `json:"function,omitzero"`
	Condition    string `json:"condition,omitzero"`
	HitCondition string `json:"hitCondition,omitzero"`
	LogMessage   string `json:"logMessage,omitzero"`
	Verified     bool   `json:"verified"`
	Message      string `json:"message,omitzero"` // why it is not verified
}
