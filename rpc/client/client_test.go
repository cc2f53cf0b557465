package client_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

func dial(t *testing.T, o client.Options) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestDialWithoutADaemon(t *testing.T) {
	w := newWorld(t, script{})
	if _, err := client.Dial(t.Context(), w.options(false)); !errors.Is(err, client.ErrNoDaemon) {
		t.Errorf("Dial: %v, want ErrNoDaemon", err)
	}
	if _, err := client.Discover(t.Context(), w.options(false)); !errors.Is(err, client.ErrNoDaemon) {
		t.Errorf("Discover: %v, want ErrNoDaemon", err)
	}
}

func TestClientsStartOneDaemonTogether(t *testing.T) {
	w := newWorld(t, script{})
	var running sync.WaitGroup
	pids := make(chan int, 8)
	for range cap(pids) {
		running.Go(func() {
			c, err := client.Dial(t.Context(), w.options(true))
			if err != nil {
				t.Errorf("Dial: %v", err)
				return
			}
			defer c.Close()
			if err := c.Skew(); err != nil {
				t.Errorf("Skew: %v", err)
			}
			pids <- c.Daemon().PID
		})
	}
	running.Wait()
	close(pids)
	first := <-pids
	for pid := range pids {
		if pid != first {
			t.Errorf("daemons %d and %d", first, pid)
		}
	}
	if n := w.daemons(); n != 1 {
		t.Errorf("%d daemons were started", n)
	}
	if path, err := client.Discover(t.Context(), w.options(false)); err != nil || !strings.HasPrefix(path, w.Dir) {
		t.Errorf("Discover: %s, %v", path, err)
	}
}

func TestADeadDaemonsSocketIsNoDaemon(t *testing.T) {
	w := newWorld(t, script{})
	c := dial(t, w.options(true))
	path, err := client.Discover(t.Context(), w.options(false))
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Shutdown(t.Context()) // the scripted daemon does not clean up
	<-c.Done()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Dial(t.Context(), w.options(false)); !errors.Is(err, client.ErrNoDaemon) {
		t.Errorf("Dial: %v, want ErrNoDaemon", err)
	}
	dial(t, w.options(true))
	if n := w.daemons(); n != 2 {
		t.Errorf("%d daemons were started", n)
	}
}

func TestADaemonThatDiesIsExplained(t *testing.T) {
	w := newWorld(t, script{Fail: "no room on the disk"})
	for range 2 { // the second error must not quote the first daemon's words twice
		_, err := client.Dial(t.Context(), w.options(true))
		var failed *client.StartError
		if !errors.As(err, &failed) {
			t.Fatalf("Dial: %v, want a StartError", err)
		}
		if failed.Tail != "no room on the disk" || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), failed.Log) {
			t.Errorf("Dial: %v", err)
		}
	}
}

func TestWaitingForADaemonEndsWithTheContext(t *testing.T) {
	w := newWorld(t, script{Silent: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	gaveUp := errors.New("gave up")
	go func() {
		<-w.born
		cancel(gaveUp)
	}()
	if _, err := client.Dial(ctx, w.options(true)); !errors.Is(err, gaveUp) || !strings.Contains(err.Error(), ".log") {
		t.Errorf("Dial: %v", err)
	}
}

func TestAnExeThatIsNoHotdev(t *testing.T) {
	w := newWorld(t, script{})
	o := w.options(true)
	o.Exe, o.Args = "go", []string{"version"}
	var failed *client.StartError
	if _, err := client.Dial(t.Context(), o); !errors.As(err, &failed) {
		t.Errorf("Dial: %v, want a StartError", err)
	}
	o.Exe = "/nonexistent"
	if _, err := client.Dial(t.Context(), o); err == nil || !strings.Contains(err.Error(), "starting the daemon") {
		t.Errorf("Dial: %v", err)
	}
}

func TestAnotherBuildsDaemonIsUsedAndTold(t *testing.T) {
	w := newWorld(t, script{BuildID: "theirs"})
	c := dial(t, w.options(true))
	var skew *client.SkewError
	if !errors.As(c.Skew(), &skew) || skew.Unusable || skew.Theirs.BuildID != "theirs" || skew.Ours.Version != "1.0" || skew.PID != c.Daemon().PID {
		t.Errorf("Skew: %+v", c.Skew())
	}
	if n := w.daemons(); n != 1 {
		t.Errorf("%d daemons were started", n)
	}
	if other := dial(t, w.options(true)); other.Daemon().PID != c.Daemon().PID {
		t.Error("the second client has another daemon")
	}
}

func TestAnotherProtocolIsAnError(t *testing.T) {
	w := newWorld(t, script{Protocol: 99})
	var skew *client.SkewError
	if _, err := client.Dial(t.Context(), w.options(true)); !errors.As(err, &skew) || !skew.Unusable || skew.Theirs.Protocol != 99 {
		t.Errorf("Dial: %v, want a SkewError", err)
	}
}

func TestSubscriptionsBeginWithTheState(t *testing.T) {
	w := newWorld(t, script{})
	c := dial(t, w.options(true))
	for range 20 {
		var revs []int
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		err := c.Subscribe(ctx, 0, client.Handler{
			Subscribed: func(r protocol.SubscribeResult) { revs = append(revs, r.Status.Rev) },
			Status:     func(s protocol.Status) { revs = append(revs, s.Rev) },
			Reloaded: func(r protocol.Reload) {
				revs = append(revs, r.Rev)
				cancel(enough)
			},
		})
		if !errors.Is(err, enough) || len(revs) != 3 || revs[0] != 1 || revs[1] != 2 || revs[2] != 3 {
			t.Fatalf("Subscribe: %v, events of revs %v", err, revs)
		}
	}
}

func TestASubscriptionEndsWithItsDaemon(t *testing.T) {
	w := newWorld(t, script{})
	c := dial(t, w.options(true))
	ended := make(chan error, 1)
	subscribed := make(chan struct{})
	go func() {
		ended <- c.Subscribe(t.Context(), 0, client.Handler{Subscribed: func(protocol.SubscribeResult) { close(subscribed) }})
	}()
	<-subscribed
	if err := c.Subscribe(t.Context(), 0, client.Handler{}); err == nil {
		t.Error("a second subscription succeeds")
	}
	if err := c.Shutdown(t.Context()); err == nil {
		t.Error("a request that kills the daemon succeeds")
	}
	if err := <-ended; err == nil {
		t.Error("Subscribe returns nil")
	}
}

func TestStatusOfAScriptedDaemonFails(t *testing.T) {
	w := newWorld(t, script{})
	c := dial(t, w.options(true))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := c.Status(ctx); err == nil || !strings.Contains(err.Error(), "no method hotdev/status") {
		t.Errorf("Status: %v", err)
	}
}
