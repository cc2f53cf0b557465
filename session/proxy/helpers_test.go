package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/proxy"
)

// public is the address that tests claim; Addr tells the port.
const public = "127.0.0.1:0"

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// door is a proxy that listens.
type door struct {
	*proxy.Proxy
	addr string
}

func newDoor(t testing.TB, o proxy.Options) *door {
	t.Helper()
	p := proxy.New(o)
	t.Cleanup(p.Close)
	if err := p.Claim("tcp", public); err != nil {
		t.Fatal(err)
	}
	return &door{p, p.Addr(public)}
}

// doorTo is a door to one version of an app with this handler.
func doorTo(t testing.TB, h http.Handler) (d *door, direct string) {
	t.Helper()
	d = newDoor(t, proxy.Options{})
	direct = serve(t, h)
	d.Serve(version(1, direct))
	return d, direct
}

// version is one that listens at backend.
func version(rev int, backend string) *proxy.Version {
	v := proxy.NewVersion(rev)
	v.Bind(public, backend)
	return v
}

// serve runs an app that speaks HTTP/1 and cleartext HTTP/2.
func serve(t testing.TB, h http.Handler) (addr string) {
	t.Helper()
	l := listen(t)
	s := &http.Server{Handler: h, Protocols: protocols(true, true)}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

func protocols(one, two bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(one)
	p.SetUnencryptedHTTP2(two)
	return p
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// dial connects; reads and writes fail when they take too long.
func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

// newClient speaks HTTP/1, or cleartext HTTP/2 with prior knowledge.
func newClient(t testing.TB, http2 bool) *http.Client {
	tr := &http.Transport{Protocols: protocols(!http2, http2), DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport:     tr,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reply is what a request got.
type reply struct {
	status int
	header http.Header
	body   string
}

// get asks with a client of its own and reads the whole answer.
func get(t testing.TB, url string, header ...string) reply {
	t.Helper()
	r, err := fetch(t, newClient(t, false), http.MethodGet, url, nil, header...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fetch sends a request; header is name, value, name, value…
func fetch(t testing.TB, c *http.Client, method, url string, body io.Reader, header ...string) (reply, error) {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := c.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(b)}, err
}

// later runs f and delivers what it returns.
func later[T any](f func() T) <-chan T {
	c := make(chan T, 1)
	go func() { c <- f() }()
	return c
}

// must waits for something that a channel delivers.
func must[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// eventually polls for what the proxy does not tell of.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// held waits until n requests are at the gate.
func (d *door) held(t testing.TB, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d held requests", n), func() bool { return d.Held() == n })
}

func drained(t testing.TB, v *proxy.Version) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := v.Drain(ctx); err != nil {
		t.Fatal("the version does not drain:", err)
	}
}

// says answers everything with a text.
func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, text) })
}
