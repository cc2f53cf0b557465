package build

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/diag"
)

// errNoMain says that go build had nothing to link.
var errNoMain = errors.New("there is no program to run: the package is not called main")

// failure is the result of a build that failed with err after it had printed
// events. There is at least one diagnostic that is an error: when the output
// says nothing that has a place, err and the last lines stand on the main file.
func failure(r *Request, dir string, err error, events []diag.BuildEvent) (Result, error) {
	list := diag.ParseBuild(events, parseOptions(r, dir))
	isError := func(d diag.Diagnostic) bool { return d.Severity == diag.Error }
	if i := slices.IndexFunc(list, isError); i >= 0 {
		return Result{Diagnostics: list}, errors.New(summary(list, r.Root))
	}
	message := err.Error()
	if tail := lastLines(events); tail != "" {
		message += ":\n" + tail
	}
	list = append(list, diag.Diagnostic{
		Span:     diag.Span{File: mainFile(r, dir)},
		Severity: diag.Error,
		Owner:    diag.Build,
		Code:     "build",
		Message:  message,
	})
	return Result{Diagnostics: list}, err
}

// summary says the first error of list in one line, and how many more there are.
func summary(list []diag.Diagnostic, root string) string {
	errs := slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool { return d.Severity != diag.Error })
	d := errs[0]
	place := d.File
	if rel, err := filepath.Rel(root, d.File); err == nil && filepath.IsLocal(rel) {
		place = rel
	}
	if d.Line > 0 {
		place += fmt.Sprintf(":%d", d.Line)
	}
	message, _, _ := strings.Cut(d.Message, "\n")
	text := place + ": " + message
	if n := len(errs) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// tailLines is how much of an output that says nothing known is shown.
const tailLines = 10

// lastLines returns the end of the output.
func lastLines(events []diag.BuildEvent) string {
	var text strings.Builder
	for _, e := range events {
		text.WriteString(e.Output)
	}
	list := strings.Split(strings.TrimSpace(text.String()), "\n")
	return strings.Join(list[max(0, len(list)-tailLines):], "\n")
}

// commandError says how a command failed.
func commandError(name string, err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Errorf("%s failed: %w", name, err)
	}
	return fmt.Errorf("cannot run %s: %w", name, err)
}
