//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/debug"
)

// TestStartUnderDelve shows that breakpoints in init functions are hit, and
// what the front gets to know.
func TestStartUnderDelve(t *testing.T) {
	r := newRig(t, newFront(t, "IN INIT", "WORK"))
	r.Set(debug.Wish{Wanted: true})
	program := spec(t)
	a := r.start(program)
	s := r.front.generation()
	if !s.AtEntry || s.PID != a.PID() || s.Rev != 5 || s.Program != program.Binary.Path {
		t.Errorf("generation %+v of process %d", s.Generation, a.PID())
	}
	if text, err := s.Source(appSource(t)); err != nil || !strings.Contains(string(text), "// IN INIT") {
		t.Errorf("Source = %.20q…, %v", text, err)
	}
	s.stop()
	s.resume()
	a.up()
	a.tell("work xy")
	s.stop()
	s.resume()
	if got := a.out.next(t, "worked"); got != "4" {
		t.Errorf("worked %s, want 4", got)
	}
	if got := r.State(); got != (debug.State{State: debug.StateAttached, PID: a.PID()}) {
		t.Errorf("state %+v", got)
	}
}

// TestSurroundings shows that an app can't tell that it was started under a
// host: arguments, directory, environment and streams are those of a plain run.
func TestSurroundings(t *testing.T) {
	var seen [2]string
	for i, wanted := range []bool{false, true} {
		r := newRig(t, newFront(t))
		r.Set(debug.Wish{Wanted: wanted})
		s := spec(t, "one", "two words", "-three")
		s.Dir = "testdata"
		a := r.start(s)
		a.up()
		seen[i] = a.do("surroundings", "[")
		seen[i] = strings.ReplaceAll(seen[i], runMarker(seen[i]), "HOTDEV_RUN=…")
		a.tell("print-err only this")
		a.tell("exit 0")
		a.ended()
		close(a.err.c)
		for line := range a.err.c {
			if line != "only this" {
				t.Errorf("wanted = %t: the error output has the line %q", wanted, line)
			}
		}
	}
	if seen[0] != seen[1] {
		t.Errorf("under a host:\n%s\nplain:\n%s", seen[1], seen[0])
	}
	if !strings.Contains(seen[0], "HOTDEV_RUN=…") {
		t.Error("the app has no marker of session/run")
	}
}

// runMarker returns session/run's environment entry, which differs by run.
func runMarker(environ string) string {
	i := strings.Index(environ, "HOTDEV_RUN=")
	if i < 0 {
		return "none"
	}
	marker, _, _ := strings.Cut(environ[i:], `"`)
	return marker
}

func TestNotToBeDebugged(t *testing.T) {
	r := newRig(t, newFront(t))
	r.Set(debug.Wish{Wanted: true})
	s := spec(t)
	s.Debug = nil
	a := r.start(s)
	a.up()
	if by := tracer(t, a.PID()); by != 0 {
		t.Errorf("process %d traces the app", by)
	}
	if got := r.State(); got != (debug.State{State: debug.StateIdle}) {
		t.Errorf("state %+v", got)
	}
}

func TestAlways(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	s := spec(t)
	s.Debug.Always = true
	a := r.start(s)
	a.up()
	gen := r.front.generation()
	r.Set(debug.Wish{Wanted: true})
	r.Set(debug.Wish{})
	a.tell("work x")
	gen.stop()
}

// TestAttach looks into a running app, twice, with nothing of Delve between and
// after.
func TestAttach(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	a := r.start(spec(t))
	a.up()
	for range 2 {
		if by := tracer(t, a.PID()); by != 0 {
			t.Fatalf("process %d traces the app though nobody wants it", by)
		}
		a.do("work x", "worked")
		r.Set(debug.Wish{Wanted: true})
		s := r.front.generation()
		if s.AtEntry || s.PID != a.PID() {
			t.Errorf("generation %+v of process %d", s.Generation, a.PID())
		}
		a.tell("work x")
		s.stop()
		host := pidfd(t, tracer(t, a.PID()))
		r.Set(debug.Wish{}) // while it stands at the breakpoint
		a.out.next(t, "worked")
		r.state(debug.StateIdle)
		wait(t, s.ended, "the end of the generation's connection")
		gone(t, host)
	}
}

