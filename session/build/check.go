package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// firstCheck and checkEvery say after how many incremental builds one is
// compared with go build; after a Resume it is the first.
const (
	firstCheck = 3
	checkEvery = 25
)

// check compares the program that was just built from r with go build's, in
// the background, when it is time, after the lull, and after it has let the linker
// get ready for the next build. A newer build ends it; then it is made up for after
// that one.
func (f *fast) check(b *Builder, r Request, flags goFlags) {
	f.unchecked++
	r.Output, r.OnDiagnostics = nil, nil
	debug := b.ownDebugInfo(&r)
	f.behind(func(ctx context.Context, ready func()) {
		ready()
		if b.lull != nil {
			b.lull(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		f.builder.AwaitLink(ctx, debug, f.cutoff)
		f.builder.Warm(ctx)
		f.save(ctx)
		_ = f.builder.Share(ctx) // if it was ended before
		if f.unchecked < f.due {
			return
		}
		same, err := f.compare(ctx, b, &r, flags)
		switch {
		case err != nil: // nothing is known: ended, or the sources changed
		case same:
			f.unchecked, f.due = 0, checkEvery
			f.save(ctx) // go build has touched what it has used of its cache
		default:
			f.unchecked, f.due = 0, firstCheck
			f.distrust(f.cutoff)
			f.learned = errors.New(cmp.Or(f.off, f.limited))
			b.foresee(How{Method: GoCommand, Reason: f.learned.Error()}, nil)
			if b.onDifference != nil {
				b.onDifference(f.learned.Error())
			}
		}
	})
}

// recall distrusts what was found wrong before, by this Builder or an earlier
// one.
func (f *fast) recall() {
	for _, c := range []incremental.Cutoff{incremental.Interface, incremental.Exact} {
		if _, err := os.Stat(f.evidenceOf(c)); err == nil {
			f.distrust(c)
		}
	}
}

// distrust gives up a cut-off, and those that save more.
func (f *fast) distrust(c incremental.Cutoff) {
	why := fmt.Sprintf("a program was not what go build makes of the same sources: remove %s, which shows it, to try again", f.evidenceOf(c))
	switch {
	case c == incremental.Exact:
		f.off = why
	case f.cutoff == incremental.Interface:
		f.cutoff, f.limited = incremental.Exact, why
	}
}

// evidenceOf is the directory with what shows that a cut-off is not to be
// trusted.
func (f *fast) evidenceOf(c incremental.Cutoff) string {
	return filepath.Join(f.evidence, c.String())
}

// compare reports whether go build makes the program that was built last. For
// that, it is linked as go build does.
func (f *fast) compare(ctx context.Context, b *Builder, r *Request, flags goFlags) (same bool, err error) {
	tmp, err := b.scratch("check")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(tmp)
	if err := f.builder.Unchanged(); err != nil {
		return false, err
	}
	byGo, ours := filepath.Join(tmp, "go-build"), filepath.Join(tmp, "incremental")
	res, err := runGoBuild(ctx, r, flags, job{out: byGo, run: runBehind}, tmp)
	if err != nil {
		return false, err
	}
	if err := f.builder.Unchanged(); err != nil {
		return false, err
	}
	id, err := f.builder.LinkPlain(ctx, ours)
	if err != nil || res.Binary.BuildID == id {
		return err == nil, err
	}
	_ = f.builder.Forget()
	f.keepEvidence(r, flags, byGo, ours)
	return false, nil
}

// keepEvidence keeps the two programs that ought to be the same, and what the
// one was made from, as far as it can.
func (f *fast) keepEvidence(r *Request, flags goFlags, byGo, ours string) {
	dir := f.evidenceOf(f.cutoff)
	_ = os.RemoveAll(dir)
	if makePrivate(dir) != nil {
		return
	}
	_ = os.Rename(byGo, filepath.Join(dir, "by-go-build"))
	_ = os.Rename(ours, filepath.Join(dir, "program"))
	_ = f.builder.SaveEvidence(dir)
	text := fmt.Sprintf(evidenceText, packagePath(r), r.Rev, f.cutoff, runtime.Version(), flags.args)
	_ = os.WriteFile(filepath.Join(dir, "README"), []byte(text), 0o600)
}

// evidenceText explains the directory to who finds it.
const evidenceText = `hotdev built program from sources, incrementally, with archives of its own; go build
made by-go-build of the same sources. The two differ and should not: please report it.
Remove this directory to let hotdev build like that again.

package %s, rev %d, cut-off %s, hotdev built with %s, flags %q
`
