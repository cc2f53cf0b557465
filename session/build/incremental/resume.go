package incremental

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"github.com/hotdev/hotdev/session/build/archive"
)

// A lock can be held for a moment by a process that was forked by one that has
// ended, until it executes its program.
const (
	lockWait  = time.Second / 4
	lockRetry = 5 * time.Millisecond
)

// open makes the Builder the only one in its directory, which it takes over from
// the one before: what that has kept stays, the rest goes.
func (b *Builder) open() error {
	dir := b.options.Dir
	b.lock = flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	if _, err := b.lock.TryLockContext(ctx, lockRetry); errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("another hotdev builds in %s", dir)
	} else if err != nil {
		return err
	}
	if b.left, b.unkept = readKept(b.keptFile()); b.left != nil {
		b.saved = b.left.Published
	}
	err := removeExcept(dir, func(path string) bool {
		return path == b.lock.Path() || b.left != nil && slices.Contains([]string{b.keptFile(), b.published(""), b.executables.dir}, path)
	})
	for _, sub := range []string{b.objects.dir, b.executables.dir, b.published("")} {
		err = errors.Join(err, os.MkdirAll(sub, 0o700))
	}
	if err == nil {
		err = removeExcept(b.published(""), b.isSaved)
	}
	if err == nil {
		b.serial, err = newestSerial(b.published(""))
	}
	return err
}

// isSaved reports whether what was saved last has the archive at path.
func (b *Builder) isSaved(path string) bool {
	_, ok := b.saved[path]
	return ok
}

// removeExcept removes what is in a directory, but for some of it.
func removeExcept(dir string, except func(path string) bool) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !except(path) {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// Resume goes on from where the Builder before, in the same directory, has left
// off (Save), and reports whether it does. It does so only if it is certain that
// Build will make what go build makes, with the given cut-off. The error says in
// a clause why it does not; nil: there is nothing to go on from. It is of use
// before the first Capture, and once, unless ctx ends it.
//
// The sources are left to Build, which compares them with those that the kept
// archives were made from.
func (b *Builder) Resume(ctx context.Context, config Config, cutoff Cutoff) (ok bool, err error) {
	k := b.left
	if k == nil {
		return false, b.unkept
	}
	err = b.verify(ctx, k, config, cutoff)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	b.left = nil
	if err != nil {
		return false, err
	}
	c := *k.Capture
	c.Config = config
	b.captured, b.ids, b.edited = &c, k.IDs, k.Edited
	b.resumeExecutables(ctx, k, cutoff)
	return true, nil
}

// verify says why what was kept does not hold any more.
func (b *Builder) verify(ctx context.Context, k *kept, config Config, cutoff Cutoff) error {
	c := k.Capture
	now := config
	now.Env = environmentThatMatters(config.Env)
	switch {
	case k.Dir != b.options.Dir:
		return errDamaged
	case !c.Config.equal(now):
		return errOtherProgram
	case c.Hybrid && cutoff == Exact:
		return errors.New("less is cut off than in the builds before")
	}
	if err := b.clearTemp(); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(1 + runtime.GOMAXPROCS(0))
	g.Go(func() error { return b.verifySettings(ctx, c, config) })
	for path, was := range k.Published {
		g.Go(func() error {
			if is, err := hashFile(ctx, path); err != nil || is != was {
				return fmt.Errorf("a package that was compiled before is gone or damaged: %s", path)
			}
			return nil
		})
	}
	for path, was := range k.Cached {
		is, err := identity(path)
		if err == nil && is == was {
			continue
		}
		g.Go(func() error {
			if is, err := hashFile(ctx, path); err != nil || !named(path, is) {
				return fmt.Errorf("the build cache lost or changed %s", path)
			}
			return nil
		})
	}
	return g.Wait()
}

// named reports whether the name of a file begins with a hash, as the names in
// the go command's cache do with that of the content (cmd/go/internal/cache), and
// those in ours (hotdev cacheprog).
func named(path string, hash archive.Hash) bool {
	return strings.HasPrefix(filepath.Base(path), fmt.Sprintf("%x", hash))
}

// verifySettings says whether the go command, the compilers and their settings
// are others.
func (b *Builder) verifySettings(ctx context.Context, c *capture, config Config) error {
	_, settings, err := b.environment(ctx, b.options.Run, config)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if was, ok := c.Settings[name]; !ok || was != settings[name] {
			return fmt.Errorf("the go command's %s changed", name)
		}
	}
	if len(settings) != len(c.Settings) {
		return errors.New("the go command's settings changed")
	}
	for _, path := range toolPaths(settings) {
		if _, ok := c.Tools[path]; !ok {
			return fmt.Errorf("%s is used now", path)
		}
	}
	return c.checkTools()
}

// toolPaths returns where the programs are that are found by PATH: the go command
// and, where cgo may be used, compilers for C.
func toolPaths(settings map[string]string) []string {
	names := []string{"go"}
	if settings["CGO_ENABLED"] == "1" {
		for _, name := range []string{"CC", "CXX"} {
			if fields := strings.Fields(settings[name]); len(fields) > 0 {
				names = append(names, fields[0])
			}
		}
	}
	var paths []string
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// resumeExecutables takes the executables over that are as they were, and as a
// cut-off wants them.
func (b *Builder) resumeExecutables(ctx context.Context, k *kept, cutoff Cutoff) {
	c := b.captured
	for _, e := range k.Executables {
		x := executable{key: executableKey{c.programKey(), e.Debug}, hash: e.Hash, cutoff: e.Cutoff, method: e.Method, why: e.Why}
		if e.ID != "" {
			x.stripped = &Stripped{options: b.options, linker: b.linker, program: c.built(), method: e.Method}
			x.stripped.want.ID, x.stripped.want.Late = e.ID, e.Late
		}
		path := b.executables.path(x.key)
		var err error
		if x.info, err = os.Stat(path); err != nil || x.cutoff > cutoff {
			continue
		}
		if h, err := hashFile(ctx, path); err == nil && h == e.Hash {
			b.executables.kept = append(b.executables.kept, x)
		}
	}
	_ = removeExcept(b.executables.dir, func(path string) bool { // what is left takes room, no more
		return slices.ContainsFunc(b.executables.kept, func(x executable) bool { return b.executables.path(x.key) == path })
	})
}