// TestAttachByParent looks into an app that has its host as its parent, since no
// other process could attach to it.
func TestAttachByParent(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	r.ByParent()
	a := r.start(spec(t, "graceful"))
	a.up()
	host := status(t, a.PID(), "PPid")
	for range 2 {
		if by := tracer(t, a.PID()); by != 0 {
			t.Fatalf("process %d traces the app though nobody wants it", by)
		}
		a.do("work x", "worked")
		r.Set(debug.Wish{Wanted: true})
		s := r.front.generation()
		if by := tracer(t, a.PID()); by != host {
			t.Errorf("process %d traces the app, want its parent, %d", by, host)
		}
		a.tell("work x")
		s.stop()
		r.Set(debug.Wish{})
		a.out.next(t, "worked")
		r.state(debug.StateIdle)
	}
	if exit := a.Stop(t.Context()); exit.Code != 7 || exit.Killed {
		t.Errorf("exit %+v, want code 7 after a graceful stop", exit)
	}
}

// TestHostStaysAsParent detaches from an app that was started under Delve, by a
// host that has to be its parent: that waits for it, and can take hold of it again.
func TestHostStaysAsParent(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	r.ByParent()
	r.Set(debug.Wish{Wanted: true})
	a := r.start(spec(t, "graceful"))
	a.up()
	host := tracer(t, a.PID())
	for range 2 {
		s := r.front.generation()
		a.tell("work x")
		s.stop()
		r.Set(debug.Wish{})
		a.out.next(t, "worked")
		r.state(debug.StateIdle)
		if by := tracer(t, a.PID()); by != 0 {
			t.Errorf("process %d traces the app though nobody wants it", by)
		}
		if got := status(t, a.PID(), "PPid"); got != host {
			t.Errorf("the app's parent is process %d, want the host, %d", got, host)
		}
		a.do("work x", "worked")
		r.Set(debug.Wish{Wanted: true})
	}
	s := r.front.generation()
	a.tell("work x")
	s.stop()
	if exit := a.Stop(t.Context()); exit.Code != 7 || exit.Killed {
		t.Errorf("exit %+v, want code 7 after a graceful stop", exit)
	}
}

// TestToggling changes its mind faster than Delve can follow, while several
// threads run into the breakpoint all the time.
func TestToggling(t *testing.T) {
	for _, under := range []bool{false, true} {
		r := newRig(t, newFront(t, "WORK"))
		r.Set(debug.Wish{Wanted: under})
		a := r.start(spec(t))
		a.up()
		a.tell("hammer")
		for i := range 20 {
			r.Set(debug.Wish{Wanted: i%2 == 0})
			if i%5 == 0 {
				r.state(debug.StateAttached)
			}
		}
		r.Set(debug.Wish{})
		r.state(debug.StateIdle)
		select {
		case <-a.Exited():
			t.Errorf("the app ended: %v", a.Exit())
			for len(a.err.c) > 0 {
				t.Log(<-a.err.c)
			}
			continue
		default:
		}
		if by := tracer(t, a.PID()); by != 0 {
			t.Errorf("process %d traces the app in the end", by)
		}
		a.tell("print-err alive")
		a.err.next(t, "alive")
		a.tell("exit 4")
		if exit := a.ended(); exit.Code != 4 {
			t.Errorf("exit %+v, want code 4", exit)
		}
	}
}

// TestNewestIsAttached has two versions side by side.
func TestNewestIsAttached(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	first, second := r.start(spec(t)), r.start(spec(t))
	first.up()
	second.up()
	r.Set(debug.Wish{Wanted: true})
	if s := r.front.generation(); s.PID != second.PID() {
		t.Errorf("attached to process %d, want the newest, %d", s.PID, second.PID())
	}
	third := r.start(spec(t))
	if s := r.front.generation(); s.PID != third.PID() || !s.AtEntry {
		t.Errorf("generation %+v, want process %d at its entry", s.Generation, third.PID())
	}
	third.up()
	if tracer(t, second.PID()) == 0 || tracer(t, third.PID()) == 0 || tracer(t, first.PID()) != 0 {
		t.Error("not exactly the second and third version are attached to")
	}
	third.Stop(t.Context())
	second.Stop(t.Context())
	if s := r.front.generation(); s.PID != first.PID() {
		t.Errorf("attached to process %d, want the one that is left, %d", s.PID, first.PID())
	}
}

