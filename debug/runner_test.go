//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"testing"

	"github.com/hotdev/hotdev/debug"
)

func TestStartUnderDelve(t *testing.T) {
	r := newRig(t, newFront(t, "IN INIT", "WORK"))
	r.Set(debug.Wish{Wanted: true})
	a := r.start(spec(t))
	s := r.front.generation()
	if !s.AtEntry || s.PID != a.PID() || s.Rev != 5 || s.Program != build(t, debuggable...) {
		t.Errorf("generation %+v of process %d", s.Generation, a.PID())
	}
	s.stop()
	s.resume()
	a.up()
	go a.do("work x", "worked")
	s.stop()
	s.resume()
	if got := r.State(); got != (debug.State{State: debug.StateAttached, PID: a.PID()}) {
		t.Errorf("state %+v", got)
	}
}
