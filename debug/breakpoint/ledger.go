package breakpoint

import "io"

// Ledger holds the breakpoints of all owners.
type Ledger struct{}

// New returns an empty ledger.
func New() *Ledger { return &Ledger{} }

// Set replaces the line breakpoints that owner has in file. The text is the
// file as the client knows it: the unsaved buffer if there is one, else the
// disk. It returns one breakpoint for each spec, in the order of specs; one
// that was there before keeps its ID.
//
// sourceModified is DAP's argument of that name: the client has moved the lines
// itself and means them in text. Without it, lines that were right in the
// text that the client knew before are recognised and moved along.
func (l *Ledger) Set(owner, file string, text []byte, specs []Spec, sourceModified bool) []Breakpoint {
	return nil
}

// SetFunctions replaces the function breakpoints of owner, and returns one
// breakpoint for each spec, in the order of specs.
func (l *Ledger) SetFunctions(owner string, specs []FunctionSpec) []Breakpoint { return nil }

// SetExceptions replaces the exception filters of owner (Delve's are
// "unrecovered-panic" and "runtime-fatal-throw").
func (l *Ledger) SetExceptions(owner string, filters []string) {}

// Drop forgets all that owner asked for. It returns the files that had line
// breakpoints of this owner, sorted, and whether there were function breakpoints.
func (l *Ledger) Drop(owner string) (files []string, functions bool) { return nil, false }

// Build moves the ledger to a new build (or, after [Ledger.Ended], to any
// build that runs now): built has the files as it was compiled from them, disk
// the files as they are now. It returns the breakpoints that changed by it.
// What the debugger said about a breakpoint stands until [Ledger.Answered].
func (l *Ledger) Build(built, disk Source) []Breakpoint { return nil }

// Ended says that no program runs: nothing is verified until the debugger of
// the next one answers. It returns the breakpoints that changed by it.
func (l *Ledger) Ended() []Breakpoint { return nil }

// Files returns the files that have line breakpoints, sorted.
func (l *Ledger) Files() []string { return nil }

// Empty reports whether there is nothing to stop a program for.
func (l *Ledger) Empty() bool { return true }

// Wanted returns what to ask of the debugger for a file, by ascending line:
// one request a line.
func (l *Ledger) Wanted(file string) []Request { return nil }

// WantedFunctions returns the function breakpoints to ask of the debugger,
// one a name, sorted by name.
func (l *Ledger) WantedFunctions() []Request { return nil }

// Exceptions returns the exception filters that some owner wants, sorted.
func (l *Ledger) Exceptions() []string { return nil }

// Answered takes the debugger's answers to requests of [Ledger.Wanted] or
// [Ledger.WantedFunctions], one for each; breakpoints that have been removed
// meanwhile are passed over. It returns the breakpoints that changed by it.
func (l *Ledger) Answered(requests []Request, answers []Answer) []Breakpoint { return nil }

// Get returns the breakpoints with these IDs, those that there are.
func (l *Ledger) Get(ids ...int) []Breakpoint { return nil }

// List returns all breakpoints: by file, line and ID, then those of functions.
func (l *Ledger) List() []Breakpoint { return nil }

// Save writes the breakpoints of the owners as JSON, with the texts that they
// are anchored to.
func (l *Ledger) Save(w io.Writer, owners ...string) error { return nil }

// Load reads what Save wrote. It always returns a ledger: damage is an error
// that says what was lost, and costs nothing else.
func Load(r io.Reader) (*Ledger, error) { return New(), nil }
