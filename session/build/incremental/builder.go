package incremental

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/hotdev/hotdev/session/build/archive"
	"github.com/hotdev/hotdev/session/build/link"
	"github.com/hotdev/hotdev/session/build/typecheck"
)

// Options are fixed for the life of a Builder.
type Options struct {
	// Dir is a directory of the Builder's own, absolute, which holds nothing but
	// what an earlier Builder has left there.
	Dir string
	// Run runs a command whose context may end, and returns when it and all its
	// children are gone. Background does the same for what nobody waits for.
	Run, Background func(*exec.Cmd) error
	// Tools is a directory that Builders share (link.Options.Tools).
	Tools string
}

// Builder builds one program over and over. Its methods must not be called at the
// same time. Beyond a call it has a linker that waits, which Close ends.
type Builder struct {
	options      Options
	captured     *capture // nil: nothing is known of the program
	checker      *typecheck.Checker
	objects      objects
	interfaces   interfaces
	publications publications
	serial       int      // of the newest published archive
	edited       []string // import paths of packages that were edited last, the newest first
	executables  executables
	last         archive.Hash // of what the program was made from that was built last
	linker       *link.Linker
	ids          []programID // of programs that go build made, the newest last
	unshared     *rehearsal  // of the capture, for Share; nil: there is nothing new
	differed     bool        // a program was not what go build makes: rehearsals that are kept are not used
	lock         *flock.Flock
	left         *kept                   // by the Builder before, for Resume; nil: nothing of use
	unkept       error                   // why not; nil: there was nothing
	saved        map[string]archive.Hash // hashes of the Builder's own archives, by path, that the file has which was saved last

	// Of the build in progress:
	ahead bool         // it is one ahead of a save
	cpu   atomic.Int64 // nanoseconds that its commands took of processors
}

// New returns a Builder that knows of no program, until Capture or Resume.
func New(o Options) (*Builder, error) {
	b := &Builder{
		options:      o,
		checker:      typecheck.New(),
		objects:      objects{dir: filepath.Join(o.Dir, "objects")},
		executables:  executables{dir: filepath.Join(o.Dir, "executables")},
		publications: publications{},
	}
	err := b.open()
	if err == nil {
		b.linker, err = link.New(link.Options{Dir: filepath.Join(o.Dir, "link"), Tools: o.Tools, Run: o.Run})
	}
	if err != nil {
		_ = b.lock.Close() // nobody has it then
		return nil, fmt.Errorf("cannot take a directory for compiled packages: %w", err)
	}
	return b, nil
}

// Close ends what goes on beyond calls, and leaves the directory to others.
func (b *Builder) Close() {
	b.linker.Close()
	_ = b.lock.Close()
}

// Config describes a program and how it is built, in the words of the go
// command.
type Config struct {
	Dir     string   // where the go command runs, absolute and without symbolic links
	Package string   // main package
	Flags   []string // of go build, but -o and -json
	Env     []string // whole environment, KEY=value
}

func (c Config) equal(d Config) bool {
	return c.Dir == d.Dir && c.Package == d.Package && slices.Equal(c.Flags, d.Flags) && slices.Equal(c.Env, d.Env)
}

// Cutoff says when a package is as good as it was for those that import it.
type Cutoff int

// The ways to decide that dependents need not be compiled again.
const (
	// Exact: the export data has the same bytes.
	Exact Cutoff = iota
	// Interface: the export data is the same but for the positions of
	// declarations.
	Interface
)

func (c Cutoff) String() string {
	if c == Interface {
		return "interface"
	}
	return "exact"
}

// Request says what to build.
type Request struct {
	Config
	Cutoff Cutoff
	Output string // where the executable has to be; nothing may be there
	// Debug asks for an executable with debug information. Otherwise it has none
	// if it is linked faster so, and a debug twin can be made.
	Debug bool
	Keep  []*Stripped // executables whose debug twins can be asked for still
	// Overlay, unless it is nil, makes this a build ahead of a save, which
	// nobody waits for: it takes one processor at most, its result is kept for a
	// Build of files with just these contents, and what the next Build starts from
	// stays as it is.
	Overlay Overlay
	// OnCheck, if not nil, is told what a type check found so far, each time a
	// package has failed there, beside the compilers. Its output is nearly that of
	// the compiler, whose own Build returns; it may be wrong. Calls do not
	// overlap, and the last one returns before Build does.
	OnCheck func(Failures)
}

// Report is what was built.
type Report struct {
	Compiled      []string      // import paths, sorted
	Compile, Link time.Duration // the first includes reading the sources
	Check         time.Duration // of types, beside compilers; known of a build that failed, too
	CPU           time.Duration // what compilers and the linker took; known of a build that failed, too
	Ahead         bool          // all was done by a build ahead of the save
	// ID is equal for equal programs, however they were linked. That of a program
	// which go build made before is the one it has there (Made).
	ID       string
	Method   string    // how the program was linked, in a few words
	Why      string    // why it was not linked faster, in one clause; "" if there is no faster way
	Stripped *Stripped // nil: the executable has its debug information
}

