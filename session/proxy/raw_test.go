package proxy_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/proxy"
)

// rawServer runs an app that is not HTTP.
func rawServer(t *testing.T, serve func(*net.TCPConn)) (addr string) {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

// lines answers each line with name and the line.
func lines(name string) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		for in := bufio.NewScanner(c); in.Scan(); {
			fmt.Fprintln(c, name, in.Text())
		}
	}
}

// greets says hello first, and then is lines.
func greets(name string) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		fmt.Fprintln(c, "220", name)
		lines(name)(c)
	}
}

func ask(t *testing.T, c net.Conn, in *bufio.Reader, line, want string) {
	t.Helper()
	if line != "" {
		fmt.Fprintln(c, line)
	}
	if got, err := in.ReadString('\n'); err != nil || got != want+"\n" {
		t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}

// TestClientFirst talks in lines, some of which begin like HTTP. A connection
// stays with its version over a swap; the next one goes to the new version.
func TestClientFirst(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	old := version(1, rawServer(t, lines("old")))
	d.Serve(old)
	for _, first := range []string{"hello", "GET key", "POST office", "P", "PUT", "get /x HTTP/1.1", "\x00\x01\x02"} {
		c := dial(t, d.addr)
		ask(t, c, bufio.NewReader(c), first, "old "+first)
		c.Close()
	}
	drained(t, old)
	c := dial(t, d.addr)
	in := bufio.NewReader(c)
	ask(t, c, in, "one", "old one")
	d.Serve(version(2, rawServer(t, lines("new"))))
	ask(t, c, in, "two", "old two")
	fresh := dial(t, d.addr)
	ask(t, fresh, bufio.NewReader(fresh), "three", "new three")
	c.Close()
	drained(t, old)
}

// TestHeldConnection connects before there is a version.
func TestHeldConnection(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	c := dial(t, d.addr)
	fmt.Fprintln(c, "early")
	d.held(t, 1)
	d.Serve(version(1, rawServer(t, lines("app"))))
	ask(t, c, bufio.NewReader(c), "", "app early")
}

// TestServerFirst waits for the app's greeting, twice: the second time the proxy
// knows that this app is the one to begin.
func TestServerFirst(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	d.Serve(version(1, rawServer(t, greets("old"))))
	for range 2 {
		c := dial(t, d.addr)
		in := bufio.NewReader(c)
		ask(t, c, in, "", "220 old")
		ask(t, c, in, "helo", "old helo")
	}
	d.Serve(version(2, rawServer(t, greets("new"))))
	c := dial(t, d.addr)
	in := bufio.NewReader(c)
	ask(t, c, in, "", "220 new")
	ask(t, c, in, "helo", "new helo")
}

// TestLateServerFirst has the app speak only when something happens. The silent
// client moves with the swap, as nothing was said yet.
func TestLateServerFirst(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	connected, happens := make(chan string), make(chan struct{})
	app := func(name string, happens <-chan struct{}) string {
		return rawServer(t, func(c *net.TCPConn) {
			connected <- name
			closed := later(func() error { _, err := c.Read(make([]byte, 1)); return err })
			select {
			case <-happens:
				fmt.Fprintln(c, name, "news")
			case <-closed:
			}
		})
	}
	old := version(1, app("old", nil))
	d.Serve(old)
	c := dial(t, d.addr)
	if name := must(t, "the connection", connected); name != "old" {
		t.Fatal(name)
	}
	d.Serve(version(2, app("new", happens)))
	if name := must(t, "the move", connected); name != "new" {
		t.Fatal(name)
	}
	drained(t, old)
	happens <- struct{}{}
	ask(t, c, bufio.NewReader(c), "", "new news")
}

// TestHearOnly ends the client's direction at once, as one that has nothing to
// say may.
func TestHearOnly(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	d.Serve(version(1, rawServer(t, func(c *net.TCPConn) {
		b, err := io.ReadAll(c)
		fmt.Fprintf(c, "%d %v\n", len(b), err)
	})))
	c := dial(t, d.addr)
	_ = c.CloseWrite()
	ask(t, c, bufio.NewReader(c), "", "0 <nil>")
}

// TestHalfClose ends the client's direction; the app answers after that.
func TestHalfClose(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	v := version(1, rawServer(t, func(c *net.TCPConn) {
		b, _ := io.ReadAll(c)
		io.WriteString(c, strings.ToUpper(string(b)))
	}))
	d.Serve(v)
	c := dial(t, d.addr)
	fmt.Fprint(c, "everything before the end")
	_ = c.CloseWrite()
	if b, err := io.ReadAll(c); err != nil || string(b) != "EVERYTHING BEFORE THE END" {
		t.Errorf("%q, %v", b, err)
	}
	drained(t, v)
}

// TestAppHangsUp passes the end of a silent connection on.
func TestAppHangsUp(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	d.Serve(version(1, rawServer(t, func(*net.TCPConn) {})))
	if b, err := io.ReadAll(dial(t, d.addr)); err != nil || len(b) != 0 {
		t.Errorf("%q, %v", b, err)
	}
}

// TestTLS passes TLS through: the certificate that the client sees is the app's.
func TestTLS(t *testing.T) {
	app := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Proto, r.TLS != nil)
	}))
	app.EnableHTTP2 = true
	app.StartTLS()
	defer app.Close()
	d := newDoor(t, proxy.Options{})
	d.Serve(version(1, app.Listener.Addr().String()))
	roots := x509.NewCertPool()
	roots.AddCert(app.Certificate())
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: "example.com"},
		ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	got, err := fetch(t, client, http.MethodGet, "https://"+d.addr, nil)
	if err != nil || got.body != "HTTP/2.0true" {
		t.Errorf("%v, %v", got, err)
	}
}

