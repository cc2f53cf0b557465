package proxy_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotdev/hotdev/session/proxy"
)

// oracle is the app whose own answers are what the proxy's are compared with.
func oracle(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	switch r.URL.Path {
	case "/text":
		io.WriteString(w, "hello")
	case "/typed":
		h.Set("Content-Type", "application/json")
		h["Set-Cookie"] = []string{"a=1", "b=2; Path=/"}
		h["X-Odd"] = []string{"", " spaced "}
		io.WriteString(w, `{"a":1}`)
	case "/untyped":
		h["Content-Type"], h["Date"] = nil, nil
		io.WriteString(w, "<html>not sniffed")
	case "/empty":
		h.Set("X-Seen", r.Method)
	case "/empty-chunks":
		w.(http.Flusher).Flush()
	case "/chunks":
		for i := range 5 {
			fmt.Fprintf(w, "part %d\n", i)
			w.(http.Flusher).Flush()
		}
	case "/trailers":
		h.Set("Trailer", "X-Sum, X-Other")
		io.WriteString(w, "body")
		h.Set("X-Sum", "42")
		h.Set("X-Other", "x")
	case "/late-trailers":
		io.WriteString(w, "body")
		h.Set(http.TrailerPrefix+"X-Late", "1")
	case "/hints":
		h.Add("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		h.Add("Link", "</script.js>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
		io.WriteString(w, "done")
	case "/file":
		http.ServeContent(w, r, "file.txt", time.Unix(1e9, 0), strings.NewReader(strings.Repeat("0123456789", 1000)))
	case "/page":
		h.Set("ETag", `"p"`)
		http.ServeContent(w, r, "page.html", time.Unix(1e9, 0), strings.NewReader("<!doctype html><html><head></head></html>"))
	case "/gzip":
		h.Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, strings.Repeat("compress me ", 500))
		z.Close()
	case "/none":
		w.WriteHeader(http.StatusNoContent)
	case "/teapot":
		http.Error(w, "short and stout", http.StatusTeapot)
	case "/moved":
		http.Redirect(w, r, "/text?x=1", http.StatusFound)
	case "/refuse-body":
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	case "/broken":
		io.WriteString(w, strings.Repeat("x", 100_000))
		panic(http.ErrAbortHandler)
	case "/short":
		h.Set("Content-Length", "1000")
		io.WriteString(w, "less")
	default:
		dump(w, r)
	}
}

// dump answers with the request as the app sees it, without what a proxy must
// add or is hop-by-hop.
func dump(w io.Writer, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s host=%q length=%d coding=%q path=%q raw=%q query=%q force=%t\n",
		r.Method, r.RequestURI, r.Host, r.ContentLength, r.TransferEncoding, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.URL.ForceQuery)
	for _, header := range []http.Header{r.Header, r.Trailer} {
		names := []string{}
		for name := range header {
			if !strings.HasPrefix(name, "X-Forwarded-") && name != "Connection" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(w, "%s: %q\n", name, header[name])
		}
	}
	fmt.Fprintf(w, "%d %q %v\n", len(body), body[:min(len(body), 1000)], err)
}

// message is one answer as a client reads it.
type message struct {
	Line    string
	Header  http.Header
	Length  int64
	Coding  []string
	Close   bool
	Body    string
	Err     string
	Trailer http.Header
}

// exchange sends raw to addr and reads all answers to it, informational ones
// included. What comes after "…" in raw is sent after the first answer.
func exchange(t *testing.T, addr, raw string) (all []message) {
	t.Helper()
	c := dial(t, addr)
	first, second, twice := strings.Cut(strings.ReplaceAll(raw, "\n", "\r\n"), "…")
	sent := later(func() error { _, err := io.WriteString(c, first); return err })
	in := bufio.NewReader(c)
	method, _, _ := strings.Cut(raw, " ")
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return append(all, message{Err: err.Error()})
		}
		if twice {
			twice = false
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			sent = later(func() error { _, err := io.WriteString(c, second); return err })
		}
		m := message{Line: resp.Proto + " " + resp.Status, Header: resp.Header, Length: resp.ContentLength, Coding: resp.TransferEncoding, Close: resp.Close}
		if _, ok := resp.Header["Date"]; ok {
			resp.Header.Set("Date", "some")
		}
		if names := resp.Header.Get("Trailer"); names != "" { // a set: net/http gives no order
			list := strings.Split(names, ", ")
			slices.Sort(list)
			resp.Header.Set("Trailer", strings.Join(list, ", "))
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			body, err := io.ReadAll(resp.Body)
			m.Body, m.Trailer = string(body), resp.Trailer
			if err != nil {
				m.Err = err.Error()
			}
			return append(all, m)
		}
		all = append(all, m)
	}
}

