package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Run runs a command whose context may end, and returns when it and all its
// children are gone.
type Run func(*exec.Cmd) error

// Options are fixed for the life of a Linker.
type Options struct {
	// Dir is a directory of the Linker's own, absolute, whose content is removed.
	Dir string
	// Tools is a directory that Linkers share, for the extended linkers that they
	// make; "" for none.
	Tools string
	// Run runs what waits between calls (Linker.Await).
	Run Run
}

// Linker links one program over and over. It may be used by several goroutines.
// Beyond a call it has processes, and a goroutine each that waits for that, which
// Close ends.
type Linker struct {
	options Options

	mu         sync.Mutex
	objects    map[string]*objects // of archives, by file
	demoted    map[method]string   // why a method is not used any more
	prepared   int                 // archives so far, to name them
	extended   string              // path of the extended linker; "" for none
	unextended string              // why there will be none; "" if there may
	waiting    *early              // nil: none
	leaving    *early              // has linked and may not have ended; nil: none
}

// New returns a Linker.
func New(o Options) (*Linker, error) {
	l := &Linker{options: o, objects: map[string]*objects{}, demoted: map[method]string{}}
	if err := errors.Join(os.RemoveAll(o.Dir), os.MkdirAll(o.Dir, 0o700)); err != nil {
		return nil, fmt.Errorf("cannot make a directory for the linker: %w", err)
	}
	return l, nil
}

// Program is what is linked, in the words of the go command.
type Program struct {
	Dir      string    // where the linker runs
	Env      []string  // whole environment, KEY=value
	Args     []string  // linker and flags, but -o, -importcfg and the main package's archive
	Config   []string  // lines of the importcfg, beside the packages
	Archives []Archive // of all packages
	Main     string    // import path of the main package
}

// Archive is a compiled package.
type Archive struct {
	Package string // import path
	File    string // absolute path
}

// Want says what kind of executable is wanted.
type Want struct {
	// Debug keeps debug information in the executable. Without it, the
	// executable gets ID as its GNU build ID.
	Debug bool
	ID    string // hexadecimal; unique to the program
	// Late, unless it is empty, has the packages that may well change until the
	// next Link, and all that import them: the others may be loaded first.
	Late []string
	// Fresh leaves a linker that waits (Await) to another Link.
	Fresh bool
}

// Report says how a program was linked.
type Report struct {
	Method string // in a few words
	// Stripped tells that it has no debug information, and ID as its build ID.
	Stripped bool
	Why      string // in one clause: why no faster way was taken; "" for the fastest

	step step
}

// Needs returns the files that a Twin needs beside the program's archives.
func (r Report) Needs() []string { return r.step.earlier }

// Link links p into the file out. A debugger gets the executable as the go
// command would link it whenever nothing else is known to be right.
func (l *Linker) Link(ctx context.Context, run Run, p Program, w Want, out string) (Report, error) {
	steps, why := l.ladder(ctx, run, p, w)
	var failed []string
	for i, s := range steps {
		err := l.step(ctx, run, p, &s, w, out)
		if err == nil {
			l.demote(steps[:i], failed)
			return Report{Method: s.String(), Stripped: s.stripped, Why: strings.Join(append(why, failed...), "; "), step: s}, nil
		}
		if ctx.Err() != nil || i == len(steps)-1 {
			return Report{}, err
		}
		_ = os.Remove(out)
		failed = append(failed, fmt.Sprintf("linking by %s failed: %s", s.method, firstLine(err)))
	}
	return Report{}, errors.New("there is no way to link the program") // unreachable: the ladder has an end
}

// step links p in one way, and notes in s what that does not say yet.
func (l *Linker) step(ctx context.Context, run Run, p Program, s *step, w Want, out string) error {
	if s.method != dependenciesFirst {
		return l.run(ctx, run, p, *s, w, out)
	}
	id := ""
	if s.stripped || s.twin {
		id = w.ID
	}
	if !w.Fresh {
		e := l.take()
		if e.fits(p, *s) {
			t := *s
			t.early, t.earlier = e.step.early, e.step.earlier
			if err := e.link(ctx, p, t, id, out); err == nil {
				*s = t
				l.leave(e)
				return nil
			}
		}
		e.close()
	}
	e, err := l.start(run, p, *s) // also after one that was killed
	if err != nil {
		return err
	}
	if err := e.link(ctx, p, *s, id, out); err != nil {
		e.close()
		return err
	}
	l.leave(e)
	return nil
}

// Plain links p as the go command does.
func (l *Linker) Plain(ctx context.Context, run Run, p Program, out string) error {
	return l.run(ctx, run, p, step{method: plain}, Want{}, out)
}

// Prepare does what Link would have to do once for p.
func (l *Linker) Prepare(ctx context.Context, run Run, p Program) { l.ladder(ctx, run, p, Want{}) }

// demote gives methods up that failed where another one did not.
func (l *Linker) demote(steps []step, why []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range steps {
		l.demoted[s.method] = why[i]
	}
}

// run runs the toolchain's linker for a step.
func (l *Linker) run(ctx context.Context, run Run, p Program, s step, w Want, out string) error {
	tmp, err := os.MkdirTemp(l.options.Dir, "link")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	config, main := p.config(s)
	name := filepath.Join(tmp, "importcfg.link")
	if err := os.WriteFile(name, config, 0o600); err != nil {
		return err
	}
	// The linker numbers symbols in the order of -importcfg and -X: the former comes first.
	args := slices.Concat([]string{"-o", out, "-importcfg", name}, p.Args[1:], s.arguments(w), []string{main})
	_, err = l.command(ctx, run, p, tmp, p.Args[0], args...)
	return err
}

// config returns the importcfg for a step, and the main package's archive.
func (p Program) config(s step) (text []byte, main string) {
	var b bytes.Buffer
	listed := map[string]bool{}
	for _, a := range p.Archives {
		file := s.archive(a)
		if a.Package == p.Main {
			main = file
		}
		listed[a.Package] = true
		fmt.Fprintf(&b, "packagefile %s=%s\n", a.Package, file)
	}
	for _, a := range s.early { // also if p has lost it
		if !listed[a.Package] {
			fmt.Fprintf(&b, "packagefile %s=%s\n", a.Package, a.File)
		}
	}
	b.WriteString(strings.Join(p.Config, "\n"))
	return b.Bytes(), main
}

// command runs a command in p's surroundings, with tmp for its temporary files,
// and returns what it prints.
func (l *Linker) command(ctx context.Context, run Run, p Program, tmp, name string, args ...string) ([]byte, error) {
	cmd := p.command(ctx, tmp, name, args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := run(cmd); err != nil {
		return nil, commandError(name, err, output.Bytes())
	}
	return output.Bytes(), nil
}

// commandError is the error of a command that failed, with what it has printed.
func commandError(name string, err error, output []byte) error {
	return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, bytes.TrimSpace(output))
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
