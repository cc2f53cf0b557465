package build

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/target"
)

// fast builds without the go command where it can. After each go build it
// learns, in one goroutine, how that was done; the next build waits for it, and
// close ends it. It belongs to whoever holds the Builder's building mutex.
type fast struct {
	cutoff  incremental.Cutoff
	builder *incremental.Builder // nil before the first build
	learned error                // why the last learning came to nothing

	ctx    context.Context // ends the learning
	cancel context.CancelFunc
	done   chan struct{} // closed when the learning has ended; nil: none began
}

func newFast(cutoff incremental.Cutoff) *fast {
	f := &fast{cutoff: cutoff}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// close ends the learning and waits for it.
func (f *fast) close() {
	f.cancel()
	if f.done != nil {
		<-f.done
	}
}

// settle waits for the learning to end.
func (f *fast) settle(ctx context.Context) {
	if f.done == nil {
		return
	}
	select {
	case <-f.done:
		f.done = nil
	case <-ctx.Done():
	}
}

// learn starts to learn how the build described by c was done.
func (f *fast) learn(c incremental.Config) {
	done := make(chan struct{})
	f.done = done
	go func() {
		defer close(done)
		f.learned = f.builder.Capture(f.ctx, c)
	}()
}

// runFast builds r incrementally. Its error is an *incremental.Fallback when go
// build has to do it; then c is how go build will, and learn says whether that
// is worth learning.
func (b *Builder) runFast(ctx context.Context, r *Request, flags goFlags, tc toolchain, j job) (res Result, c incremental.Config, learn bool, err error) {
	dir := workDir(r)
	if why := cmp.Or(incremental.Supported(runtime.GOOS, tc.version), refusedFlag(tc.flags, r.Flags)); why != "" {
		return res, c, false, &incremental.Fallback{Reason: why}
	}
	c = incremental.Config{Dir: dir, Package: cmp.Or(packagePath(r), "."), Flags: flags.args, Env: environ(r, dir)}
	f := b.fast
	if f.builder == nil {
		f.builder, err = incremental.New(incremental.Options{Dir: filepath.Join(b.cacheDir, "incremental"), Run: runTree, Background: runBehind})
		if err != nil {
			return res, c, false, &incremental.Fallback{Reason: err.Error()}
		}
	}
	f.settle(ctx)
	if ctx.Err() != nil {
		return res, c, false, ctx.Err()
	}
	if f.learned != nil {
		return res, c, true, &incremental.Fallback{Reason: f.learned.Error()}
	}
	report, err := f.builder.Build(ctx, incremental.Request{Config: c, Cutoff: f.cutoff, Output: j.out})
	failures := incremental.Failures(nil)
	switch {
	case errors.As(err, &failures) && slices.ContainsFunc(flags.args, isTrimpath):
		return res, c, true, &incremental.Fallback{Reason: "the compiler's messages have trimmed paths"}
	case errors.As(err, &failures):
		res, err := failure(r, dir, commandError("compile", failures), printed(ctx, r, dir, failures))
		res.Incremental = true
		return res, c, false, err
	case err != nil:
		return res, c, true, err
	}
	id := hex.EncodeToString(report.ContentID)
	return Result{
		Binary:      &target.Binary{Path: j.out, BuildID: id, Rev: r.Rev, Package: packagePath(r), Debuggable: r.Debug && !r.Optimize},
		Compile:     time.Since(j.start) - report.Link,
		Link:        report.Link,
		Incremental: true,
	}, c, false, nil
}

// printed passes on what the compilers said as if go build had printed it, and
// returns it as events.
func printed(ctx context.Context, r *Request, dir string, failures incremental.Failures) []diag.BuildEvent {
	out := newOutput(ctx, r, dir)
	for _, f := range failures {
		out.add(diag.BuildEvent{ImportPath: f.Package, Output: "# " + f.Package + "\n"})
		for line := range strings.Lines(f.Output) {
			out.add(diag.BuildEvent{ImportPath: f.Package, Output: shorten(line, dir)})
		}
		out.add(diag.BuildEvent{ImportPath: f.Package, Action: "build-fail"})
	}
	return out.finish()
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
				return fmt.Sprintf("the build flag %s", flags[min(i, len(flags)-1)])
			}
		}
	}
	return ""
}

func isTrimpath(flag string) bool { return strings.HasPrefix(flag, "-trimpath") }

// runBehind is runTree for what nobody waits for.
func runBehind(cmd *exec.Cmd) error { return runTreeAt(cmd, lowPriority) }
