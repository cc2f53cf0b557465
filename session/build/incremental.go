package build

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
	"github.com/hotdev/hotdev/session/diag"
)

// fast builds without the go command where it can. After each go build it
// learns how that was done, and now and then, and soon after it has gone on from
// what an earlier fast has kept, it compares what it has built with what go build
// makes. What it has learned and built it keeps for a later one. All this is done
// by one goroutine at a time, which owns the fields until it has ended; close ends
// it. Otherwise fast belongs to whoever holds the Builder's building mutex.
type fast struct {
	cutoff   incremental.Cutoff
	builder  *incremental.Builder // nil before the first build
	resumed  bool                 // builder has gone on from what was kept, if it can
	made     string               // path of the last executable of go build, while it is learned from
	learned  error                // why the last learning came to nothing, or is of no use any more
	failed   int                  // how often in a row learning came to nothing
	limited  string               // why less is cut off than could be; "" if it is not
	off      string               // why nothing is built incrementally any more; "" if it is
	evidence string               // directory for what shows that a cut-off is not to be trusted

	unchecked int // incremental builds since the last comparison
	due       int // how many there shall be

	ctx    context.Context // ends the goroutine
	cancel context.CancelFunc
	ready  chan struct{} // closed when the goroutine has done what the next build needs
	stop   func()        // ends the goroutine, which is of use but not needed after that
	done   chan struct{} // closed when the goroutine has ended; nil: none began
}

func newFast(cutoff incremental.Cutoff, cacheDir string) *fast {
	f := &fast{cutoff: cutoff, due: firstCheck, evidence: filepath.Join(cacheDir, "incremental-differs"), made: filepath.Join(cacheDir, "made")}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	f.recall()
	return f
}

// close ends the goroutine and waits for it.
func (f *fast) close() {
	f.cancel()
	if f.done != nil {
		<-f.done
	}
	if f.builder != nil {
		f.builder.Close()
	}
}

// settle waits until the goroutine has learned, and ends it.
func (f *fast) settle(ctx context.Context) {
	if f.done == nil {
		return
	}
	select {
	case <-f.ready:
		f.stop()
		f.wait(ctx) // not long
	case <-ctx.Done():
	}
}

// wait waits until the goroutine has ended.
func (f *fast) wait(ctx context.Context) {
	if f.done == nil {
		return
	}
	select {
	case <-f.done:
		f.done = nil
	case <-ctx.Done():
	}
}

// unable says what keeps f from building, when the goroutine has ended; "" for
// nothing.
func (f *fast) unable() string {
	if f.off == "" && f.learned != nil {
		return f.learned.Error()
	}
	return f.off
}

// behind starts the goroutine. The next build waits until it has called ready,
// or has ended.
func (f *fast) behind(work func(ctx context.Context, ready func())) {
	ctx, stop := context.WithCancel(f.ctx)
	done, ready := make(chan struct{}), make(chan struct{})
	f.done, f.ready, f.stop = done, ready, stop
	isReady := sync.OnceFunc(func() { close(ready) })
	go func() {
		defer close(done)
		defer stop()
		defer isReady()
		work(ctx, isReady)
	}()
}

// how is how it builds.
func (f *fast) how() How { return How{Method: Incremental, Reason: f.limited} }

// learnTries is how often in a row learning may fail for other reasons than
// changing sources before it is given up.
const learnTries = 3

// learn starts to learn how the build of r, described by c, which made m, was
// done.
func (f *fast) learn(b *Builder, r *Request, c incremental.Config, m incremental.Made) {
	debug := b.ownDebugInfo(r)
	f.behind(func(ctx context.Context, ready func()) {
		f.learned = f.builder.Capture(ctx, c, m)
		switch {
		case f.learned == nil:
			f.failed = 0
			b.foresee(f.how(), f.builder.Obstacles())
		case errors.Is(f.learned, incremental.ErrChanged) || ctx.Err() != nil:
		default:
			if f.failed++; f.failed == learnTries {
				f.off = f.learned.Error()
			}
			b.foresee(How{Method: GoCommand, Reason: f.learned.Error()}, nil)
		}
		_ = os.Remove(m.File)
		ready()
		f.builder.Warm(ctx)
		f.save(ctx) // first, as a linker may have to be built
		f.builder.AwaitLink(ctx, debug, f.cutoff)
		_ = f.builder.Share(ctx)
	})
}

// save keeps what is known for a later Builder. Without it, that begins with go
// build.
func (f *fast) save(ctx context.Context) { _ = f.builder.Save(ctx) }

// hold gives the executable that go build has made another name, under which it
// stays while it is learned from; "" if it can't have one.
func (f *fast) hold(path string) string {
	_ = os.Remove(f.made)
	if os.Link(path, f.made) != nil {
		return ""
	}
	return f.made
}

