package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// firstCheck and checkEvery say after how many incremental builds one is
// compared with go build.
const (
	firstCheck = 3
	checkEvery = 25
)

// check compares the program that was just built from r with go build's, in
// the background, when it is time. A newer build ends it; then it is made up for
// after that one.
func (f *fast) check(b *Builder, r Request, flags goFlags, id string) {
	if f.unchecked++; f.unchecked < f.due {
		return
	}
	r.Output, r.OnDiagnostics = nil, nil
	f.behind(func(ctx context.Context) {
		same, err := f.compare(ctx, b, &r, flags, id)
		switch {
		case err != nil: // nothing is known: ended, or the sources changed
		case same:
			f.unchecked, f.due = 0, checkEvery
		case f.cutoff == incremental.Interface:
			f.cutoff = incremental.Exact
			f.limited = fmt.Sprintf("a program built with less was not what go build makes of the same sources; the two are in %s", f.evidence)
			f.learned = fmt.Errorf("the program was not what go build makes of the same sources; the two are in %s", f.evidence)
			b.foresee(How{Method: GoCommand, Reason: f.learned.Error()}, nil)
		default:
			f.off = fmt.Sprintf("the program was not what go build makes of the same sources; the two are in %s", f.evidence)
			b.foresee(How{Method: GoCommand, Reason: f.off}, nil)
		}
	})
}

// compare reports whether go build makes a program with the given build ID.
func (f *fast) compare(ctx context.Context, b *Builder, r *Request, flags goFlags, id string) (same bool, err error) {
	tmp, err := b.scratch("check")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)
	if err := f.builder.Unchanged(); err != nil {
		return false, err
	}
	res, err := runGoBuild(ctx, r, flags, job{tmp: tmp, out: filepath.Join(tmp, "program"), run: runBehind})
	if err != nil {
		return false, err
	}
	if err := f.builder.Unchanged(); err != nil || res.Binary.BuildID == id {
		return err == nil, err
	}
	f.keepEvidence(res.Binary.Path)
	return false, nil
}

// keepEvidence keeps the two programs that ought to be the same, if it can.
func (f *fast) keepEvidence(byGo string) {
	_ = os.RemoveAll(f.evidence)
	if makePrivate(f.evidence) == nil {
		_ = f.builder.LinkLast(filepath.Join(f.evidence, "incremental"))
		_ = os.Rename(byGo, filepath.Join(f.evidence, "go-build"))
	}
}
