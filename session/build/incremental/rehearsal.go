package incremental

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/build/archive"
	"github.com/hotdev/hotdev/session/build/gocache"
)

// rehearsal is what the go command says that it would do to build a program anew.
// Where GOCACHEPROG names a cache, it is kept there by everything that it depends
// on, and so is not asked for time and again.
type rehearsal struct {
	b        *Builder
	config   Config
	env      goEnv
	settings map[string]string
	list     []*listed

	output []byte
	key    gocache.ID // zero: it is not kept
	kept   bool       // output is what was kept
}

// How long a program that GOCACHEPROG names may take.
const (
	getWait = 10 * time.Second // while the next build waits for what is learned
	putWait = 2 * time.Minute
)

// rehearse rehearses the build of r's program, or takes what is kept of it, if that
// may be. Confirm must find it still true.
func (r *rehearsal) rehearse(ctx context.Context, mayBeKept bool) (err error) {
	r.key = r.findKey()
	if r.canBeKept() && mayBeKept {
		getting, cancel := context.WithTimeout(ctx, getWait)
		defer cancel()
		if r.output, err = r.cache().Get(getting, r.key); err == nil {
			r.kept = true
			return nil
		}
	}
	r.output, err = r.run(ctx)
	return err
}

// confirm says ErrChanged if a rehearsal would be another one now.
func (r *rehearsal) confirm(ctx context.Context) error {
	if r.key != r.findKey() {
		return ErrChanged
	}
	if r.kept {
		return nil
	}
	again, err := r.run(ctx)
	if err == nil && !sameLines(r.output, again) {
		err = ErrChanged
	}
	return err
}

// canBeKept reports whether all is known that a rehearsal depends on, and there is a
// cache.
func (r *rehearsal) canBeKept() bool { return r.key != gocache.ID{} }

// run has the go command print how it would build everything anew.
func (r *rehearsal) run(ctx context.Context) ([]byte, error) {
	args := slices.Concat([]string{"build", "-n", "-a", "-o", filepath.Join(r.b.options.Dir, "out")}, r.config.Flags, []string{"--", r.config.Package})
	output, err := r.b.command(ctx, r.b.options.Background, r.config, stderr, args...)
	if err != nil {
		return nil, changed(err)
	}
	return output, nil
}

// sameLines reports whether two texts have the same lines, in any order: the go
// command prints what it does at once as it comes.
func sameLines(a, b []byte) bool {
	x, y := bytes.SplitAfter(a, []byte("\n")), bytes.SplitAfter(b, []byte("\n"))
	slices.SortFunc(x, bytes.Compare)
	slices.SortFunc(y, bytes.Compare)
	return slices.EqualFunc(x, y, bytes.Equal)
}

// places say where the go command works and keeps what it has built, which has no
// bearing on what that is.
var places = []string{"GOCACHE", "GOCACHEPROG", "GOTMPDIR"}

// findKey returns the hash of all that a rehearsal depends on: what Resume wants to
// be the same, the packages with the names of what they embed, each byte of the
// sources, and how many processors the go command has compilers use. It is zero if
// that is not all, or there is no cache.
func (r *rehearsal) findKey() (key gocache.ID) {
	if r.settings["GOCACHEPROG"] == "" {
		return key
	}
	program := capture{}
	for _, l := range r.list {
		p, err := newPkg(r.env, l)
		if err != nil || len(l.CgoPkgConfig) > 0 { // what pkg-config says is not known
			return key
		}
		if p.Dir != "" {
			program.own = append(program.own, p)
		}
	}
	program.Controls = controlFiles(r.env, r.config.Dir, program.own)
	sources, err := program.scan(nil)
	if err != nil {
		return key
	}
	hashes := sources.Controls
	for _, files := range sources.Dirs {
		for path, f := range files {
			hashes[path] = f.Hash
		}
	}
	settings := maps.Clone(r.settings)
	for _, name := range places {
		delete(settings, name)
	}
	environment := slices.DeleteFunc(environmentThatMatters(r.config.Env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(places, name)
	})
	h := sha256.New()
	err = json.NewEncoder(h).Encode(struct {
		What         string
		Processors   int
		Dir, Package string
		Flags, Env   []string
		Settings     map[string]string
		List         []*listed
		Hashes       map[string]archive.Hash
	}{"hotdev: go build -n -a, version 1", runtime.GOMAXPROCS(0), r.config.Dir, r.config.Package, r.config.Flags, environment, settings, r.list, hashes})
	if err != nil {
		return key
	}
	return gocache.ID(h.Sum(nil))
}

// cache is the one that GOCACHEPROG names.
func (r *rehearsal) cache() *gocache.Program {
	return &gocache.Program{Command: r.settings["GOCACHEPROG"], Dir: r.config.Dir, Env: r.config.Env, Run: r.b.options.Background}
}

// Share puts what the newest Capture has learned of the go command where GOCACHEPROG
// says, unless it comes from there. If ctx ends before, it can be made up for.
func (b *Builder) Share(ctx context.Context) error {
	r := b.unshared
	if r == nil {
		return nil
	}
	putting, cancel := context.WithTimeout(ctx, putWait)
	defer cancel()
	err := r.cache().Put(putting, r.key, r.output)
	if ctx.Err() == nil {
		b.unshared = nil
	}
	return err
}
