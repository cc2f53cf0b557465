package proxy

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// entered is what came of a request at the gate.
type entered struct {
	size int64
	to   *Version
	err  error
	took time.Duration
}

// arrive starts requests at the gate one after the other, and returns when they
// wait or have an answer; their sizes tell them apart.
func arrive(ctx context.Context, g *gate, sizes ...int64) <-chan entered {
	out := make(chan entered, len(sizes))
	for _, size := range sizes {
		began := time.Now()
		go func() {
			v, err := g.enter(ctx, size)
			out <- entered{size, v, err, time.Since(began)}
		}()
		synctest.Wait()
	}
	return out
}

// sizes returns those of the waiting requests, the first in line first.
func sizes(g *gate) (all []int64) {
	for e := g.waiting.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*waiter).bytes)
	}
	return all
}

// TestGateQueue keeps requests in the order of their arrival, within bounds,
// until a version serves.
func TestGateQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Minute, 4, 100)
		stay := arrive(t.Context(), g, 1, 2, 3)
		ctx, cancel := context.WithCancel(t.Context())
		leave := arrive(ctx, g, 4)
		if e := <-arrive(t.Context(), g, 5); !errors.Is(e.err, errFull) {
			t.Errorf("the fifth of four: %+v", e)
		}
		cancel()
		if e := <-leave; !errors.Is(e.err, context.Canceled) {
			t.Errorf("who leaves gets %+v", e)
		}
		if e := <-arrive(t.Context(), g, 95); !errors.Is(e.err, errFull) {
			t.Errorf("101 bytes of 100: %+v", e)
		}
		last := arrive(t.Context(), g, 94)
		if line := sizes(g); !slices.Equal(line, []int64{1, 2, 3, 94}) || g.bytes != 100 {
			t.Errorf("in line are %v, %d bytes", line, g.bytes)
		}
		g.set(nil, "") // still none
		synctest.Wait()
		v := NewVersion(1)
		g.set(v, "")
		for _, out := range []<-chan entered{stay, stay, stay, last, arrive(t.Context(), g, 7)} {
			if e := <-out; e.to != v || e.err != nil {
				t.Errorf("got %+v", e)
			}
		}
		if v.all.n != 5 || len(sizes(g)) != 0 || g.bytes != 0 {
			t.Errorf("%d are active, %v in line, %d bytes", v.all.n, sizes(g), g.bytes)
		}
	})
}

// TestGateDown refuses those in line and those that come.
func TestGateDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Minute, 4, 100)
		line := arrive(t.Context(), g, 1)
		g.set(nil, "it crashed")
		for _, out := range []<-chan entered{line, arrive(t.Context(), g, 2)} {
			if e := <-out; e.err != (downError{"it crashed"}) || e.took != 0 {
				t.Errorf("got %+v", e)
			}
		}
	})
}

// TestGateTimeout lets requests wait for the time-out, which stands still while
// the gate is paused.
func TestGateTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(10*time.Second, 4, 100)
		first := arrive(t.Context(), g, 1)
		time.Sleep(4 * time.Second)
		g.pause(true)
		second := arrive(t.Context(), g, 2)
		time.Sleep(time.Hour)
		g.pause(true) // again: nothing changes
		time.Sleep(time.Hour)
		g.pause(false)
		if e := <-first; !errors.Is(e.err, errTooLong) || e.took != 2*time.Hour+10*time.Second {
			t.Errorf("the first got %+v", e)
		}
		if e := <-second; !errors.Is(e.err, errTooLong) || e.took != 2*time.Hour+10*time.Second {
			t.Errorf("the second got %+v", e)
		}
		if g.bytes != 0 || len(sizes(g)) != 0 {
			t.Errorf("%v in line, %d bytes", sizes(g), g.bytes)
		}
	})
}

// TestReign ends with each change of what serves.
func TestReign(t *testing.T) {
	g := newGate(time.Minute, 4, 100)
	for _, v := range []*Version{NewVersion(1), NewVersion(2), nil} {
		_, before := g.serving()
		g.set(v, "")
		serving, reign := g.serving()
		if before.Err() == nil || reign.Err() != nil || serving != v {
			t.Errorf("before %v, now %v", before.Err(), reign.Err())
		}
	}
}

// BenchmarkGate has 64 clients pass an open gate.
func BenchmarkGate(b *testing.B) {
	g := newGate(time.Minute, 1024, 1<<20)
	g.set(NewVersion(1), "")
	b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			v, err := g.enter(b.Context(), 100)
			if err != nil {
				b.Error(err)
				return
			}
			v.leave(false)
		}
	})
}
