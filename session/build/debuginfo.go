package build

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// debugInfo is the debug information of executables that were linked without
// it: their debug twins, each of which is made when somebody asks for it, or
// before that, and lies beside its executable. It may be used by several
// goroutines.
type debugInfo struct {
	mu     sync.Mutex
	twins  map[string]*twin // by path of the executable
	broken string           // why executables must have their own; "" if they need not
	asking int              // how many ask for a twin, or wait for it
	early  *earlyTwin       // nil: none is being made
	failed bool             // one has, and there will be no others
}

// twin is the debug twin of one executable.
type twin struct {
	stripped *incremental.Stripped
	making   chan struct{} // holds a token while nobody makes it
	made     bool          // guarded by debugInfo.mu
}

// earlyTwin is the making of a twin that nobody has asked for. It ends when
// somebody asks for any, who gets a linker that does not give way, or when a
// build begins.
type earlyTwin struct {
	ctx context.Context
	end context.CancelFunc
}

// add notes that the executable at path was linked as s says; nil: with debug
// information.
func (d *debugInfo) add(path string, s *incremental.Stripped) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.twins, path)
	if s == nil {
		return
	}
	if d.twins == nil {
		d.twins = map[string]*twin{}
	}
	t := &twin{stripped: s, making: make(chan struct{}, 1)}
	t.making <- struct{}{}
	d.twins[path] = t
}

// apart reports whether the executable at path has no debug information in it.
func (d *debugInfo) apart(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.twins[path] != nil
}

// kept returns what is needed for the twins of all executables that are still
// there, and forgets the others.
func (d *debugInfo) kept() []*incremental.Stripped {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []*incremental.Stripped
	for path, t := range d.twins {
		if _, err := os.Lstat(path); err != nil {
			delete(d.twins, path)
			continue
		}
		list = append(list, t.stripped)
	}
	return list
}

// needed says why executables must have debug information of their own, "" if
// they need not.
func (d *debugInfo) needed() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken
}

// without reports whether the executable at path has no debug information and
// gets none.
func (d *debugInfo) without(path string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.broken != "" && d.twins[path] != nil
}

// of makes sure that there is debug information for the executable at path, and
// returns the directory where it is by its build ID; "" if it is in the
// executable.
func (d *debugInfo) of(ctx context.Context, path string) (dir string, err error) {
	d.mu.Lock()
	t := d.twins[path]
	d.asking++
	d.giveWay()
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.asking--
		d.mu.Unlock()
	}()
	if t == nil {
		return "", nil
	}
	if dir, err = d.make(ctx, t, path, false); err != nil && ctx.Err() == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.broken = "there is no debug information for the program that runs without: " + err.Error()
		err = fmt.Errorf("%w; programs built from now on have their own: reload", err)
	}
	return dir, err
}

// begin begins an early twin of the executable at path, which the caller makes
// with the function that it gets; nil: there is nothing to make, somebody asks for
// a twin, or an early one has failed, which does not mean that one that is asked
// for fails, too.
func (d *debugInfo) begin(ctx context.Context, path string) (makeIt func() error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.twins[path]
	if t == nil || t.made || d.failed || d.asking > 0 || d.early != nil {
		return nil
	}
	e := &earlyTwin{}
	e.ctx, e.end = context.WithCancel(ctx)
	d.early = e
	return func() error {
		defer e.end()
		_, err := d.make(e.ctx, t, path, true)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.early, d.failed = nil, err != nil && e.ctx.Err() == nil
		return err
	}
}

// giveWay ends the early twin, if there is one. d.mu is held.
func (d *debugInfo) giveWay() {
	if d.early != nil {
		d.early.end()
	}
}

// endEarly is giveWay for the sake of a build.
func (d *debugInfo) endEarly() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.giveWay()
}

// make makes t, the twin of the executable at path, unless it is made. Aside says
// that nobody waits for it.
func (d *debugInfo) make(ctx context.Context, t *twin, path string, aside bool) (dir string, err error) {
	select {
	case <-t.making:
		defer func() { t.making <- struct{}{} }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	dir = filepath.Dir(path)
	id := t.stripped.BuildID()
	file := filepath.Join(dir, ".build-id", id[:2], id[2:]+".debug")
	d.mu.Lock()
	made := t.made
	d.mu.Unlock()
	if made {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("cannot make a directory for debug information: %w", err)
	}
	if err := t.stripped.Twin(ctx, aside, path, file); err != nil {
		return "", cmp.Or(ctx.Err(), err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t.made = true
	return dir, nil
}

// ownDebugInfo reports whether r's executable must have debug information.
func (b *Builder) ownDebugInfo(r *Request) bool {
	return r.Debugged || r.Debug && b.debugInfo.needed() != ""
}

// DebugInfo makes sure that a debugger finds debug information for the
// executable at path, which Build has returned: in the directory dir, as
// .build-id/NN/NNNN.debug, or, if dir is "", in the executable. After an error
// programs are linked with debug information.
//
// It may be called by any goroutine, also while a build runs. The executable
// must stay meanwhile (Request.Keep).
func (b *Builder) DebugInfo(ctx context.Context, path string) (dir string, err error) {
	return b.debugInfo.of(ctx, path)
}

// DebugInfoAhead makes debug information for the executable at path before
// anybody asks for it, if it has none, and reports whether there was something
// to do. It begins when nothing goes on behind the last build, gives way to
// other processes, takes one processor at most, and is killed when ctx ends,
// somebody asks (DebugInfo), or Build or Ahead begins. Before it has begun they
// wait for it: who calls them must end ctx first.
func (b *Builder) DebugInfoAhead(ctx context.Context, path string) (tried bool, err error) {
	makeIt, err := b.beginDebugInfo(ctx, path)
	if makeIt == nil {
		return false, err
	}
	return true, makeIt()
}

// beginDebugInfo is DebugInfoAhead until it has begun.
func (b *Builder) beginDebugInfo(ctx context.Context, path string) (makeIt func() error, err error) {
	b.building.Lock()
	defer b.building.Unlock()
	if b.fast == nil {
		return nil, nil // everything has its own
	}
	if b.fast.wait(ctx); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return b.debugInfo.begin(ctx, path), nil
}
