//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/hotdev/hotdev/debug"
	"github.com/hotdev/hotdev/session/target"
)

// ways are the ways in which Delve gets hold of an app.
var ways = map[string]func(*rig, target.Spec) (*app, *session){
	"held": held,
	"launched": func(r *rig, s target.Spec) (*app, *session) {
		r.ByParent()
		return held(r, s)
	},
	"attached": func(r *rig, s target.Spec) (*app, *session) {
		a := r.start(s)
		a.up()
		r.Set(debug.Wish{Wanted: true})
		return a, r.front.generation()
	},
	"let go": func(r *rig, s target.Spec) (*app, *session) {
		r.ByParent()
		a, gen := held(r, s)
		r.Set(debug.Wish{})
		r.state(debug.StateIdle)
		return a, gen
	},
}

func held(r *rig, s target.Spec) (*app, *session) {
	r.Set(debug.Wish{Wanted: true})
	a := r.start(s)
	a.up()
	return a, r.front.generation()
}

// TestExit shows that the way in which an app ends comes through.
func TestExit(t *testing.T) {
	wants := map[string]target.Exit{
		"exit 3":  {Code: 3},
		"kill 9":  {Code: -1, Signal: "killed"},
		"kill 15": {Code: -1, Signal: "terminated"},
	}
	for way, start := range ways {
		for command, want := range wants {
			t.Run(way+"/"+command, func(t *testing.T) {
				r := newRig(t, newFront(t))
				a, gen := start(r, spec(t))
				a.tell(command)
				exit := a.ended()
				exit.Time = want.Time
				if exit != want {
					t.Errorf("exit %+v, want %+v", exit, want)
				}
				wait(t, gen.ended, "the end of the generation's connection")
				r.state(debug.StateIdle)
				if len(a.err.c) > 0 {
					t.Errorf("the app's error output has the line %q", <-a.err.c)
				}
			})
		}
	}
}

// TestStopAtBreakpoint stops an app gracefully that stands in the debugger.
func TestStopAtBreakpoint(t *testing.T) {
	for way, start := range ways {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			a, gen := start(r, spec(t, "graceful"))
			a.tell("work x")
			if way != "let go" {
				gen.stop()
			}
			if exit := a.Stop(t.Context()); exit.Code != 7 || !exit.Stopped || exit.Killed {
				t.Errorf("exit %+v, want code 7 after a graceful stop", exit)
			}
			if len(a.err.c) > 0 {
				t.Errorf("the app's error output has the line %q", <-a.err.c)
			}
		})
	}
}

// TestStopWhileHammered stops one that runs into a breakpoint all the time.
func TestStopWhileHammered(t *testing.T) {
	for way, start := range ways {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			a, _ := start(r, spec(t, "graceful"))
			a.tell("hammer")
			if exit := a.Stop(t.Context()); exit.Code != 7 || exit.Killed {
				t.Errorf("exit %+v, want code 7 after a graceful stop", exit)
			}
		})
	}
}

// TestStopAtEntry stops an app whose front takes its time.
func TestStopAtEntry(t *testing.T) {
	f := slowFront{make(chan struct{})}
	r := newRigFor(t, f)
	r.Set(debug.Wish{Wanted: true})
	a := r.start(spec(t))
	wait(t, f.began, "Begin")
	if exit := a.Stop(t.Context()); exit.Signal != "terminated" || !exit.Stopped {
		t.Errorf("exit %+v, want terminated", exit)
	}
}

// slowFront begins when its context ends.
type slowFront struct{ began chan struct{} }

func (f slowFront) Begin(ctx context.Context, g debug.Generation) error {
	close(f.began)
	<-ctx.Done()
	return ctx.Err()
}

func TestKill(t *testing.T) {
	for way, start := range ways {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			a, _ := start(r, spec(t, "stubborn"))
			over, cancel := context.WithCancel(t.Context())
			cancel()
			if exit := a.Stop(over); exit.Signal != "killed" || !exit.Killed {
				t.Errorf("exit %+v, want killed", exit)
			}
			r.state(debug.StateIdle)
			if len(a.err.c) > 0 {
				t.Errorf("the app's error output has the line %q", <-a.err.c)
			}
		})
	}
}