// TestRefused has programs that Delve can't debug: they run without it, and it
// is said why.
func TestRefused(t *testing.T) {
	for _, wanted := range []bool{true, false} {
		r := newRig(t, newFront(t))
		r.Set(debug.Wish{Wanted: wanted})
		s := spec(t)
		s.Binary.Path = build(t, "-ldflags=-s -w")
		a := r.start(s)
		a.up()
		r.Set(debug.Wish{Wanted: true})
		got := r.state(debug.StateUnavailable)
		if !strings.Contains(got.Reason, "-ldflags") {
			t.Errorf("reason %q, want one about -ldflags", got.Reason)
		}
		a.do("work x", "worked")
		r.Set(debug.Wish{})
		r.state(debug.StateIdle)
		a.tell("exit 0")
		if exit := a.ended(); exit.Code != 0 {
			t.Errorf("exit %+v, want code 0", exit)
		}
	}
}

func TestFrontFails(t *testing.T) {
	for _, under := range []bool{true, false} {
		f := newFront(t)
		f.fail = errors.New("on purpose")
		r := newRig(t, f)
		r.Set(debug.Wish{Wanted: under})
		a := r.start(spec(t))
		r.Set(debug.Wish{Wanted: true})
		a.up()
		if got := r.state(debug.StateUnavailable); !strings.Contains(got.Reason, "on purpose") {
			t.Errorf("reason %q, want the front's", got.Reason)
		}
		a.do("work x", "worked")
		if by := tracer(t, a.PID()); by != 0 {
			t.Errorf("process %d traces the app", by)
		}
	}
}

// TestSessionEnds has a front that hangs up: the app runs on without Delve.
func TestSessionEnds(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	r.Set(debug.Wish{Wanted: true})
	a := r.start(spec(t))
	a.up()
	s := r.front.generation()
	a.tell("work x")
	s.stop()
	s.Conn.Close()
	a.out.next(t, "worked")
	r.state(debug.StateUnavailable)
	r.Set(debug.Wish{})
	r.Set(debug.Wish{Wanted: true})
	r.front.generation()
	r.state(debug.StateAttached)
}

// TestDeafFront has a front that does not read what Delve sends, so that Delve is
// stuck while the app stands: it can be let go nevertheless.
func TestDeafFront(t *testing.T) {
	f := newFront(t, "WORK")
	f.deaf = true
	f.log = strings.Repeat("more than a socket takes ", 100_000)
	r := newRig(t, f)
	a := r.start(spec(t))
	a.up()
	r.Set(debug.Wish{Wanted: true})
	f.generation()
	a.tell("work x")
	standing(t, a.PID())
	r.Set(debug.Wish{})
	a.out.next(t, "worked")
	r.state(debug.StateIdle)
	a.do("work x", "worked")
}

func TestClose(t *testing.T) {
	r := newRig(t, newFront(t, "WORK"))
	first := r.start(spec(t))
	first.up()
	r.Set(debug.Wish{Wanted: true})
	r.front.generation()
	second := r.start(spec(t))
	second.up()
	r.front.generation()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, a := range []*app{first, second} {
		if by := tracer(t, a.PID()); by != 0 {
			t.Errorf("process %d traces an app after Close", by)
		}
		a.do("work x", "worked")
	}
	if _, err := r.Start(t.Context(), spec(t)); !errors.Is(err, debug.ErrClosed) {
		t.Errorf("Start after Close: %v, want ErrClosed", err)
	}
}

// TestStartFails has a program that nobody can start.
func TestStartFails(t *testing.T) {
	r := newRig(t, newFront(t))
	r.Set(debug.Wish{Wanted: true})
	s := spec(t)
	s.Binary.Path = t.TempDir() + "/none"
	s.Stdin, s.Stdout, s.Stderr = nil, io.Discard, io.Discard
	if p, err := r.Start(t.Context(), s); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start = %v, %v, want ErrNotExist", p, err)
	}
}
