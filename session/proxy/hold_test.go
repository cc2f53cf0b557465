package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/proxy"
)

// TestHeldUntilReady sends requests before there is a version: they reach the
// first one that serves, each once, bodies included.
func TestHeldUntilReady(t *testing.T) {
	const n = 40
	d := newDoor(t, proxy.Options{})
	var posts atomic.Int32
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", b, err)
	}))
	answers := make(chan string)
	for i := range n {
		go func() {
			body := fmt.Sprint("body ", i)
			got, err := fetch(t, newClient(t, i%2 == 1), http.MethodPost, "http://"+d.addr, strings.NewReader(body))
			if err != nil || got.status != http.StatusOK || got.body != body+" <nil>" {
				answers <- fmt.Sprint(got, err)
				return
			}
			answers <- ""
		}()
	}
	d.held(t, n)
	v := version(1, app)
	d.Serve(v)
	for range n {
		if problem := must(t, "the answers", answers); problem != "" {
			t.Error(problem)
		}
	}
	if posts.Load() != n {
		t.Errorf("the app got %d posts of %d", posts.Load(), n)
	}
	drained(t, v)
}

// TestNoVersion checks the answers when there is none: time-out, too many, too
// large, and down.
func TestNoVersion(t *testing.T) {
	refused := func(t *testing.T, got reply, reason string) {
		t.Helper()
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" || !strings.Contains(got.body, reason) {
			t.Errorf("got %d %v %q, want 503 and %q", got.status, got.header, got.body, reason)
		}
	}
	t.Run("time-out", func(t *testing.T) {
		d := newDoor(t, proxy.Options{HoldTimeout: time.Millisecond})
		refused(t, get(t, "http://"+d.addr), "not ready in time")
	})
	t.Run("too many", func(t *testing.T) {
		d := newDoor(t, proxy.Options{MaxHeld: 2})
		first := later(func() reply { return get(t, "http://"+d.addr) })
		second := later(func() reply { return get(t, "http://"+d.addr) })
		d.held(t, 2)
		refused(t, get(t, "http://"+d.addr), "too many requests")
		d.Serve(version(1, serve(t, says("fine"))))
		for _, c := range []<-chan reply{first, second} {
			if got := must(t, "a held request", c); got.body != "fine" {
				t.Errorf("got %v", got)
			}
		}
	})
	t.Run("too large", func(t *testing.T) {
		d := newDoor(t, proxy.Options{MaxHeldSize: 1000})
		refused(t, get(t, "http://"+d.addr, "X-Large", strings.Repeat("x", 1000)), "too many requests")
	})
	t.Run("down", func(t *testing.T) {
		d := newDoor(t, proxy.Options{})
		waits := later(func() reply { return get(t, "http://"+d.addr) })
		d.held(t, 1)
		d.Down("rev 3 has crashed")
		refused(t, must(t, "the refusal", waits), "rev 3 has crashed")
		refused(t, get(t, "http://"+d.addr), "rev 3 has crashed")
	})
	t.Run("client leaves", func(t *testing.T) {
		d := newDoor(t, proxy.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.addr, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer := later(func() error { _, err := http.DefaultTransport.RoundTrip(r); return err })
		d.held(t, 1)
		cancel()
		must(t, "the client's error", answer)
		d.held(t, 0)
	})
	t.Run("no listener", func(t *testing.T) {
		d := newDoor(t, proxy.Options{HoldTimeout: time.Millisecond})
		d.Serve(proxy.NewVersion(7))
		refused(t, get(t, "http://"+d.addr), "rev 7 of the app does not listen on "+public)
	})
	t.Run("late listener", func(t *testing.T) {
		d := newDoor(t, proxy.Options{})
		v := proxy.NewVersion(1)
		d.Serve(v)
		waits := later(func() reply { return get(t, "http://"+d.addr) })
		v.Bind("127.0.0.1:1", "127.0.0.1:1")
		v.Bind(public, serve(t, says("fine")))
		if got := must(t, "the answer", waits); got.body != "fine" {
			t.Errorf("got %v", got)
		}
	})
}
