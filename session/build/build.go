// Package build turns the sources of an app into an executable, or into the
// diagnostics that say why there is none. It runs go build, or the developer's
// own command, and knows nothing of what happens to the executable after that,
// nor when a build is due.
package build

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/target"
)

// Options are fixed for the life of a Builder.
type Options struct {
	// CacheDir is the absolute directory for executables and for what a build
	// needs meanwhile. Only one Builder at a time may use it. It is made when it
	// is missing; what hotdev puts into it is readable by the user alone.
	CacheDir string
	// Mode says how far the go command is needed. In any mode but GoBuild the
	// Builder must be closed.
	Mode Mode
	// OnDifference is told, by the Builder's goroutine, that the program that was
	// built last is not what go build makes, in a clause. The next build is one by
	// go build. It may be nil.
	OnDifference func(why string)
	// Lull waits, after a build without the go command, before the Builder does
	// anything beside, so that the program starts undisturbed. A build ends its
	// context. It may be nil.
	Lull func(ctx context.Context)
}

// Mode says what builds an app, once it was built with go build.
type Mode int

// The modes. The program is the same in all of them, but for the order of its
// functions and variables with Fast; what that rests on, say the packages
// incremental and link. A Builder that is not sure of what go build would make
// uses go build, and says why in Result.How. Now and then it compares: after a
// difference it goes on as Exact, after one more as GoBuild.
const (
	GoBuild Mode = iota // the go command
	Exact               // compilers and the linker
	Fast                // the same, without compiling the dependents of declarations that only moved, and with a linker that has begun before
)

// Builder builds one app over and over.
//
// A Builder may be used by several goroutines: builds then wait for each other.
// The goroutines of a running command end before Build and Vet return. Beside
// them there is one, in any mode but GoBuild, that learns after a build how it
// was done, or compares it with go build; Close ends it.
type Builder struct {
	cacheDir     string
	slots        slots
	debugInfo    debugInfo
	fast         *fast // nil: every build is one by the go command
	onDifference func(why string)
	lull         func(context.Context)
	next         atomic.Pointer[forecast] // nil: nothing is known

	building   sync.Mutex // held over a build
	vetting    sync.Mutex // held over a vet
	toolchains toolchains
}

// New returns a Builder.
func New(o Options) *Builder {
	b := &Builder{cacheDir: o.CacheDir, onDifference: o.OnDifference, lull: o.Lull, slots: slots{dir: filepath.Join(o.CacheDir, "slots"), ids: map[string]string{}}}
	switch o.Mode {
	case Exact:
		b.fast = newFast(incremental.Exact, o.CacheDir)
	case Fast:
		b.fast = newFast(incremental.Interface, o.CacheDir)
	}
	return b
}

// Close ends what the Builder does between builds and waits for it. No build
// may run, nor begin, any more.
func (b *Builder) Close() {
	if b.fast != nil {
		b.fast.close()
	}
}

// Request says what to build.
type Request struct {
	Rev     int          // of the sources
	Graph   *graph.Graph // nil: Package is built in Root, and nothing more is known
	Root    string       // absolute; the directory that hotdev works in
	Package string       // main package: import path, or ./directory; "" is Root's
	Flags   []string     // flags for go build
	Tags    []string     // build tags; they are added to those in Flags
	Race    bool         // build with the race detector
	// Optimize compiles for speed. Otherwise, and if Debug is set, code is
	// compiled with -N -l, without which a debugger skips lines and variables.
	Optimize, Debug bool
	// Debugged says that a debugger is there, or will be: the program is linked
	// with debug information at once. Otherwise it has none where that is linked
	// faster; DebugInfo makes it, or DebugInfoAhead.
	Debugged bool
	// GoBuild leaves the build to the go command, whatever Options.Mode says.
	GoBuild bool
	// Command replaces go build. It runs in Root with HOTDEV_OUTPUT in its
	// environment, the path where it must put the executable; {{output}},
	// $HOTDEV_OUTPUT and ${HOTDEV_OUTPUT} in an argument stand for it too.
	Command []string
	Env     []string // whole environment, KEY=value; nil: that of this process
	// Keep lists the executables that must stay as they are, because they run
	// or may have to run again.
	Keep []string
	// OnDiagnostics is told what was found so far, each time a package has
	// failed while others are still being compiled. Without the go command, that
	// is what a type check finds beside the compilers, whose word Result is. It
	// may be nil. Calls do not overlap, and the last one returns before Build
	// does.
	OnDiagnostics func([]diag.Diagnostic)
	// Output is told each line that the build prints, without its end. It may
	// be nil. Calls do not overlap.
	Output func(line string)
}

