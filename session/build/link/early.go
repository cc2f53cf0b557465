package link

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// maxWait is how long a linker is kept that nothing comes for: it has much memory.
const maxWait = 15 * time.Minute

// early is an extended linker that has loaded, or is loading, the packages that
// do not change, and waits to be told about the others.
type early struct {
	key    string // of the command line and the environment
	step   step   // that it was started for
	dir    string // of its own
	in     *os.File
	output listener

	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	err    error         // of that
}

// Await starts a linker that loads what will not change until Link is called to
// make what w says of a later version of p. It makes the extended linker for that
// if there is none, with commands run by run, which ctx ends.
func (l *Linker) Await(ctx context.Context, run Run, p Program, w Want) {
	if len(w.Late) == 0 {
		return // Link would not use it
	}
	if err := l.extend(ctx, run, p); err != nil && ctx.Err() == nil {
		l.mu.Lock()
		l.unextended = err.Error()
		l.mu.Unlock()
	}
	steps, _ := l.ladder(ctx, run, p, w)
	if ctx.Err() != nil || steps[0].method != dependenciesFirst {
		return
	}
	l.mu.Lock()
	ready := l.waiting.fits(p, steps[0]) && slices.Equal(l.waiting.step.early, steps[0].early)
	l.mu.Unlock()
	if ready {
		return
	}
	e, err := l.start(l.options.Run, p, steps[0])
	if err != nil {
		return // Link will tell
	}
	l.mu.Lock()
	old := l.waiting
	l.waiting = e
	l.mu.Unlock()
	old.close()
}

// Close ends what Await has started, and what Link has left. Nothing may be linked
// any more.
func (l *Linker) Close() {
	l.take().close()
	l.leave(nil)
}

// leave lets a linker that has linked end by itself, and waits for the one before.
func (l *Linker) leave(e *early) {
	l.mu.Lock()
	old := l.leaving
	l.leaving = e
	l.mu.Unlock()
	old.close()
}

// take returns the linker that waits, which then belongs to the caller; nil for
// none.
func (l *Linker) take() *early {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.waiting
	l.waiting = nil
	return e
}

// key identifies all that a linker is started with for p but the packages.
func (s step) key(p Program) string {
	return fmt.Sprintf("%q %q %q %q %q %t", s.linker, p.Dir, p.Env, p.Args, s.flags, s.stripped)
}

// fits reports whether a linker waits that can link p as s says: what it has
// loaded is what s would have it load, but for packages that p has meanwhile got
// or lost. The latter do no harm.
func (e *early) fits(p Program, s step) bool {
	if e == nil || e.ended() || e.key != s.key(p) {
		return false
	}
	files := map[string]string{}
	for _, a := range s.early {
		files[a.Package] = a.File
	}
	for _, a := range p.Archives {
		if _, ok := files[a.Package]; !ok {
			files[a.Package] = "late"
		}
	}
	return !slices.ContainsFunc(e.step.early, func(a Archive) bool { return cmp.Or(files[a.Package], a.File) != a.File })
}

// start starts a linker for a step that has dependencies first.
func (l *Linker) start(run Run, p Program, s step) (e *early, err error) {
	e = &early{key: s.key(p), step: s, output: listener{linked: make(chan struct{})}, done: make(chan struct{})}
	if e.dir, err = os.MkdirTemp(l.options.Dir, "early"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(e.dir)
		}
	}()
	config, _ := p.config(s)
	var packages bytes.Buffer
	for _, a := range s.early {
		fmt.Fprintln(&packages, "early", a.Package)
	}
	for _, file := range s.earlier {
		fmt.Fprintln(&packages, "earlier", file)
	}
	for name, text := range map[string][]byte{"importcfg": config, "packages": packages.Bytes()} {
		if err := os.WriteFile(e.path(name), text, 0o600); err != nil {
			return nil, err
		}
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	e.in = out
	ctx, cancel := context.WithTimeout(context.Background(), maxWait)
	e.cancel = cancel
	args := slices.Concat([]string{"-o", e.path("program"), "-importcfg", e.path("importcfg")}, p.Args[1:], s.arguments(Want{}), []string{"told-later.a"})
	cmd := p.command(ctx, e.dir, s.linker, args...)
	cmd.Env = append(cmd.Env, "HOTDEV_EARLY="+e.path("packages"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &e.output, &e.output
	go func() {
		defer close(e.done)
		defer in.Close()
		e.err = run(cmd)
	}()
	return e, nil
}

func (e *early) path(name string) string { return filepath.Join(e.dir, name) }

// ended reports whether it has, which it should not before it is told to link.
func (e *early) ended() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// link tells the linker about the packages that are missing, with id as the GNU
// build ID unless it is "", and waits for the program, which it moves to out.
func (e *early) link(ctx context.Context, p Program, s step, id, out string) error {
	config, main := p.config(s)
	if err := os.WriteFile(e.path("late"), config, 0o600); err != nil { // it may not have read the other file yet
		return err
	}
	orders := fmt.Sprintf("importcfg %s\nmain %s\n", e.path("late"), main)
	if id != "" {
		orders += "B 0x" + id + "\n"
	}
	_, _ = e.in.WriteString(orders + "link\n") // if it has ended, how tells more
	select {
	case <-e.output.linked:
	case <-e.done:
		if e.err != nil {
			return commandError(s.linker, e.err, e.output.text.Bytes())
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return os.Rename(e.path("program"), out)
}

// listener keeps what a linker says, and hears that it has written the program:
// to give its memory back takes it a while.
type listener struct {
	text   bytes.Buffer
	linked chan struct{} // closed then
	heard  bool
}

// linkedMessage is what the linker says then (patch/ld.go.txt).
const linkedMessage = "hotdev: linked\n"

func (l *listener) Write(p []byte) (int, error) {
	l.text.Write(p)
	if !l.heard && bytes.HasSuffix(l.text.Bytes(), []byte(linkedMessage)) {
		l.heard = true
		close(l.linked)
	}
	return len(p), nil
}

// close ends the linker, if there is one and it has not ended, and waits for that.
func (e *early) close() {
	if e == nil {
		return
	}
	e.cancel()
	<-e.done
	_ = e.in.Close()
	_ = os.RemoveAll(e.dir)
}

// command returns a command in p's surroundings, with tmp for its temporary
// files.
func (p Program) command(ctx context.Context, tmp, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = p.Dir
	cmd.Env = slices.Concat(p.Env, []string{"TMPDIR=" + tmp, "GOTMPDIR=" + tmp})
	return cmd
}
