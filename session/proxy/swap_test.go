package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hotdev/hotdev/session/proxy"
)

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
