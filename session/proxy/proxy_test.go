package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/hotdev/hotdev/session/proxy"
)

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
