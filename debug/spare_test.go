//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/debug"
)

// TestSpareHost holds that the next app under Delve gets a host that was there
// before, which is gone as soon as nobody wants a debugger.
func TestSpareHost(t *testing.T) {
	r, first, spare := newRigWithSpare(t)
	second := r.start(spec(t))
	if by := tracer(t, second.PID()); by != spare {
		t.Errorf("process %d holds the app, want the host that waited, %d", by, spare)
	}
	second.up()
	first.Stop(t.Context())
	r.front.generation()
	gen := r.front.generation()
	second.tell("work x")
	gen.stop()
	gen.resume()
	second.out.next(t, "worked")
	fd := pidfd(t, r.awaitSpare())
	r.Set(debug.Wish{})
	gone(t, fd)
}

// TestKilledSpareHost holds that an app is held although the host that waited for it
// was killed.
func TestKilledSpareHost(t *testing.T) {
	r, _, spare := newRigWithSpare(t)
	fd := pidfd(t, spare)
	if err := syscall.Kill(spare, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, fd)
	second := r.start(spec(t))
	second.up()
	if by := tracer(t, second.PID()); by == 0 || by == spare {
		t.Errorf("process %d holds the app", by)
	}
}

// newRigWithSpare returns a rig with an app under Delve, and the process ID of the host
// that waits for the next one.
func newRigWithSpare(t *testing.T) (r *rig, first *app, spare int) {
	t.Helper()
	r = newRig(t, newFront(t, "WORK"))
	r.Set(debug.Wish{Wanted: true})
	first = r.start(spec(t))
	first.up()
	return r, first, r.awaitSpare()
}

// awaitSpare waits until a host waits for the next app, and returns its process ID.
func (r *rig) awaitSpare() (pid int) {
	r.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for giveUp := time.Now().Add(20 * time.Second); time.Now().Before(giveUp); <-tick.C {
		if pid := r.Spare(); pid != 0 {
			return pid
		}
	}
	r.t.Fatal("no host waits")
	return 0
}

// TestNoHost holds that an app runs, and that it is said why without a debugger, if
// no host can be started for it.
func TestNoHost(t *testing.T) {
	r := newRigOf(t, newFront(t), filepath.Join(t.TempDir(), "nothing"))
	r.Set(debug.Wish{Wanted: true})
	a := r.start(spec(t))
	a.up()
	if got := r.state(debug.StateUnavailable); !strings.Contains(got.Reason, "can't be started") {
		t.Errorf("reason %q", got.Reason)
	}
	a.do("work x", "worked")
}
