package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

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

// TestSwap moves to a new version under requests, a websocket and an event
// stream: what is under way finishes on the old one, what comes goes to the new.
func TestSwap(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	finish := make(chan struct{})
	newApp := func(name string) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", says(name))
		mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, name+" began, ")
			w.(http.Flusher).Flush()
			<-finish
			io.WriteString(w, name+" finished")
		})
		mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for {
				fmt.Fprintf(w, "data: %s\n\n", name)
				w.(http.Flusher).Flush()
				select {
				case <-finish:
				case <-r.Context().Done():
					return
				}
			}
		})
		mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			for {
				_, m, err := c.Read(r.Context())
				if err != nil || c.Write(r.Context(), websocket.MessageText, []byte(name+" "+string(m))) != nil {
					return
				}
			}
		})
		return mux
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ask := func(c *websocket.Conn, want string) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, m, err := c.Read(ctx); err != nil || string(m) != want+" hello" {
			t.Fatalf("%q, %v", m, err)
		}
	}
	connect := func() *websocket.Conn {
		t.Helper()
		c, _, err := websocket.Dial(ctx, "ws://"+d.addr+"/socket", nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	stream := func(path string) (*http.Response, *bufio.Reader) {
		t.Helper()
		resp, err := newClient(t, false).Get("http://" + d.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		return resp, bufio.NewReader(resp.Body)
	}
	event := func(in *bufio.Reader, want string) {
		t.Helper()
		if line, err := in.ReadString('\n'); err != nil || line != "data: "+want+"\n" {
			t.Fatalf("%q, %v", line, err)
		}
		_, _ = in.ReadString('\n')
	}

	old, next := version(1, serve(t, newApp("old"))), version(2, serve(t, newApp("new")))
	d.Serve(old)
	_, slow := stream("/slow")
	if b, err := slow.Peek(len("old began, ")); err != nil {
		t.Fatalf("%q, %v", b, err)
	}
	events, eventsIn := stream("/events")
	event(eventsIn, "old")
	socket := connect()
	ask(socket, "old")
	kept := newClient(t, false)
	if got, err := fetch(t, kept, http.MethodGet, "http://"+d.addr, nil); err != nil || got.body != "old" {
		t.Fatal(got, err)
	}

	d.Serve(next)
	if got, err := fetch(t, kept, http.MethodGet, "http://"+d.addr, nil); err != nil || got.body != "new" {
		t.Errorf("over a kept connection: %v, %v", got, err)
	}
	ask(socket, "old")
	fresh := connect()
	ask(fresh, "new")
	_, freshEvents := stream("/events")
	event(freshEvents, "new")
	if m := old.Metrics(); m.InFlight != 3 {
		t.Errorf("%d are under way on the old version", m.InFlight)
	}
	ended, stop := context.WithCancelCause(t.Context())
	stop(errors.New("stop_timeout is over"))
	if err := old.Drain(ended); err == nil || err.Error() != "stop_timeout is over" {
		t.Error("drained while streams are open:", err)
	}

	close(finish)
	if b, err := io.ReadAll(slow); err != nil || string(b) != "old began, old finished" {
		t.Errorf("%q, %v", b, err)
	}
	events.Body.Close()
	_ = socket.Close(websocket.StatusNormalClosure, "")
	drained(t, old)
	ask(fresh, "new")
}

// TestNoFailureOverSwaps swaps a hundred times under load, every tenth time with
// the old version gone before the new one serves: no request fails, each POST
// reaches a version once, and the app's own graceful shutdown, which waits 5 s
// for connections that have not seen a request, finds none of the proxy's.
func TestNoFailureOverSwaps(t *testing.T) {
	const clients, swaps = 16, 100
	d := newDoor(t, proxy.Options{})
	var reached, sent atomic.Int64
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		_, _ = io.Copy(w, r.Body)
	})
	done := make(chan struct{})
	var load sync.WaitGroup
	for i := range clients {
		load.Go(func() {
			client := newClient(t, i%4 == 0)
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				sent.Add(1)
				body := fmt.Sprint(i, " ", n)
				got, err := fetch(t, client, http.MethodPost, "http://"+d.addr, strings.NewReader(body))
				if err != nil || got.status != http.StatusOK || got.body != body {
					t.Errorf("%v, %v", got, err)
					return
				}
			}
		})
	}
	stop := func() {}
	for rev := range swaps {
		l := listen(t)
		server := &http.Server{Handler: app, Protocols: protocols(true, true)}
		go func() { _ = server.Serve(l) }()
		v := version(rev, l.Addr().String())
		if rev%10 == 9 {
			d.Hold()
			stop()
			d.Serve(v)
		} else {
			d.Serve(v)
			stop()
		}
		eventually(t, "load on the new version", func() bool { return v.Metrics().Requests >= clients })
		stop = func() {
			drained(t, v)
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			if err := server.Shutdown(ctx); err != nil {
				t.Errorf("rev %d does not shut down: %v", rev, err)
			}
			d.Retire(v)
		}
	}
	close(done)
	load.Wait()
	if sent.Load() != reached.Load() {
		t.Errorf("%d requests were sent, %d reached the app", sent.Load(), reached.Load())
	}
}