// Result is how a build ended.
type Result struct {
	// Binary is the executable; nil when the build failed or was cancelled. If
	// an equal one lies at a path of Request.Keep, or came out of the build
	// before, or of an Ahead since, it is that one: equal programs have the same Path
	// and BuildID.
	Binary      *target.Binary
	Diagnostics []diag.Diagnostic // errors of a failed build, warnings of any
	Compile     time.Duration     // until the link began: load and compile
	Link        time.Duration     // 0 for a custom command
	Check       time.Duration     // of types, beside Compile; 0 with the go command, or without OnDiagnostics
	Canceled    bool              // the context ended first
	How         How
	Ahead       bool  // a call of Ahead had built it
	Err         error // one line that says why there is no Binary; nil with one

	packages map[string]string // actions.packages, of go build
}

// Build builds what r says. When ctx ends, the command and all its children
// are killed, and Build returns once they are gone.
func (b *Builder) Build(ctx context.Context, r Request) Result {
	b.building.Lock()
	defer b.building.Unlock()
	b.debugInfo.endEarly()
	start := time.Now()
	res, err := b.build(ctx, &r, start)
	switch {
	case ctx.Err() != nil:
		return Result{Canceled: true, Compile: time.Since(start), Err: fmt.Errorf("the build was cancelled: %w", ctx.Err())}
	case err != nil:
		res.Binary, res.Err = nil, err
	}
	if res.Compile == 0 {
		res.Compile = time.Since(start) - res.Link
	}
	return res
}

// build is Build without cancellation.
func (b *Builder) build(ctx context.Context, r *Request, start time.Time) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	name := executableName(r)
	seed, keep := b.keep(r, name)
	out, err := b.slots.claim(name, keep)
	if err != nil {
		return failure(r, workDir(r), err, nil)
	}
	b.debugInfo.add(out, nil) // whatever was there before
	res, err := b.run(ctx, r, job{out: out, seed: seed, start: start, run: RunTree})
	if err != nil || ctx.Err() != nil {
		b.slots.release(out)
		return res, err
	}
	if err := b.adopt(res.Binary, keep); err != nil {
		b.slots.release(out)
		return failure(r, workDir(r), err, nil)
	}
	b.slots.met(res.Binary.Path)
	return res, nil
}

// newBinary describes the executable at path.
func newBinary(r *Request, path, id string) *target.Binary {
	return &target.Binary{Path: path, BuildID: id, Rev: r.Rev, Package: packagePath(r), Debuggable: r.Debug && !r.Optimize}
}

// keep returns the executable name of the build before, "" for none, and all that
// must stay, or had better.
func (b *Builder) keep(r *Request, name string) (seed string, keep []string) {
	seed = b.slots.newest(name)
	return seed, append(slices.Clone(r.Keep), seed)
}

// job is one run of a build command.
type job struct {
	out   string // where the executable has to be
	seed  string // executable of the build before; "" for none
	start time.Time
	run   func(*exec.Cmd) error
}

// run runs the command that r asks for.
func (b *Builder) run(ctx context.Context, r *Request, j job) (Result, error) {
	if len(r.Command) > 0 {
		res, err := b.runCommand(ctx, r, j)
		res.How = How{Method: OwnCommand}
		b.foresee(res.How, nil)
		return res, err
	}
	return b.runGo(ctx, r, j)
}

// adopt exchanges a new executable for an equal one among keep, or among those made
// ahead, or records what is new about it.
func (b *Builder) adopt(bin *target.Binary, keep []string) error {
	for i, path := range slices.Concat(keep, b.slots.ahead) {
		made := i >= len(keep) // ahead: nothing has to stay as it is
		if made && b.debugInfo.apart(path) && !b.debugInfo.apart(bin.Path) {
			continue
		}
		if path != "" && b.slots.buildID(path) == bin.BuildID && !b.debugInfo.without(path) {
			b.slots.release(bin.Path)
			bin.Path = path
			return nil
		}
	}
	return b.slots.setBuildID(bin.Path, bin.BuildID, !b.debugInfo.apart(bin.Path))
}

// scratch makes a directory for the temporary files of one command. Only one
// may use a kind at a time.
func (b *Builder) scratch(kind string) (string, error) {
	dir := filepath.Join(b.cacheDir, "tmp-"+kind)
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", fmt.Errorf("cannot make a directory for the build's temporary files: %w", err)
	}
	return dir, nil
}

// executableName names the executable like go build does: by the last element
// of the import path that is no major version.
func executableName(r *Request) string {
	p := packagePath(r)
	name := path.Base(filepath.ToSlash(p))
	if rest, isVersion := strings.CutPrefix(name, "v"); isVersion && strings.Trim(rest, "0123456789") == "" && path.Dir(p) != "." {
		name = path.Base(path.Dir(p))
	}
	if strings.Trim(name, "./") == "" {
		name = filepath.Base(r.Root)
	}
	name = cmp.Or(strings.Trim(name, `./\`), "app")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}
