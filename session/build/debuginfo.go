package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// debugInfo is the debug information of executables that were linked without
// it: their debug twins, each of which is made once somebody asks for it, and
// lies beside its executable. It may be used by several goroutines.
type debugInfo struct {
	mu     sync.Mutex
	twins  map[string]*twin // by path of the executable
	broken string           // why executables must have their own; "" if they need not
}

// twin is the debug twin of one executable.
type twin struct {
	stripped *incremental.Stripped
	making   chan struct{} // holds a token while nobody makes it
	made     bool          // belongs to who has the token
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
	d.mu.Unlock()
	if t == nil {
		return "", nil
	}
	select {
	case <-t.making:
		defer func() { t.making <- struct{}{} }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	dir = filepath.Dir(path)
	id := t.stripped.BuildID()
	file := filepath.Join(dir, ".build-id", id[:2], id[2:]+".debug")
	if t.made {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("cannot make a directory for debug information: %w", err)
	}
	err = t.stripped.Twin(ctx, path, file)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		d.mu.Lock()
		d.broken = "there is no debug information for the program that runs without: " + err.Error()
		d.mu.Unlock()
		return "", fmt.Errorf("%w; programs built from now on have their own: reload", err)
	}
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