// TestSilentThenHTTP leaves connections silent, as browsers do that connect
// ahead: the request that comes at last is HTTP and goes to the version of that
// moment, whether or not the proxy has come to ask the app meanwhile. They do
// not keep the old version from draining.
func TestSilentThenHTTP(t *testing.T) {
	for _, known := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP known=%t", known), func(t *testing.T) {
			asked := make(chan struct{}, 1)
			l := listen(t)
			app := &http.Server{Handler: says("old"), ConnState: func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					asked <- struct{}{}
				}
			}}
			go func() { _ = app.Serve(l) }()
			defer app.Close()
			d := newDoor(t, proxy.Options{})
			old := version(1, l.Addr().String())
			d.Serve(old)
			if known {
				get(t, "http://"+d.addr)
				<-asked
			}
			silent := []*net.TCPConn{dial(t, d.addr), dial(t, d.addr)}
			if known {
				quiet := time.After(2 * proxy.Silence)
				select {
				case <-asked:
					t.Error("the app is asked although the proxy knows that it speaks HTTP")
				case <-quiet:
				}
			} else {
				must(t, "a connection to the app", asked)
				must(t, "a connection to the app", asked)
			}
			d.Serve(version(2, serve(t, says("new"))))
			drained(t, old)
			for _, c := range silent {
				for range 2 {
					io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
					resp, err := http.ReadResponse(bufio.NewReader(c), nil)
					if err != nil {
						t.Fatal(err)
					}
					if b, _ := io.ReadAll(resp.Body); string(b) != "new" {
						t.Errorf("got %q", b)
					}
				}
			}
		})
	}
}

// TestSilentWhileDown keeps a silent connection although there is no version to
// ask, and answers its request.
func TestSilentWhileDown(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	c := dial(t, d.addr)
	d.held(t, 1) // the question whether the app speaks first
	d.Down("it does not build")
	d.held(t, 0)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != 503 || !strings.Contains(string(b), "it does not build") {
		t.Errorf("%s %q", resp.Status, b)
	}
}

// TestRawDown closes connections that no version will take.
func TestRawDown(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	d.Down("it does not build")
	c := dial(t, d.addr)
	fmt.Fprintln(c, "hello")
	if b, err := io.ReadAll(c); err != nil || len(b) != 0 {
		t.Errorf("%q, %v", b, err)
	}
}
