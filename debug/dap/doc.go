// Package dap is the Debug Adapter Protocol front that editors connect to: one
// session for each editor, for as long as the editor likes, over any number of
// generations of the app, each under a Delve of its own. It knows Delve only by
// the DAP that Delve speaks, and nothing of how apps are built and started; the
// breakpoints are those of package breakpoint.
//
// # Sessions
//
// initialize, launch and attach are answered before there is any program, with
// Delve's capabilities. launch is attach, and has the app started after
// configurationDone if it does not run. disconnect and terminate end the client's
// session only; when the last client leaves an app that stands, the app runs on.
// Delve's own session is never seen: of the end of an app clients are told by
// output, and wait for the next one. restart, and the custom request
// hotdev/reload (no arguments, no body), have the app built and started anew;
// the first is answered at once, the second when it is done. Custom events are
// those of [Front.Announce], for clients whose launch or attach has
// "hotdevEvents": true. Requests that the front has no part in go to Delve.
//
// # Generations
//
// At [Front.Begin] the breakpoints of all clients are set in the new app before
// it runs, the older one runs on by itself, and clients get: continued, if it
// stood; process; and breakpoint for each of theirs, with its line and with what
// Delve says of it. Requests in flight fail with "restarted". References (frames,
// variables, memory) carry their generation, and stale ones are refused.
// Breakpoints on instructions and data end with their generation. When the newest
// generation ends before an older one, that is current again.
//
// # Several clients
//
// A client sees the app's stops, but only its own breakpoints in them. What one
// client lets run, the others are told of. Delve gets the union of all
// breakpoints; of exception filters, too, and a panic or fatal error that no
// filter asks for ends the app as it does without a debugger. Delve has one
// configuration for its one client, and the front sets it to that of the client
// whose request comes next, while the app stands; so these are each client's own:
// stackTraceDepth, maxStringLen, maxArrayValues, showGlobalVariables,
// showRegisters, showRawStrings, hideSystemGoroutines, goroutineFilters,
// showPprofLabels and the capabilities of initialize, and substitutePath, which
// is the front's. `dlv config substitutePath` and `showPprofLabels`, typed in a
// console, are for everyone until the next start. stopOnEntry is for one start,
// and everyone stops: for the next one, or where the app is if it runs. All that
// says what to build and how to start it is left to hotdev.toml.
//
// A client that does not read is cut off once 16 MiB wait for it; a message that
// can't be read ends the connection of who has sent it, after an error.
package dap