// attempts is how often a build begins anew because sources changed under it.
const attempts = 3

// Build builds what r says, from what Capture found. Its errors are Failures,
// a *Fallback, and the context's. Only a build that succeeds changes what the
// next one starts from.
func (b *Builder) Build(ctx context.Context, r Request) (Report, error) {
	b.ahead = r.Overlay != nil
	b.cpu.Store(0)
	report, err := b.build(ctx, r)
	report.CPU = time.Duration(b.cpu.Load())
	if ctx.Err() != nil {
		return report, ctx.Err()
	}
	if failures := (Failures)(nil); err == nil || errors.As(err, &failures) {
		return report, err
	}
	if f := (*Fallback)(nil); errors.As(err, &f) {
		return report, f
	}
	return report, fallback("%v", err)
}

func (b *Builder) build(ctx context.Context, r Request) (Report, error) {
	start := time.Now()
	c, err := b.known(r.Config)
	if err != nil {
		return Report{}, err
	}
	prepare := sync.OnceValue(func() error { return cmp.Or(c.check(), b.clearTemp()) })
	if b.ahead {
		if err := prepare(); err != nil {
			return Report{}, err
		}
	}
	for range attempts {
		p, err := b.planNow(ctx, c, r.Overlay)
		if err != nil {
			return Report{}, err
		}
		run := b.newRun(c, p, r, prepare)
		err = run.compileAll(ctx)
		if run.stale() {
			run.discard()
			continue
		}
		report := Report{Compiled: run.compiled, Compile: time.Since(start)}
		linking := time.Now()
		if err == nil {
			err = b.link(ctx, c, run, r, &report)
		}
		if err != nil {
			run.discard()
			return Report{Check: run.checking}, err
		}
		report.Link = time.Since(linking)
		if !b.ahead {
			run.commit()
		}
		if run.published() { // else it can wait
			b.sweep(r.Keep)
		}
		report.Check = run.checking
		return report, nil
	}
	return Report{}, fallback("the sources change faster than they are built")
}

var errOtherProgram = errors.New("the flags, the environment or the main package changed")

// known returns what is known of a program.
func (b *Builder) known(config Config) (*capture, error) {
	switch {
	case b.captured == nil:
		return nil, fallback("how the program is built is not known yet")
	case !b.captured.Config.equal(config):
		return nil, &Fallback{Reason: errOtherProgram.Error()}
	}
	return b.captured, nil
}

// planNow reads the sources and plans their build.
func (b *Builder) planNow(ctx context.Context, c *capture, overlay Overlay) (*plan, error) {
	now, err := c.scan(overlay)
	if err != nil {
		return nil, fallback("the sources cannot be read: %v", err)
	}
	b.meet(ctx, c, now)
	p, reason := c.plan(now)
	if reason != "" {
		return nil, fallback("%s", reason)
	}
	return p, nil
}

// Unchanged says that the sources are those of the last build, or why not.
func (b *Builder) Unchanged() error {
	if b.captured == nil {
		return errors.New("nothing was built")
	}
	now, err := b.captured.scan(nil)
	if err == nil && !reflect.DeepEqual(now, b.captured.Sources) {
		err = errors.New("the sources changed")
	}
	return err
}

// aside runs a command that nobody waits for on one processor.
func (o Options) aside(cmd *exec.Cmd) error {
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	return o.Background(cmd)
}

// execute runs a command of a build.
func (b *Builder) execute(cmd *exec.Cmd) error {
	run := b.options.Run
	if b.ahead {
		run = b.options.aside
	}
	err := run(cmd)
	if s := cmd.ProcessState; s != nil {
		b.cpu.Add(int64(s.UserTime() + s.SystemTime()))
	}
	return err
}

// checkTools finds out whether the tools are what they were.
func (c *capture) checkTools() error {
	for path, was := range c.Tools {
		if is, err := identity(path); err != nil || is != was {
			return fallback("%s changed", path)
		}
	}
	return nil
}

// check finds out whether the tools and archives are where they were.
func (c *capture) check() error {
	if err := c.checkTools(); err != nil {
		return err
	}
	for _, p := range c.Pkgs {
		if _, err := os.Stat(p.Archive); err != nil {
			return fallback("the build cache lost package %s", p.Path)
		}
	}
	return nil
}

// temp is a file that lasts for one build.
func (b *Builder) temp(name string) string { return filepath.Join(b.options.Dir, "tmp", name) }

func (b *Builder) clearTemp() error {
	return errors.Join(os.RemoveAll(b.temp("")), os.MkdirAll(b.temp(""), 0o700))
}

// tempEnv makes commands put their temporary files where the next build removes
// what they leave.
func (b *Builder) tempEnv() []string {
	return []string{"TMPDIR=" + b.temp(""), "GOTMPDIR=" + b.temp("")}
}

// published is where the archives for dependents and the linker are.
func (b *Builder) published(name string) string {
	return filepath.Join(b.options.Dir, "published", name)
}