// TestTermToTheHost has a SIGTERM for the host from elsewhere.
func TestTermToTheHost(t *testing.T) {
	t.Run("launched", func(t *testing.T) {
		r := newRig(t, newFront(t, "WORK"))
		a, gen := ways["launched"](r, spec(t, "graceful"))
		a.tell("work x")
		gen.stop()
		if err := syscall.Kill(tracer(t, a.PID()), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if exit := a.ended(); exit.Code != 7 {
			t.Errorf("exit %+v, want code 7: the app was to be stopped gracefully", exit)
		}
	})
	for _, way := range []string{"held", "attached"} {
		t.Run(way, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			a, gen := ways[way](r, spec(t, "graceful"))
			a.tell("work x")
			gen.stop()
			if err := syscall.Kill(tracer(t, a.PID()), syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			a.out.next(t, "worked")
			r.state(debug.StateUnavailable)
			a.do("work x", "worked")
		})
	}
}

// TestKilledAtBreakpoint kills an app from elsewhere while Delve does nothing
// that would notice.
func TestKilledAtBreakpoint(t *testing.T) {
	for way, start := range ways {
		if way == "let go" {
			continue
		}
		t.Run(way, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			a, gen := start(r, spec(t))
			a.tell("work x")
			gen.stop()
			if err := syscall.Kill(a.PID(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if exit := a.ended(); exit.Signal != "killed" || exit.Stopped {
				t.Errorf("exit %+v, want killed", exit)
			}
			wait(t, gen.ended, "the end of the generation's connection")
			if len(a.err.c) > 0 {
				t.Errorf("the app's error output has the line %q", <-a.err.c)
			}
		})
	}
}

// TestPorts moves the port of an app that was started under Delve, and makes
// the app ready by it.
func TestPorts(t *testing.T) {
	r := newRig(t, newFront(t))
	r.Set(debug.Wish{Wanted: true})
	bound := make(chan target.Listener, 1)
	s := spec(t)
	s.Ports = &target.Ports{
		Claim:  func(_, _ string) error { return nil },
		Bound:  func(l target.Listener) { bound <- l },
		Missed: func(asked string, err error) { t.Errorf("missed %s: %v", asked, err) },
	}
	a := r.start(s)
	a.up()
	a.tell("listen 127.0.0.1:47999")
	if l := <-bound; l.Asked != "127.0.0.1:47999" || l.Actual == l.Asked {
		t.Errorf("bound %+v, want 127.0.0.1:47999 moved elsewhere", l)
	}
	wait(t, a.Ready(), "readiness")
	if l := a.Listeners(); len(l) != 1 || l[0].Asked != "127.0.0.1:47999" {
		t.Errorf("listeners %+v, want the one", l)
	}
}

// TestReadyClock has a readiness time-out that is over at once, but stands still
// before the app is let run and while it stands at a breakpoint.
func TestReadyClock(t *testing.T) {
	for mode, want := range map[target.ReadyMode]string{target.ReadyAuto: "", target.ReadyTCP: "not ready within 1ns"} {
		t.Run(string(mode), func(t *testing.T) {
			r := newRig(t, newFront(t, "IN INIT"))
			r.Set(debug.Wish{Wanted: true, Paused: true})
			s := spec(t)
			s.Ready = target.Readiness{Mode: mode, Timeout: 1}
			a := r.start(s)
			gen := r.front.generation()
			gen.stop()
			select {
			case <-a.Ready():
				t.Fatal("ready at a breakpoint")
			case err := <-a.NotReady():
				t.Fatalf("the time-out came at a breakpoint: %v", err)
			default:
			}
			gen.resume()
			a.up()
			r.Set(debug.Wish{Wanted: true})
			var got string
			select {
			case <-a.Ready():
			case err := <-a.NotReady():
				got = fmt.Sprintf("%.20s", err)
			case <-a.Exited():
				t.Fatal("the app ended")
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