// TestMetrics counts requests, errors and those under way.
func TestMetrics(t *testing.T) {
	observed := make(chan proxy.Request, 10)
	d := newDoor(t, proxy.Options{Observe: func(q proxy.Request) { observed <- q }})
	began, finish := make(chan struct{}), make(chan struct{})
	app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			close(began)
			<-finish
		case "/bad":
			w.WriteHeader(http.StatusInternalServerError)
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		case "/abort":
			panic(http.ErrAbortHandler)
		}
	}))
	v := version(3, app)
	d.Serve(v)
	if m := v.Metrics(); m != (proxy.Metrics{}) {
		t.Errorf("at first %+v", m)
	}
	slow := later(func() reply { return get(t, "http://"+d.addr+"/slow?x=1") })
	must(t, "the request", began)
	if m := v.Metrics(); m.InFlight != 1 || m.Requests != 0 {
		t.Errorf("in flight %+v", m)
	}
	close(finish)
	must(t, "the answer", slow)
	for _, path := range []string{"/bad", "/events", "/abort"} {
		get(t, "http://"+d.addr+path)
	}
	for _, want := range []proxy.Request{
		{Rev: 3, Method: "GET", Path: "/slow", Status: 200},
		{Rev: 3, Method: "GET", Path: "/bad", Status: 500},
		{Rev: 3, Method: "GET", Path: "/events", Status: 200, Stream: true},
		{Rev: 3, Method: "GET", Path: "/abort", Status: 502},
	} {
		got := must(t, "the observation", observed)
		if got.Took <= 0 {
			t.Errorf("%+v took no time", got)
		}
		got.Took = 0
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if m := v.Metrics(); m.Requests != 4 || m.Errors != 2 || m.InFlight != 0 || m.P50 <= 0 || m.P50 > m.P95 || m.P95 > m.P99 {
		t.Errorf("at last %+v", m)
	}
}

// TestAddresses follows which public addresses are held when versions come and
// go: one that the app no longer asks for goes a version later.
func TestAddresses(t *testing.T) {
	const other = "127.0.0.1:00"
	p := proxy.New(proxy.Options{})
	defer p.Close()
	open := func(addr string) bool {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return false
		}
		c.Close()
		return true
	}
	for _, address := range []string{public, other, public} {
		if err := p.Claim("tcp", address); err != nil {
			t.Fatal(err)
		}
	}
	main, metrics := p.Addr(public), p.Addr(other)
	app := serve(t, says("fine"))
	one, two, three := version(1, app), version(2, app), version(3, app)
	one.Bind(other, app)
	p.Serve(one)
	p.Serve(two)
	p.Retire(one)
	if !open(metrics) {
		t.Error("an address is given up before the new version can have claimed it")
	}
	p.Retire(version(9, app)) // has never served
	if !open(metrics) {
		t.Error("an address is given up for a version that has never served")
	}
	p.Serve(three)
	p.Retire(two)
	if open(metrics) {
		t.Error("an address is kept that two versions have not asked for")
	}
	if got := get(t, "http://"+main); got.body != "fine" {
		t.Errorf("got %v", got)
	}
	p.Release()
	if open(main) {
		t.Error("an address is kept after Release")
	}
	if err := p.Claim("tcp", public); err != nil {
		t.Fatal(err)
	}
	taken := p.Addr(public)
	if err := p.Claim("tcp", taken); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("claimed twice: %v", err)
	}
	if got := get(t, "http://"+taken); got.body != "fine" {
		t.Errorf("got %v", got)
	}
}

// TestClose ends everything that is under way, and waits for it.
func TestClose(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	observed := make(chan proxy.Request, 10)
	d := newDoor(t, proxy.Options{Observe: func(q proxy.Request) { observed <- q }})
	d.Serve(version(1, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/socket":
			echoSocket(w, r)
		default:
			began <- struct{}{}
			<-r.Context().Done()
			ended <- struct{}{}
		}
	}))))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, "ws://"+d.addr+"/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	waits := later(func() error {
		_, err := fetch(t, newClient(t, false), http.MethodPost, "http://"+d.addr, nil)
		return err
	})
	must(t, "the app's request", began)
	silent := dial(t, d.addr)
	events := dial(t, d.addr)
	io.WriteString(events, "GET /__hotdev/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := bufio.NewReader(events).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	closed := later(func() bool { d.Close(); return true })
	must(t, "Close", closed)
	if n := len(observed); n != 2 {
		t.Errorf("%d of 2 requests have ended when Close returns", n)
	}
	must(t, "the app's cancellation", ended)
	if err := must(t, "the client's error", waits); err == nil {
		t.Error("a request was answered after Close")
	}
	if _, _, err := socket.Read(ctx); err == nil || ctx.Err() != nil {
		t.Error("the websocket is open after Close")
	}
	for _, c := range []net.Conn{silent, events} {
		if _, err := io.Copy(io.Discard, c); errors.Is(err, context.DeadlineExceeded) {
			t.Error("a connection is open after Close")
		}
	}
	d.Close()
	if err := d.Claim("tcp", public); !errors.Is(err, net.ErrClosed) {
		t.Errorf("claimed after Close: %v", err)
	}
}
