---@meta
--- The hotdev/* messages; a mirror of rpc/protocol, which tests/types_spec.lua holds to the golden
--- files of rpc/protocol/testdata. Times are RFC 3339 with milliseconds, durations are
--- milliseconds,
--- files are absolute paths, lines and columns count from 1.

---@alias hotdev.State
---| 'idle'
---| 'building'
---| 'starting'
---| 'running'
---| 'paused'
---| 'failed'
---| 'crashed'
---| 'stopped'

---@alias hotdev.Outcome
---| 'swapped'
---| 'unchanged'
---| 'restarted'
---| 'browser'
---| 'config'
---| 'built'
---| 'buildFailed'
---| 'startFailed'
---| 'superseded'
---| 'rolledBack'

--- The whole visible state of the session.
---@class hotdev.Status
---@field app string import path of the main package; "" until it is found out
---@field state hotdev.State
---@field message? string one line that explains the state, for people
---@field rev integer raised by every applied save
---@field profile string
---@field workspace string the root directory
---@field running? hotdev.Running
---@field lastBuild? hotdev.LastBuild
---@field diagnostics integer number of diagnostics that stand
---@field hold? hotdev.Hold
---@field debug hotdev.Debug
---@field proxy hotdev.Proxy
---@field daemon hotdev.Daemon

--- The version that serves.
---@class hotdev.Running
---@field rev integer
---@field buildID string
---@field pid integer
---@field address string host:port; "" when it listens nowhere
---@field listeners? hotdev.Listener[]
---@field startedAt string
---@field requests hotdev.Requests

--- The numbers of what the front door let the version answer; all 0 without a front door. They
--- alone are told of once a second at most.
---@class hotdev.Requests
---@field count integer ended
---@field errors integer of these, with a status of 500 and above
---@field inFlight integer under way
---@field p50 number ms, time at the door included; streams have none
---@field p95 number
---@field p99 number

--- One TCP address of the running version.
---@class hotdev.Listener
---@field asked string what the app asked for
---@field actual string where it really listens

--- The outcome of the newest build that ended.
---@class hotdev.LastBuild
---@field rev integer
---@field ok boolean
---@field reason string why it was built, or why it failed
---@field build? hotdev.Build
---@field phases hotdev.Phases

--- How a program was built, or would be.
---@class hotdev.Build
---@field method 'incremental'|'goBuild'|'command'
---@field reason? string why no quicker way was taken, in one clause
---@field link? string how it was linked, when it was built incrementally

--- The durations of a reload's parts in milliseconds; a phase that did not take place is 0.
---@class hotdev.Phases
---@field queue number from the first file event to the start of the build
---@field check number of the types of what changed, beside the compile
---@field compile number load and compile
---@field link number
---@field launch number stop of the old process and start of the new
---@field ready number from start to readiness
---@field firstResponse number of the first request that the new version answered; known only after the reload

--- The state of the debugger.
---@class hotdev.Debug
---@field mode 'lazy'|'always'|'off'
---@field state 'off'|'idle'|'attached'|'paused'|'unavailable'
---@field reason? string why it is unavailable, and the mend
---@field clients integer
---@field endpoint? string unix:PATH or tcp:HOST:PORT, of the DAP front

--- The state of the front door.
---@class hotdev.Proxy
---@field address string public host:port; "" when the app serves by itself
---@field mode? 'redirect'|'env'|'exclusive'|'off'
---@field reason? string why that mode is in force

--- Says that saves are withheld.
---@class hotdev.Hold
---@field clients integer that withhold saves
---@field withheld integer files that were saved and wait to be applied

--- Identifies the serving process.
---@class hotdev.Daemon
---@field version string
---@field buildID string
---@field pid integer
---@field startedAt string

--- Asks for the state and all changes after it.
---@class hotdev.SubscribeParams
---@field logsFrom? integer first log sequence number that is wanted; 0: the whole tail

--- The state at the moment of the subscription.
---@class hotdev.SubscribeResult
---@field status hotdev.Status
---@field logs hotdev.LogEntry[] the kept log entries from LogsFrom on
---@field missed? integer number of entries from LogsFrom on that are no longer kept

--- A batch of log entries.
---@class hotdev.LogParams
---@field entries hotdev.LogEntry[]
---@field missed? integer entries before the first one that were dropped for this client

--- One line of output.
---@class hotdev.LogEntry
---@field seq integer counts from 1 without gaps in the daemon's life
---@field time string
---@field stream 'stdout'|'stderr'|'build'|'hotdev'
---@field text string without the line end; ANSI sequences kept
---@field level? 'debug'|'info'|'warn'|'error'
---@field file? string
---@field line? integer

--- Asks for kept log entries.
---@class hotdev.LogsParams
---@field from? integer first sequence number wanted; 0: the oldest kept
---@field limit? integer newest N entries; 0: all kept

--- What building files before they were saved has taken since the reload before.
---@class hotdev.Speculation
---@field builds integer
---@field cpu number ms of one processor, of compilers and linkers
---@field wall number ms

--- The record of one applied save or command.
---@class hotdev.Reload
---@field rev integer of the newest save, also for a rollback
---@field backTo? integer rev of the older version that was to be put back
---@field time string
---@field reason string one sentence: what caused it
---@field files string[] cause files; empty for a command
---@field outcome hotdev.Outcome
---@field message? string explains the outcome
---@field build? hotdev.Build how the program was built; none when none was
---@field ahead? boolean the program was built before the save
---@field speculation? hotdev.Speculation none when nothing was built before it was saved
---@field phases hotdev.Phases
---@field total number ms from the first event to the outcome
---@field buildID? string
---@field diagnostics? hotdev.Diagnostic[] the errors of a failed one

--- One finding, for clients that do not speak LSP's textDocument/publishDiagnostics.
---@class hotdev.Diagnostic
---@field file string
---@field line integer 0: the whole file
---@field col? integer in bytes
---@field endLine? integer
---@field endCol? integer
---@field severity 'error'|'warning'|'info'|'hint'
---@field owner 'build'|'panic'|'race'|'config'|'breakpoint'
---@field code? string
---@field message string
---@field related? hotdev.Related[]
---@field fix? hotdev.Fix

--- A further place that explains a Diagnostic.
---@class hotdev.Related
---@field file string
---@field line integer
---@field col? integer
---@field message string

--- A command that mends a Diagnostic's cause.
---@class hotdev.Fix
---@field title string
---@field command string[]
---@field dir string

--- Everything that stands now.
---@class hotdev.DiagnosticsResult
---@field diagnostics hotdev.Diagnostic[]

--- Asks for a rebuild and restart.
---@class hotdev.ReloadParams
---@field wait? boolean answer with the outcome instead of at once

--- Withholds saves, or ends that.
---@class hotdev.HoldParams
---@field on boolean

--- Applies the saves that are withheld.
---@class hotdev.ApplyParams
---@field files? string[] that the client has just saved

--- Starts the app.
---@class hotdev.StartParams
---@field package? string main package; "" keeps the configured or found one
---@field args? string[] null keeps the configured ones
---@field profile? string "" keeps the one in force

--- Asks for an older version.
---@class hotdev.RollbackParams
---@field rev? integer 0: the one before the running one

--- Asks what a change of a file would do.
---@class hotdev.WhyParams
---@field file string

--- Explains a file's class.
---@class hotdev.WhyResult
---@field file string
---@field class 'rebuild'|'restart'|'reload'|'config'|'test'|'outside'|'ignored'
---@field reason string one sentence
---@field build? hotdev.Build how it would be built, as far as is known; none when it would not

--- The last reloads, newest first.
---@class hotdev.HistoryResult
---@field reloads hotdev.Reload[]

--- The running version's route table.
---@class hotdev.RoutesResult
---@field rev integer
---@field routes hotdev.Route[]

--- One row of the route table.
---@class hotdev.Route
---@field method string
---@field path string
---@field handler string
---@field file? string
---@field line? integer
---@field hits integer
---@field errors integer
---@field p50 number ms

--- Input for the app.
---@class hotdev.StdinParams
---@field text string
---@field eof? boolean close the app's standard input after Text

--- Where the app's debug adapter (DAP) listens, over all reloads.
---@class hotdev.DebugEndpoint
---@field network 'unix'|'tcp' unix or tcp
---@field address string a path, or host:port

--- Replaces the breakpoints of one file that clients which do not speak DAP keep. They share
--- one set.
---@class hotdev.SetBreakpointsParams
---@field file string
---@field breakpoints hotdev.SourceBreakpoint[]

--- A breakpoint as a client asks for it. Its members follow DAP's SourceBreakpoint.
---@class hotdev.SourceBreakpoint
---@field line integer
---@field condition? string a Go expression
---@field hitCondition? string such as "> 5" or "% 2"; a bare number is ">= n"
---@field logMessage? string printed instead of stopping; {expression} is replaced

--- A list of breakpoints, by file and line.
---@class hotdev.BreakpointsResult
---@field breakpoints hotdev.Breakpoint[]

--- One row of the ledger.
---@class hotdev.Breakpoint
---@field id integer stable over reloads
---@field owner string hotdev, or a DAP client
---@field file string "" for one at a function
---@field line integer in the newest version
---@field function? string
---@field condition? string
---@field hitCondition? string
---@field logMessage? string
---@field verified boolean
---@field message? string why it is not verified