// prepareFast makes the incremental builder, unless there is one, and says how
// r is built with it. Its error is an *incremental.Fallback, or the context's.
func (b *Builder) prepareFast(ctx context.Context, r *Request, flags goFlags, tc toolchain) (c incremental.Config, err error) {
	if why := cmp.Or(incremental.Supported(runtime.GOOS, tc.version), refusedFlag(tc.flags, r.Flags)); why != "" {
		return c, &incremental.Fallback{Reason: why}
	}
	f := b.fast
	if f.builder == nil {
		f.builder, err = incremental.New(incremental.Options{Dir: filepath.Join(b.cacheDir, "incremental"), Tools: sharedTools(), Run: RunTree, Background: runBehind})
		if err != nil {
			return c, &incremental.Fallback{Reason: err.Error()}
		}
	}
	dir := workDir(r)
	c = incremental.Config{Dir: dir, Package: cmp.Or(packagePath(r), "."), Flags: flags.args, Env: environ(r, dir)}
	if !f.resumed && f.off == "" {
		var ok bool
		if ok, f.learned = f.builder.Resume(ctx, c, f.cutoff); ctx.Err() != nil {
			return c, ctx.Err()
		}
		if f.resumed = true; ok {
			f.due = 1
		}
	}
	return c, nil
}

// runFast builds r incrementally. Its error is an *incremental.Fallback when go
// build has to do it; then c is how go build will, and learn says whether that
// is worth learning.
func (b *Builder) runFast(ctx context.Context, r *Request, flags goFlags, tc toolchain, j job) (res Result, c incremental.Config, learn bool, err error) {
	if c, err = b.prepareFast(ctx, r, flags, tc); err != nil {
		return res, c, false, err
	}
	f, dir := b.fast, workDir(r)
	f.settle(ctx)
	if ctx.Err() != nil {
		return res, c, false, ctx.Err()
	}
	if why := f.unable(); why != "" {
		return res, c, f.off == "", &incremental.Fallback{Reason: why}
	}
	report, err := f.builder.Build(ctx, incremental.Request{
		Config:  c,
		Cutoff:  f.cutoff,
		Output:  j.out,
		Debug:   b.ownDebugInfo(r),
		Keep:    b.debugInfo.kept(),
		OnCheck: onCheck(ctx, r, dir),
	})
	failures := incremental.Failures(nil)
	switch {
	case errors.As(err, &failures) && slices.ContainsFunc(flags.args, isTrimpath):
		return res, c, true, &incremental.Fallback{Reason: "the compiler's messages have trimmed paths"}
	case errors.As(err, &failures):
		res, err := failure(r, dir, commandError("compile", failures), printed(ctx, r, dir, failures))
		res.How, res.Check = f.how(), report.Check
		return res, c, false, err
	case err != nil:
		return res, c, true, err
	}
	b.debugInfo.add(j.out, report.Stripped)
	how := f.how()
	b.foresee(how, f.builder.Obstacles())
	how.Link = report.Method
	if why := cmp.Or(report.Why, b.debugInfo.needed()); why != "" {
		how.Link += " (" + why + ")"
	}
	f.check(b, *r, flags)
	return Result{
		Binary:  newBinary(r, j.out, report.ID),
		Compile: time.Since(j.start) - report.Link,
		Link:    report.Link,
		Check:   report.Check,
		How:     how,
		Ahead:   report.Ahead,
	}, c, false, nil
}

// printed passes on what the compilers said as if go build had printed it, and
// returns its events.
func printed(ctx context.Context, r *Request, dir string, failures incremental.Failures) []diag.BuildEvent {
	out := newOutput(ctx, r, dir)
	for _, e := range events(dir, failures) {
		out.add(e)
	}
	return out.finish()
}

// events are those that go build would have printed for failures.
func events(dir string, failures incremental.Failures) []diag.BuildEvent {
	var list []diag.BuildEvent
	for _, f := range failures {
		list = append(list, diag.BuildEvent{ImportPath: f.Package, Output: "# " + f.Package + "\n"})
		for line := range strings.Lines(f.Output) {
			list = append(list, diag.BuildEvent{ImportPath: f.Package, Output: shorten(line, dir)})
		}
		list = append(list, diag.BuildEvent{ImportPath: f.Package, Action: "build-fail"})
	}
	return list
}

// shorten makes the paths in a line of a compiler's output relative to dir, at
// the places where the go command does.
func shorten(line, dir string) string {
	dir += string(filepath.Separator)
	line = strings.TrimPrefix(line, dir)
	for _, before := range []string{" ", "\t", "("} {
		line = strings.ReplaceAll(line, before+dir, before)
	}
	return line
}

// allowedFlags are the build flags that change nothing about how a program is
// built, or only the arguments of compilers and the linker.
var allowedFlags = []string{"race", "tags", "gcflags", "ldflags", "trimpath", "v", "p", "buildvcs", "mod"}

// refusedFlag says which of the developer's flags keeps a program from being
// built incrementally; "" if none does.
func refusedFlag(lists ...[]string) string {
	for _, flags := range lists {
		for i := 0; i < len(flags); i++ {
			name, value, given := strings.Cut(strings.TrimLeft(flags[i], "-"), "=")
			if takesValue[name] && !given {
				i++
			}
			if !slices.Contains(allowedFlags, name) || name == "buildvcs" && value != "false" {
				return "the build flag -" + name
			}
		}
	}
	return ""
}

func isTrimpath(flag string) bool { return strings.HasPrefix(flag, "-trimpath") }

// sharedTools is the directory for tools that all of the user's apps share; ""
// if there can be none.
func sharedTools() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "hotdev", "tools")
}

// runBehind is RunTree for what nobody waits for.
func runBehind(cmd *exec.Cmd) error { return runTreeAt(cmd, lowPriority) }
