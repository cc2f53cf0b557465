// Package diag turns what builds and apps print into diagnostics: compiler and
// go command output, panics, data races, and log lines with a level. It is
// pure: bytes in, values out; it reads no files but through functions that it
// is given, and it knows no wire format.
package diag

// Owner is the source of a diagnostic; a newer set of an owner replaces the
// older one.
type Owner string

// The owners of diagnostics.
const (
	Build      Owner = "build"
	Panic      Owner = "panic"
	Race       Owner = "race"
	Config     Owner = "config"
	Breakpoint Owner = "breakpoint"
	Unsaved    Owner = "unsaved" // what a build would say of files that are not saved
)

// Severity ranks a diagnostic; the values are those of LSP 3.17
// DiagnosticSeverity.
type Severity int

// The severities.
const (
	Error   Severity = 1
	Warning Severity = 2
	Info    Severity = 3
	Hint    Severity = 4
)

// Span is a place in a file. Lines and columns count from 1, columns in bytes;
// 0 means unknown.
type Span struct {
	File            string // absolute path
	Line, Col       int
	EndLine, EndCol int
}

// Diagnostic is one finding at a place in a file.
type Diagnostic struct {
	Span
	Severity Severity
	Owner    Owner
	Code     string // short stable name of the kind, such as "type-error", "import-cycle", "missing-module"
	Message  string
	Related  []Related
	Fix      *Fix
}

// Related is a further place that explains a diagnostic.
type Related struct {
	Span
	Message string
}

// Fix is a command that mends the cause of a diagnostic.
type Fix struct {
	Title   string   // for people: "go get github.com/x/y"
	Command []string // argv
	Dir     string   // where to run it
}
