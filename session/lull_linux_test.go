package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/target"
)

// slowly is a Runner that starts a program once it may.
type slowly struct {
	target.Runner
	started chan time.Time
	may     chan struct{}
}

func (r slowly) Start(ctx context.Context, s target.Spec) (target.Process, error) {
	r.started <- time.Now()
	select {
	case <-r.may:
		return r.Runner.Start(ctx, s)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// TestNothingBesideALaunch holds that no linker gets ready for the next save while
// a version is being started, as Delve takes its time to do, but after it.
func TestNothingBesideALaunch(t *testing.T) {
	t.Parallel()
	r := slowly{started: make(chan time.Time, 1), may: make(chan struct{}, 1)}
	cache := t.TempDir()
	r.may <- struct{}{}
	w := open(t, hello, func(o *session.Options) {
		r.Runner = o.Runner
		o.Runner, o.CacheDir = r, cache
	})
	<-r.started
	w.reload(session.Swapped)
	w.running()
	w.learned(greeting)
	used := linker(t, cache, usualPriority) // by the next build; it may end a little later
	w.edit(greeting, "one", "two")
	began := <-r.started
	for time.Since(began) < 500*time.Millisecond {
		if pid := findLinker(t, cache, usualPriority); pid != 0 && pid != used && time.Since(began) < time.Second { // after two it may
			t.Fatalf("linker %d gets ready beside the launch", pid)
		}
	}
	r.may <- struct{}{}
	w.reload(session.Swapped)
	if pid := linker(t, cache, usualPriority); pid == used {
		t.Errorf("linker %d is there still", pid)
	}
}
