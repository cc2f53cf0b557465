package incremental

import (
	"errors"
	"fmt"
)

// Fallback is the error that go build has to be used instead, now or always.
type Fallback struct {
	Reason string // one clause
}

func (f *Fallback) Error() string { return "not built incrementally: " + f.Reason }

func fallback(format string, args ...any) error {
	return &Fallback{Reason: fmt.Sprintf(format, args...)}
}

// Failure is what the compiler says against the sources of one package.
type Failure struct {
	Package string // import path
	Output  string // lines, as go build would print them below the package's name
}

func (f *Failure) Error() string { return "package " + f.Package + " does not compile:\n" + f.Output }

// Failures are those of one build, by import path.
type Failures []*Failure

func (f Failures) Error() string { return errors.Join(f.list()...).Error() }

func (f Failures) list() []error {
	var list []error
	for _, failure := range f {
		list = append(list, failure)
	}
	return list
}