// TestSameAsPlain sends requests to an app directly and through the proxy: the
// app must see the same request, and the client the same answer. (net/http can't
// be made to send an empty Host or User-Agent, nor a POST without any length.)
func TestSameAsPlain(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(oracle))
	big := strings.Repeat("b", 200_000)
	for _, raw := range []string{
		"GET /text HTTP/1.1\nHost: example.test\n\n",
		"GET /typed HTTP/1.1\nHost: example.test\n\n",
		"GET /untyped HTTP/1.1\nHost: example.test\n\n",
		"GET /empty HTTP/1.1\nHost: example.test\n\n",
		"GET /empty-chunks HTTP/1.1\nHost: example.test\n\n",
		"GET /chunks HTTP/1.1\nHost: example.test\n\n",
		"GET /trailers HTTP/1.1\nHost: example.test\nTE: trailers\n\n",
		"GET /late-trailers HTTP/1.1\nHost: example.test\n\n",
		"GET /hints HTTP/1.1\nHost: example.test\n\n",
		"GET /gzip HTTP/1.1\nHost: example.test\nAccept-Encoding: gzip\n\n",
		"GET /none HTTP/1.1\nHost: example.test\n\n",
		"GET /teapot HTTP/1.1\nHost: example.test\n\n",
		"GET /moved HTTP/1.1\nHost: example.test\n\n",
		"GET /broken HTTP/1.1\nHost: example.test\n\n",
		"GET /short HTTP/1.1\nHost: example.test\n\n",
		"GET /file HTTP/1.1\nHost: example.test\n\n",
		"GET /file HTTP/1.1\nHost: example.test\nRange: bytes=10-19\n\n",
		"GET /file HTTP/1.1\nHost: example.test\nRange: bytes=1-2,5-6,-1\nIf-Range: nothing\n\n",
		"GET /file HTTP/1.1\nHost: example.test\nRange: bytes=99999-\n\n",
		"GET /file HTTP/1.1\nHost: example.test\nIf-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\n\n",
		"GET /page HTTP/1.1\nHost: example.test\nAccept: text/html\nIf-None-Match: \"p\"\n\n",

		"HEAD /text HTTP/1.1\nHost: example.test\n\n",
		"HEAD /chunks HTTP/1.1\nHost: example.test\n\n",
		"HEAD /file HTTP/1.1\nHost: example.test\n\n",
		"HEAD /empty HTTP/1.1\nHost: example.test\n\n",

		"GET /text HTTP/1.0\n\n",
		"GET /chunks HTTP/1.0\nHost: example.test\n\n",
		"GET /trailers HTTP/1.0\nHost: example.test\n\n",
		"GET /hints HTTP/1.0\nHost: example.test\n\n",
		"HEAD /text HTTP/1.0\nHost: example.test\nConnection: keep-alive\n\n",
		"GET /text HTTP/1.0\nHost: example.test\nConnection: keep-alive\n\n",
		"POST /echo HTTP/1.0\nHost: example.test\nContent-Length: 4\n\nbody",
		"GET /text HTTP/1.1\nHost: example.test\nConnection: close\n\n",

		"GET /echo HTTP/1.1\nHost: example.test:1234\nX-A: 1\nX-A: 2\nForwarded: for=10.0.0.1\n\n",
		"GET /echo HTTP/1.1\nHost: [::1]:80\nUser-Agent: test\nAccept-Encoding: br\nAuthorization: Basic eDp5\nCookie: a=b; c=d\n\n",
		"GET /a%2Fb/%zz HTTP/1.1\nHost: example.test\n\n",
		"GET /a%2Fb/%20c+d%C3%A9 HTTP/1.1\nHost: example.test\n\n",
		"GET /a|b/{c}/[d]/\"e\"/%7Ef^g\\h HTTP/1.1\nHost: example.test\n\n",
		"GET /a/../b/./c//d HTTP/1.1\nHost: example.test\n\n",
		"GET //double//slash?x=1 HTTP/1.1\nHost: example.test\n\n",
		"GET /é HTTP/1.1\nHost: example.test\n\n",
		"GET /a;b=1?a;b&%zz&=&?&x=%20+/ HTTP/1.1\nHost: example.test\n\n",
		"GET /q? HTTP/1.1\nHost: example.test\n\n",
		"GET /frag#ment HTTP/1.1\nHost: example.test\n\n",
		"OPTIONS * HTTP/1.1\nHost: example.test\n\n",
		"OPTIONS /echo HTTP/1.1\nHost: example.test\nOrigin: http://other.test\nAccess-Control-Request-Method: PUT\n\n",
		"DELETE /echo HTTP/1.1\nHost: example.test\n\n",
		"PROPFIND /echo HTTP/1.1\nHost: example.test\nDepth: 1\n\n",
		"TRACE /echo HTTP/1.1\nHost: example.test\n\n",
		"BREW /echo HTTP/1.1\nHost: example.test\n\n",

		"POST /echo HTTP/1.1\nHost: example.test\nContent-Length: 0\n\n",
		"POST /echo HTTP/1.1\nHost: example.test\nContent-Length: 0\nIdempotency-Key: k\n\n",
		"POST /echo?a=1&b=2 HTTP/1.1\nHost: example.test\nContent-Type: application/json\nContent-Length: 8\n\n{\"a\":17}",
		"PUT /echo HTTP/1.1\nHost: example.test\nContent-Length: 200000\n\n" + big,
		"GET /echo HTTP/1.1\nHost: example.test\nContent-Length: 4\n\nbody",
		"PATCH /echo HTTP/1.1\nHost: example.test\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\n",
		"POST /echo HTTP/1.1\nHost: example.test\nTransfer-Encoding: chunked\n\n0\n\n",
		"POST /echo HTTP/1.1\nHost: example.test\nTransfer-Encoding: chunked\nTrailer: X-Sum\n\n4\nbody\n0\nX-Sum: 9\n\n",
		"POST /text HTTP/1.1\nHost: example.test\nContent-Length: 4\n\nbody",
		"POST /refuse-body HTTP/1.1\nHost: example.test\nContent-Length: 200000\n\n" + big,

		"POST /echo HTTP/1.1\nHost: example.test\nExpect: 100-continue\nContent-Length: 4\n\n…body",
		"POST /refuse-body HTTP/1.1\nHost: example.test\nExpect: 100-continue\nContent-Length: 4\n\n",
		"POST /refuse-body HTTP/1.1\nHost: example.test\nExpect: 100-continue\nTransfer-Encoding: chunked\n\n",
		"POST /echo HTTP/1.1\nHost: example.test\nExpect: miracles\nContent-Length: 4\n\nbody",

		"GET /text HTTP/1.1\n\n",
		"GET /text HTTP/1.1\nHost: a\nHost: b\n\n",
		"GET /text HTTP/3.0\nHost: a\n\n",
		"POST /text HTTP/1.1\nHost: a\nTransfer-Encoding: strange\n\n",
		"POST /text HTTP/1.1\nHost: a\nContent-Length: -1\n\n",
		"GET /echo HTTP/1.1\nHost: a\nX-Big: " + strings.Repeat("h", 900_000) + "\n\n",
	} {
		t.Run(strings.ReplaceAll(raw[:min(len(raw), 90)], "\n", " "), func(t *testing.T) {
			want, got := exchange(t, direct, raw), exchange(t, d.addr, raw)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("plain (-) and proxied (+):\n%.4000s", diff)
			}
		})
	}
}

