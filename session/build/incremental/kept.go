package incremental

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hotdev/hotdev/session/build/archive"
)

// kept is what one Builder leaves to the next: the file keptName in its
// directory, and files of its own that are named there. The file is replaced as a
// whole, and what it names stays until that has happened, so that there is always
// one that is of use.
type kept struct {
	Dir         string   // the Builder's
	Capture     *capture // of whose environment only what matters is there
	Main        string   // import paths of the capture's own and main
	Own         []string
	Cached      map[string]string       // identities of archives in the go command's cache, by path
	Published   map[string]archive.Hash // hashes of archives that the Builder made, by path
	Executables []keptExecutable        // of the program that Capture has the state of
	IDs         []programID
	Edited      []string
}

// keptExecutable is an executable in the Builder's directory.
type keptExecutable struct {
	Debug       bool // it has debug information
	Cutoff      Cutoff
	Method, Why string
	ID          string   // without debug information: the want that it was linked for
	Late        []string // likewise
	Hash        archive.Hash
}

const (
	keptName   = "kept"
	keptFormat = "hotdev's state of a build, version 1" // one more when anything in it means something else
)

// Why there is nothing of use in a file.
var (
	errOtherHotdev = errors.New("another version of hotdev has built the program before")
	errDamaged     = errors.New("what was kept of the builds before is damaged")
)

// hotdev tells this version of hotdev from all others: only the one that has
// written a kept may read it. It is "" if that cannot be told.
var hotdev = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	id, err := identity(path)
	info, ok := debug.ReadBuildInfo()
	if err != nil || !ok {
		return ""
	}
	return fmt.Sprintf("%s %x", id, sha256.Sum256([]byte(info.String())))
})

// heading begins a file with a kept. A hash of the rest follows.
func heading() string { return fmt.Sprintf("%s, by %s\n", keptFormat, hotdev()) }

// readKept reads a file; nil if there is none.
func readKept(path string) (*kept, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	rest, ours := bytes.CutPrefix(data, []byte(heading()))
	switch {
	case err != nil:
		return nil, err
	case !ours && !strings.HasPrefix(heading(), string(data)): // else it ends there
		return nil, errOtherHotdev
	case len(rest) < sha256.Size || archive.Hash(rest[:sha256.Size]) != sha256.Sum256(rest[sha256.Size:]):
		return nil, errDamaged
	}
	k := &kept{}
	if err := gob.NewDecoder(bytes.NewReader(rest[sha256.Size:])).Decode(k); err != nil {
		return nil, errDamaged
	}
	k.Capture.main = k.Capture.Pkgs[k.Main]
	for _, path := range k.Own {
		k.Capture.own = append(k.Capture.own, k.Capture.Pkgs[path])
	}
	return k, nil
}

// write replaces the file at path, unless ctx ends before.
func (k *kept) write(ctx context.Context, path string) error {
	var rest bytes.Buffer
	if err := gob.NewEncoder(&rest).Encode(k); err != nil {
		return err
	}
	sum := sha256.Sum256(rest.Bytes())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	next := path + ".new"
	err := os.WriteFile(next, slices.Concat([]byte(heading()), sum[:], rest.Bytes()), 0o600)
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		_ = os.Remove(next)
	}
	return err
}

// Save leaves what is known of the program, and its state, to a later Builder in
// the same directory (Resume). What was saved before stays of use until that has
// happened. It does nothing if nothing is known, and returns early when ctx ends.
func (b *Builder) Save(ctx context.Context) error {
	c := b.captured
	if c == nil || c.Fleeting != "" || hotdev() == "" {
		return nil
	}
	k := &kept{
		Dir:       b.options.Dir,
		Main:      c.main.Path,
		Cached:    map[string]string{},
		Published: map[string]archive.Hash{},
		IDs:       b.ids,
		Edited:    b.edited,
	}
	left := *c
	left.Config.Env = environmentThatMatters(c.Config.Env)
	k.Capture = &left
	for _, p := range c.own {
		k.Own = append(k.Own, p.Path)
	}
	for _, p := range c.Pkgs {
		var err error
		if b.made(p.Archive) {
			k.Published[p.Archive], err = b.hashMade(ctx, p.Archive)
		} else {
			k.Cached[p.Archive], err = identity(p.Archive)
		}
		if err != nil {
			return err
		}
	}
	program := c.programKey()
	for i := range b.executables.kept {
		x := &b.executables.kept[i]
		if x.key.program != program {
			continue
		}
		if err := b.executables.hash(ctx, x); err != nil {
			return err
		}
		e := keptExecutable{Debug: x.key.debug, Cutoff: x.cutoff, Method: x.method, Why: x.why, Hash: x.hash}
		if x.stripped != nil {
			e.ID, e.Late = x.stripped.want.ID, x.stripped.want.Late
		}
		k.Executables = append(k.Executables, e)
	}
	if err := k.write(ctx, b.keptFile()); err != nil {
		return err
	}
	b.saved = k.Published
	return nil
}

// Forget removes what a later Builder would resume, and has the next Capture ask the
// go command for everything: a program was not what go build makes.
func (b *Builder) Forget() error {
	b.saved, b.differed = nil, true
	return os.Remove(b.keptFile())
}

func (b *Builder) keptFile() string { return filepath.Join(b.options.Dir, keptName) }

// made reports whether the Builder has made an archive, instead of the go
// command.
func (b *Builder) made(archive string) bool { return within(archive, b.published("")) }

// hashMade returns the hash of an archive that the Builder made, which does not
// change.
func (b *Builder) hashMade(ctx context.Context, path string) (archive.Hash, error) {
	if h, ok := b.saved[path]; ok {
		return h, nil
	}
	return hashFile(ctx, path)
}

// hashFile returns the hash of a file. It returns early when ctx ends.
func hashFile(ctx context.Context, path string) (sum archive.Hash, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	for {
		if _, err := io.CopyN(h, f, 1<<20); errors.Is(err, io.EOF) {
			return archive.Hash(h.Sum(nil)), nil
		} else if err = errors.Join(err, ctx.Err()); err != nil {
			return sum, err
		}
	}
}

// matter are variables, beside GO… and CGO_… and those that go env tells of, that
// the go command, compilers and linkers look at (gcc(1), ld.so(8)). What they find
// by PATH is known by its identity (capture.Tools).
var matter = []string{
	"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX",
	"LD_LIBRARY_PATH", "LD_PRELOAD", "LD_RUN_PATH", "SOURCE_DATE_EPOCH",
}

// environmentThatMatters returns the variables that decide on what is built. All
// others differ from one terminal to the next.
func environmentThatMatters(env []string) []string {
	values := map[string]string{}
	for _, kv := range env { // the last one counts
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") || slices.Contains(matter, name) {
			values[name] = kv
		}
	}
	var list []string
	for _, kv := range values {
		list = append(list, kv)
	}
	slices.Sort(list)
	return list
}

// newestSerial returns the highest number that an archive in dir is named by.
func newestSerial(dir string) (serial int, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimSuffix(e.Name(), ".a")); err == nil {
			serial = max(serial, n)
		}
	}
	return serial, err
}
