// Package breakpoint is the ledger of breakpoints: it holds what every client
// asked for, and keeps each breakpoint on its statement while the source is
// edited and built again. It knows neither Delve nor DAP; the front asks it
// what to request of a debugger ([Ledger.Wanted]) and tells it what the
// debugger answered ([Ledger.Answered]).
//
// Three texts of a file play a part. The client's is the file as the client
// knew it when it spoke last; its line numbers are in that text. The disk's is
// the file as it is now, which the client sees from the next build on. The
// built text is what the running program was compiled from; the debugger's
// line numbers are in that one. Lines are mapped between them by a diff, and
// where a statement itself was changed or moved, by the enclosing function and
// the most similar statement.
//
// The package does no I/O of its own, starts no goroutine and guards nothing:
// a Ledger belongs to one goroutine.
package breakpoint

// Spec is what a client asks for on one line of a file. Lines and columns
// count from 1; column 0 is "none given".
type Spec struct {
	Line   int
	Column int

	Condition    string // Go expression; the breakpoint stops where it is true
	HitCondition string // Delve's form: an optional operator and a count, "> 3", "% 2", "5"
	LogMessage   string // text with {expressions}: log it instead of stopping
}

// FunctionSpec is what a client asks for by a function's name, in any form
// that Delve finds: "main.serve", "(*Store).Get", "pkg.Type.Method".
type FunctionSpec struct {
	Name         string
	Condition    string
	HitCondition string
}

// Breakpoint is one client's breakpoint, as it stands.
type Breakpoint struct {
	ID    int    // the ledger's own, from 1; the same over builds, never used twice
	Owner string // who asked for it

	File     string // empty for a function breakpoint
	Function string // empty for a line breakpoint

	// Spec holds the wishes of the client, and the line on which it is to show
	// the breakpoint: in the text that the client knows, or after a build, in
	// the file on disk. A lost breakpoint's line is where its statement was.
	Spec

	BuiltLine int    // line to ask for in the running build, 0 if it has none there
	Verified  bool   // the debugger holds it
	Message   string // why it is not verified, or how it differs from what was asked
	Lost      bool   // its statement is in neither the file nor the build
}

// Request is a breakpoint to ask of the debugger: those of one line or of one
// function, of all owners, in one. See [Ledger.Wanted] for the rules.
type Request struct {
	IDs      []int  // the breakpoints that it stands for, ascending
	Line     int    // in the running build; 0 for a function
	Function string // empty for a line

	Condition    string
	HitCondition string
	LogMessage   string

	wishes []wish // its parts
}

// Answer is what the debugger said to a Request.
type Answer struct {
	Verified bool
	Line     int    // in the running build; 0 if the debugger named none
	Message  string // why not, if it is not verified
}

// Source returns the text of a file. After an error, and for nil, the text is
// not known and lines are taken as they are; only if the error is
// fs.ErrNotExist, and from the disk, is the file gone and what was in it lost.
type Source func(file string) ([]byte, error)
