// Package run starts built apps and answers for everything they start: it is
// the plain target.Runner. It finds out when an app serves, passes its standard
// streams, stops it gracefully and leaves no process behind, not even when this
// process is killed. It knows nothing of builds, of the session or of any
// protocol.
//
// # The process tree
//
// An app's tree is its main process, all descendants of that, its process
// group, and every process that carries the app's marker, HOTDEV_RUN, in its
// environment. The marker finds what has left the group (setsid) and lost its
// parent (a double fork), also when several versions of one app run side by
// side, where a child subreaper could not tell whose orphan it got. Only a
// process that does all three, new session, parent gone, environment
// overwritten, before anything has looked at the tree can escape.
//
// Systems without /proc know descendants and the group only; Windows keeps the
// tree in a job object, which nothing escapes.
//
// # When this process dies
//
// On Linux the app's main process is killed by its parent-death signal. A guard
// process (see Helper) holds one end of a pipe whose other end only this
// process has; when the pipe ends it kills the trees of all apps. What is left
// if the guard died too, the next start kills with Reap. On Windows the job
// object ends with its last handle.
package run

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/hotdev/hotdev/session/target"
)

// ErrClosed is returned by Start and Prepare after Close.
var ErrClosed = errors.New("the runner is closed")

// Options configures a Runner.
type Options struct {
	// Exe is the absolute path of the program whose main calls Helper first, as
	// a rule os.Executable(). From it the guard is started. Empty: there is no guard,
	// and on systems other than Linux and Windows a killed hotdev leaves the
	// app behind.
	Exe string
	// StateDir is the absolute path of a directory private to the user, created
	// if need be, where it is recorded what runs, for Reap. Empty: nothing is
	// recorded.
	StateDir string
	// Logger gets what went wrong without failing a call; nil: discarded.
	Logger *slog.Logger
}

// Runner starts apps as children of this process. It implements target.Runner.
//
// Its goroutines: one that waits for the guard, and those of the processes (see
// process); Close ends and waits for all of them.
type Runner struct {
	opt Options
	id  string // unique to this runner: 16 hex digits

	mu     sync.Mutex
	closed bool
	count  int // of processes started so far
	live   map[*process]struct{}
	keeper *keeper  // nil until the first Start or Prepare
	ahead  *process // waits for a Start, see Prepare; nil: none does
}

var _ target.Runner = (*Runner)(nil)

// New returns a Runner. It starts nothing before the first Start or Prepare.
func New(o Options) *Runner {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails: see its documentation
	return &Runner{opt: o, id: hex.EncodeToString(id), live: map[*process]struct{}{}}
}

// Start starts spec.Binary and returns once the process exists. ctx bounds the
// start only. An executable that is still open for writing somewhere, as after
// a build, is tried again for up to a second.
//
// The process gets spec.Env, with HOTDEV_RUN set to its marker and, given
// spec.Dir, PWD set to that. A spec.Stdin that is an *os.File is handed to the
// process as it is; any other reader is read by a goroutine until its Read
// returns after the process has ended, so end or close it then. The same holds
// for files as spec.Stdout and spec.Stderr; equal writers are written to by one
// goroutine.
func (r *Runner) Start(ctx context.Context, spec target.Spec) (target.Process, error) {
	if spec.Binary.BuildID != "" { // else it is none of the app's
		if p := r.swapAhead(nil); p != nil {
			if p.take(spec) {
				return p, nil
			}
			p.askStop()
		}
	}
	p, err := r.launch(ctx, spec, nil)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", spec.Binary.Path, err)
	}
	return p, nil
}

// launch starts a process, which runs at once unless it is to be prepared only.
func (r *Runner) launch(ctx context.Context, spec target.Spec, only *prepared) (*process, error) {
	p, err := r.register(spec)
	if err != nil {
		return nil, err
	}
	p.prepared = only
	started := make(chan error, 1)
	go func() {
		defer r.forget(p)
		p.supervise(ctx, started)
	}()
	return p, <-started
}

// Prepare implements target.Runner. Linux only: it makes the process wait with a
// stop at its exec.
func (r *Runner) Prepare(ctx context.Context, spec target.Spec) (letGo func(), err error) {
	if !canHold {
		return nil, fmt.Errorf("preparing %s: %w", spec.Binary.Path, errors.ErrUnsupported)
	}
	if old := r.swapAhead(nil); old != nil {
		old.askStop()
	}
	p, err := r.launch(ctx, spec, newPrepared(ctx))
	if err == nil && ctx.Err() != nil { // another one may wait by now
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", spec.Binary.Path, err)
	}
	if other := r.swapAhead(p); other != nil {
		other.askStop()
	}
	return p.letGo, nil
}

// swapAhead lets p, nil for none, wait for a Start, and returns what did so before.
func (r *Runner) swapAhead(p *process) (before *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, r.ahead = r.ahead, p
	return before
}

// register makes a process that Close will wait for.
func (r *Runner) register(spec target.Spec) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if r.keeper == nil {
		k, err := newKeeper(r.opt, r.id)
		if err != nil {
			return nil, err
		}
		r.keeper = k
	}
	if err := r.keeper.ensure(); err != nil {
		return nil, err
	}
	r.count++
	p := newProcess(spec, marker(r.id, r.count), r.keeper, r.opt.Logger)
	r.live[p] = struct{}{}
	return p, nil
}

// forget tells that p and its goroutines are gone.
func (r *Runner) forget(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.live, p)
	if r.ahead == p {
		r.ahead = nil
	}
	close(p.forgotten)
}

// Close kills what still runs, with its trees, and waits until it is gone.
func (r *Runner) Close() error {
	r.mu.Lock()
	r.closed = true
	live := make([]*process, 0, len(r.live))
	for p := range r.live {
		live = append(live, p)
	}
	k := r.keeper
	r.mu.Unlock()
	for _, p := range live {
		p.kill()
	}
	for _, p := range live {
		<-p.forgotten
	}
	if k == nil {
		return nil
	}
	return k.close()
}

// markerKey is the environment variable that marks the processes of a tree.
const markerKey = "HOTDEV_RUN"

// marker returns the environment entry that marks the processes of the n-th
// tree of the runner id. marker(id, 0) is what the markers of all trees of the
// runner begin with; no marker is a prefix of another one.
func marker(id string, n int) string {
	if n == 0 {
		return fmt.Sprintf("%s=%s/", markerKey, id)
	}
	return fmt.Sprintf("%s=%s/%d/", markerKey, id, n)
}