// TestEarlyRefusal sends a body that the app refuses to read: the client must
// get the refusal, as it does from the app itself.
func TestEarlyRefusal(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(oracle))
	for _, addr := range []string{direct, d.addr} {
		body := bytes.NewReader(make([]byte, 8<<20))
		got, err := fetch(t, newClient(t, false), http.MethodPost, "http://"+addr+"/refuse-body", body)
		if err != nil || got.status != http.StatusRequestEntityTooLarge || got.body != "too large\n" {
			t.Errorf("%d %q %v", got.status, got.body, err)
		}
	}
}

// TestLargeHeader leaves it to the app how large a header may be.
func TestLargeHeader(t *testing.T) {
	app := &http.Server{Handler: says("fine"), MaxHeaderBytes: 4 << 20}
	l := listen(t)
	go func() { _ = app.Serve(l) }()
	defer app.Close()
	d := newDoor(t, proxy.Options{})
	d.Serve(version(1, l.Addr().String()))
	for size, want := range map[int]int{2 << 20: http.StatusOK, 5 << 20: http.StatusRequestHeaderFieldsTooLarge} {
		if got := get(t, "http://"+d.addr, "X-Big", strings.Repeat("h", size)); got.status != want {
			t.Errorf("%d bytes: status %d, want %d", size, got.status, want)
		}
	}
}

// TestForwardedHeaders checks what the proxy adds to requests.
func TestForwardedHeaders(t *testing.T) {
	d, _ := doorTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q %q %q", r.Header["X-Forwarded-For"], r.Header["X-Forwarded-Host"], r.Header["X-Forwarded-Proto"])
	}))
	for _, c := range []struct {
		header []string
		want   string
	}{
		{nil, `["127.0.0.1"] ["` + d.addr + `"] ["http"]`},
		{[]string{"Host", "app.test"}, `["127.0.0.1"] ["app.test"] ["http"]`},
		{
			[]string{"X-Forwarded-For", "10.1.1.1", "X-Forwarded-Host", "outer.test", "X-Forwarded-Proto", "https"},
			`["10.1.1.1, 127.0.0.1"] ["outer.test"] ["https"]`,
		},
	} {
		if got := get(t, "http://"+d.addr, c.header...); got.body != c.want {
			t.Errorf("got %s, want %s", got.body, c.want)
		}
	}
}
