//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hotdev/hotdev/debug"
)

// TestTwin holds that a program without debug information is debugged with that
// of its twin, which is made when a debugger comes and not before: from its start
// on, attached to while it runs, and attached to by the host that is its parent.
func TestTwin(t *testing.T) {
	for _, tc := range []struct {
		name            string
		early, byParent bool
	}{{"from the start", true, false}, {"attached to", false, false}, {"attached to by its parent", false, true}} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			if tc.byParent {
				r.ByParent()
			}
			s := withTwin(t, spec(t))
			var asked atomic.Int32
			info := s.Debug.Info
			s.Debug.Info = func(ctx context.Context) (string, error) {
				asked.Add(1)
				return info(ctx)
			}
			r.Set(debug.Wish{Wanted: tc.early})
			a := r.start(s)
			a.up()
			if !tc.early && asked.Load() > 0 {
				t.Error("debug information was made before anybody wanted it")
			}
			for range 2 { // it comes and goes
				r.Set(debug.Wish{Wanted: true})
				gen := r.front.generation()
				a.tell("work xy")
				gen.stop()
				gen.resume()
				a.out.next(t, "worked")
				r.Set(debug.Wish{})
				r.state(debug.StateIdle)
			}
			if n := asked.Load(); n != 2 {
				t.Errorf("it was asked for %d times", n)
			}
		})
	}
}

// TestNoTwin holds that it is said when there is no debug information to be had,
// and that the app runs.
func TestNoTwin(t *testing.T) {
	for name, early := range map[string]bool{"from the start": true, "attached to": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			s := withTwin(t, spec(t))
			s.Debug.Info = func(context.Context) (string, error) { return "", errors.New("nothing to make it from") }
			r.Set(debug.Wish{Wanted: early})
			a := r.start(s)
			a.up()
			r.Set(debug.Wish{Wanted: true})
			if state := r.state(debug.StateUnavailable); !strings.Contains(state.Reason, "nothing to make it from") {
				t.Errorf("the reason is %q", state.Reason)
			}
			a.do("work x", "worked")
		})
	}
}
