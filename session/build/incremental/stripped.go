package incremental

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/hotdev/hotdev/session/build/archive"
	"github.com/hotdev/hotdev/session/build/link"
)

// Stripped is an executable without debug information, and all that it takes to
// make that later. Its methods may be called beside those of a Builder.
type Stripped struct {
	options Options
	linker  *link.Linker
	program link.Program
	want    link.Want
	report  link.Report
	method  string // how an earlier Builder has linked it; "": report says
}

// BuildID is its GNU build ID, in hexadecimal.
func (s *Stripped) BuildID() string { return s.want.ID }

// Twin links the program of the executable running once more, with debug
// information, into the file out. It fails if that does not fit to running. The
// program's archives must be there still (Request.Keep). Aside says that nobody
// waits for it.
func (s *Stripped) Twin(ctx context.Context, aside bool, running, out string) error {
	run, report := s.options.Run, s.report
	if aside {
		run = s.options.aside
	}
	if s.method != "" {
		var err error
		if report, err = s.linkAgain(ctx, run, out); err != nil {
			return err
		}
	}
	return s.linker.Twin(ctx, run, s.program, s.want, report, running, out)
}

// linkAgain links the executable again as an earlier Builder did, to know how the
// twin is to be linked; out may be used meanwhile. Whether the twin fits in the end
// the linker finds out.
func (s *Stripped) linkAgain(ctx context.Context, run link.Run, out string) (link.Report, error) {
	w := s.want
	w.Fresh = true
	for _, w.Late = range [][]string{s.want.Late, nil} {
		report, err := s.linker.Link(ctx, run, s.program, w, out)
		_ = os.Remove(out)
		if err != nil || report.Method == s.method {
			return report, err
		}
	}
	return link.Report{}, fmt.Errorf("the program is no longer linked as before: %s", s.method)
}

// buildIDSize is that of the GNU build IDs that linkers make.
const buildIDSize = 20

// link makes the executable, or finds that it was made before. One with debug
// information is as good where none is asked for.
func (b *Builder) link(ctx context.Context, c *capture, run *run, r Request, report *Report) error {
	packages := run.plan.linked
	key := c.linkKey(packages, func(path string) archive.Hash { return run.state(path).content })
	out := r.Output
	if key != b.last && !b.ahead {
		b.executables.mark(b.last, false)
		b.last = key
	}
	found, ok := b.executables.link(executableKey{key, true}, out)
	if !ok && !r.Debug {
		found, ok = b.executables.link(executableKey{key, false}, out)
	}
	if !ok {
		if err := run.prepare(); err != nil {
			return err
		}
		p := c.linkable(packages, func(path string) string { return run.state(path).archive })
		want := b.want(r.Debug, r.Cutoff)
		want.ID, want.Fresh = fmt.Sprintf("%x", key[:buildIDSize]), b.ahead
		linked, err := b.linker.Link(ctx, b.execute, p, want, out)
		if err != nil {
			return fmt.Errorf("linking: %w", err)
		}
		found = executable{key: executableKey{key, !linked.Stripped}, cutoff: r.Cutoff, method: linked.Method, why: linked.Why}
		if linked.Stripped {
			found.stripped = &Stripped{options: b.options, linker: b.linker, program: p, want: want, report: linked}
		}
		if err := b.executables.add(found, out); err != nil {
			return err
		}
	}
	if b.ahead && key != b.last {
		b.executables.mark(key, true)
	}
	report.ID, report.Method, report.Why, report.Stripped = b.idOf(key), found.method, found.why, found.stripped
	report.Ahead = found.ahead && len(run.compiled) == 0
	return nil
}

// want says how the program is linked. With the exact cut-off it is what go build
// makes, in which the order of loading shows.
func (b *Builder) want(debug bool, cutoff Cutoff) link.Want {
	w := link.Want{Debug: debug}
	if cutoff == Interface {
		w.Late = b.late()
	}
	return w
}

// lateMany is how many packages may well change before those that did not do so
// lately count as if they did not.
const lateMany = 64

// late returns the packages that may well change with the next build, and those
// that import them.
func (b *Builder) late() []string {
	all := b.captured.Late
	if len(all) <= lateMany {
		return all
	}
	late := map[string]bool{}
	var list []string
	for _, path := range all { // dependencies first
		if slices.Contains(b.edited, path) || slices.ContainsFunc(b.captured.Pkgs[path].Deps, func(dep string) bool { return late[dep] }) {
			late[path] = true
			list = append(list, path)
		}
	}
	if len(list) == 0 {
		return all
	}
	return list
}

// editedCount is how many packages are remembered as edited.
const editedCount = 8

// edit remembers packages whose sources changed.
func (b *Builder) edit(paths []string) {
	b.edited = append(paths, slices.DeleteFunc(b.edited, func(path string) bool { return slices.Contains(paths, path) })...)
	b.edited = b.edited[:min(len(b.edited), editedCount)]
}

// AwaitLink lets the linker do what it can before the next Build, with the given
// Debug and Cutoff. What it has to build for that, once, it does at low priority,
// until ctx ends.
func (b *Builder) AwaitLink(ctx context.Context, debug bool, cutoff Cutoff) {
	if c := b.captured; c != nil {
		b.linker.Await(ctx, b.options.Background, c.built(), b.want(debug, cutoff))
	}
}

// idOf returns the ID of the program made from what has the given hash: the one
// that it was given before, or a new one of the same length.
func (b *Builder) idOf(key archive.Hash) string {
	for _, known := range b.ids {
		if known.Program == key {
			return known.ID
		}
	}
	return fmt.Sprintf("%x", key[:contentIDSize])
}

// LinkPlain links what was built last in the go command's way into the file
// out, at low priority, and returns the go command's hash of that without its
// build ID.
func (b *Builder) LinkPlain(ctx context.Context, out string) (contentID string, err error) {
	c := b.captured
	if err := b.linker.Plain(ctx, b.options.Background, c.built(), out); err != nil {
		return "", err
	}
	return hashExecutable(out, c.Link.BuildID)
}
