package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/hotdev/hotdev/session/proxy"
)

// TestImmediateFlush lets the app write the next piece only after the client
// has got the one before, so a piece that is kept back would stop it for ever.
func TestImmediateFlush(t *testing.T) {
	for _, c := range []struct{ name, header, value, accept string }{
		{"event stream", "Content-Type", "text/event-stream", "text/event-stream"},
		{"chunks", "Content-Type", "text/plain", "*/*"},
		{"known length", "Content-Length", "12", "*/*"},
		{"page without tags", "Content-Type", "text/html", "text/html"},
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s http2=%t", c.name, http2), func(t *testing.T) {
				next := make(chan struct{})
				app := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set(c.header, c.value)
					w.(http.Flusher).Flush() // the header by itself
					for i := range 3 {
						<-next
						fmt.Fprintf(w, "%d..\n", i)
						w.(http.Flusher).Flush()
					}
				}))
				d := newDoor(t, proxy.Options{Inject: true})
				d.Serve(version(1, app))
				r, err := http.NewRequest(http.MethodGet, "http://"+d.addr, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Accept", c.accept)
				resp, err := newClient(t, http2).Do(r)
				if err != nil {
					t.Fatal(err)
				}
				in := bufio.NewReader(resp.Body)
				for i := range 3 {
					next <- struct{}{}
					if line, err := in.ReadString('\n'); err != nil || line != fmt.Sprintf("%d..\n", i) {
						t.Fatalf("%q, %v", line, err)
					}
				}
				if _, err := in.ReadByte(); err != io.EOF {
					t.Fatal(err)
				}
			})
		}
	}
}

// TestFullDuplex has the app answer while the body still comes.
func TestFullDuplex(t *testing.T) {
	d, _ := doorTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		for in := bufio.NewReader(r.Body); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(w, strings.ToUpper(line))
			w.(http.Flusher).Flush()
		}
	}))
	c := dial(t, d.addr)
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	var resp *http.Response
	var in *bufio.Reader
	for i := range 3 {
		fmt.Fprintf(c, "7\r\nline %d\n\r\n", i)
		if resp == nil {
			var err error
			if resp, err = http.ReadResponse(bufio.NewReader(c), nil); err != nil {
				t.Fatal(err)
			}
			in = bufio.NewReader(resp.Body)
		}
		if line, err := in.ReadString('\n'); err != nil || line != fmt.Sprintf("LINE %d\n", i) {
			t.Fatalf("%q, %v", line, err)
		}
	}
	io.WriteString(c, "0\r\n\r\n")
	if _, err := in.ReadByte(); err != io.EOF {
		t.Fatal(err)
	}
}

// TestGigabyte streams 1 GB up and 1 GB down. What all of it allocates together,
// the app and the client included, is a small part of that: nothing is kept.
func TestGigabyte(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "gigabyte.exe")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/gigabyte").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	var up, down, allocated int64
	if _, err := fmt.Sscan(string(out), &up, &down, &allocated); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if up != 1<<30 || down != 1<<30 || allocated > 32<<20 {
		t.Errorf("%d bytes up, %d bytes down, %d MiB allocated", up, down, allocated>>20)
	}
}

// TestClientLeaves checks that the app's request is cancelled with the client's.
func TestClientLeaves(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		began, ended := make(chan struct{}), make(chan error)
		d, _ := doorTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/streaming" {
				w.(http.Flusher).Flush()
			}
			_, _ = io.Copy(io.Discard, r.Body)
			began <- struct{}{}
			<-r.Context().Done()
			ended <- r.Context().Err()
		}))
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for _, path := range []string{"/waiting", "/streaming"} {
				ctx, cancel := context.WithCancel(t.Context())
				r, err := http.NewRequestWithContext(ctx, method, "http://"+d.addr+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if method == http.MethodPost {
					r.Body = io.NopCloser(strings.NewReader("body"))
				}
				answer := later(func() error {
					resp, err := newClient(t, http2).Do(r)
					if err == nil {
						_, err = io.Copy(io.Discard, resp.Body)
					}
					return err
				})
				must(t, "the app's request", began)
				cancel()
				must(t, "its cancellation", ended)
				must(t, "the client's error", answer)
			}
		}
	}
}

// TestWebsocket talks over a websocket, subprotocol and large messages included.
func TestWebsocket(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(echoSocket))
	for _, addr := range []string{direct, d.addr} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c, resp, err := websocket.Dial(ctx, "ws://"+addr+"/socket", &websocket.DialOptions{Subprotocols: []string{"chat"}, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Fatal(err)
		}
		if c.Subprotocol() != "chat" || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Errorf("%s, %q", resp.Status, c.Subprotocol())
		}
		c.SetReadLimit(4 << 20)
		for _, m := range []string{"", "hello", strings.Repeat("large ", 300_000)} {
			if err := c.Write(ctx, websocket.MessageText, []byte(m)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := c.Read(ctx); err != nil || string(got) != m {
				t.Fatalf("%d bytes of %d, %v", len(got), len(m), err)
			}
		}
		if err := c.Close(websocket.StatusNormalClosure, "bye"); err != nil {
			t.Error(err)
		}
	}
}

func echoSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}, CompressionMode: websocket.CompressionContextTakeover})
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(4 << 20)
	for {
		kind, m, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, m) != nil {
			return
		}
	}
}

// TestUpgrade switches to a protocol of the app's own, and ends one direction
// before the other.
func TestUpgrade(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "shout/1" {
			http.Error(w, "no", http.StatusUpgradeRequired)
			return
		}
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout/1\r\nX-App: 1\r\n\r\nREADY\n")
		b, _ := io.ReadAll(rw)
		io.WriteString(c, strings.ToUpper(string(b)))
	}))
	for _, addr := range []string{direct, d.addr} {
		c := dial(t, addr)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout/1\r\n\r\nearly ")
		in := bufio.NewReader(c)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Upgrade") != "shout/1" || resp.Header.Get("X-App") != "1" {
			t.Errorf("%s %v", resp.Status, resp.Header)
		}
		if line, err := in.ReadString('\n'); err != nil || line != "READY\n" {
			t.Fatalf("%q, %v", line, err)
		}
		io.WriteString(c, "and late")
		_ = c.CloseWrite()
		if b, err := io.ReadAll(in); err != nil || string(b) != "EARLY AND LATE" {
			t.Errorf("%q, %v", b, err)
		}
	}
}

// TestUpgradeEndsOneWay has the app end its direction first and hear the client
// out.
func TestUpgradeEndsOneWay(t *testing.T) {
	heard := make(chan string, 1)
	d, _ := doorTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout/1\r\n\r\nthat is all")
		_ = c.(*net.TCPConn).CloseWrite()
		b, err := io.ReadAll(rw)
		heard <- fmt.Sprint(string(b), err)
	}))
	c := dial(t, d.addr)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout/1\r\n\r\n")
	in := bufio.NewReader(c)
	if _, err := http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(in); err != nil || string(b) != "that is all" {
		t.Fatalf("%q, %v", b, err)
	}
	io.WriteString(c, "but I go on")
	_ = c.CloseWrite()
	if got := must(t, "the client's last words", heard); got != "but I go on<nil>" {
		t.Errorf("the app heard %s", got)
	}
}
