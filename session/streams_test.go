package session_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/hotdev/hotdev/session"
)

// streams is an app of streams that tell its greeting: a websocket, server-sent
// events, and a stream both ways over cleartext HTTP/2, as gRPC has them.
const streams = `
-- go.mod --
module example.com/streams

go 1.26

require github.com/coder/websocket v1.8.15
-- main.go --
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

const greeting = "one"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, greeting)
	})
	http.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, m, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, append([]byte(greeting+" "), m...)) != nil {
				return
			}
		}
	})
	http.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			fmt.Fprintf(w, "data: %s\n\n", greeting)
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	})
	http.HandleFunc("/duplex", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		for in := bufio.NewScanner(r.Body); in.Scan(); {
			fmt.Fprintln(w, greeting, in.Text())
			w.(http.Flusher).Flush()
		}
	})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		fmt.Println(greeting, "ends")
		os.Exit(0)
	}()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := http.Server{Addr: "localhost:" + os.Getenv("PORT"), Protocols: protocols}
	panic(server.ListenAndServe())
}
`

// socket is an open websocket.
type socket struct {
	*workspace
	c *websocket.Conn
}

func (w *workspace) socket() socket {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://localhost:"+w.port+"/socket", nil)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { c.CloseNow() })
	return socket{w, c}
}

// says fails unless version answers.
func (s socket) says(version string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	if err := s.c.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
		s.Fatal(err)
	}
	if _, m, err := s.c.Read(ctx); err != nil || string(m) != version+" hello" {
		s.Fatalf("the socket says %q, %v, want %s", m, err, version)
	}
}

// ended waits for the end of the socket.
func (s socket) ended() {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	if _, _, err := s.c.Read(ctx); err == nil || ctx.Err() != nil {
		s.Fatalf("the socket did not end: %v", err)
	}
}

// stream is an open answer.
type stream struct {
	*workspace
	body io.ReadCloser
	in   *bufio.Reader
	send *io.PipeWriter // nil: nothing is sent
}

func (w *workspace) events() *stream { return w.stream(http.MethodGet, "/events", &http.Transport{}) }

func (w *workspace) duplex() *stream {
	t := &http.Transport{Protocols: new(http.Protocols)}
	t.Protocols.SetUnencryptedHTTP2(true)
	return w.stream(http.MethodPost, "/duplex", t)
}

func (w *workspace) stream(method, path string, t *http.Transport) *stream {
	w.Helper()
	s := &stream{workspace: w}
	var body io.Reader
	if method == http.MethodPost {
		body, s.send = io.Pipe()
	}
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	w.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, "http://localhost:"+w.port+path, body)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(t.CloseIdleConnections)
	resp, err := t.RoundTrip(r)
	if err != nil {
		w.Fatal(err)
	}
	s.body, s.in = resp.Body, bufio.NewReader(resp.Body)
	w.Cleanup(s.close)
	return s
}

// says fails unless version answers.
func (s *stream) says(version string) {
	s.Helper()
	want := "data: " + version
	if s.send != nil {
		want = version + " hello"
		if _, err := io.WriteString(s.send, "hello\n"); err != nil {
			s.Fatal(err)
		}
	}
	line := ""
	for line == "" { // an event ends with an empty line
		next, err := s.in.ReadString('\n')
		if err != nil {
			s.Fatal(err)
		}
		line = strings.TrimSuffix(next, "\n")
	}
	if line != want {
		s.Fatalf("the stream says %q, want %q", line, want)
	}
}

func (s *stream) close() {
	if s.send != nil {
		s.send.Close()
	}
	s.body.Close()
}

func TestStreamsStayWithTheirVersionUntilTheyEnd(t *testing.T) {
	w := open(t, streams+"-- hotdev.toml --\n[run]\nstop_timeout = \"10m\"\n")
	w.reload(session.Swapped)
	socket, events, duplex := w.socket(), w.events(), w.duplex()
	socket.says("one")
	events.says("one")
	duplex.says("one")

	w.edit("main.go", `"one"`, `"two"`)
	w.reload(session.Swapped)
	w.answers("two")
	socket.says("one")
	events.says("one")
	duplex.says("one")
	newSocket, newEvents, newDuplex := w.socket(), w.events(), w.duplex()
	newSocket.says("two")
	newEvents.says("two")
	newDuplex.says("two")

	_ = socket.c.CloseNow()
	events.close()
	duplex.says("one") // the last one keeps the old version
	if w.said("one ends") {
		t.Error("the old version was stopped while it streamed")
	}
	duplex.close()
	w.until("the end of the old version", func() bool { return w.said("one ends") })
	newSocket.says("two")
	newEvents.says("two")
	newDuplex.says("two")
}

func TestAStreamThatDoesNotEndIsCutAndLandsOnTheNewVersion(t *testing.T) {
	for name, config := range map[string]string{
		"after stop_timeout": "stop_timeout = \"1s\"",
		"exclusive":          "exclusive = true",
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, streams+"-- hotdev.toml --\n[run]\n"+config+"\n")
			w.reload(session.Swapped)
			socket := w.socket()
			socket.says("one")
			w.edit("main.go", `"one"`, `"two"`)
			socket.ended()
			w.socket().says("two") // at once: it is held if need be
			w.reload(session.Swapped)
		})
	}
}
