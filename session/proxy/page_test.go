package proxy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/proxy"
)

// browser is what a browser says when it loads a page.
var browser = []string{"Accept", "text/html,*/*;q=0.8", "Sec-Fetch-Dest", "document", "If-None-Match", `"v"`}

// page is an app whose page a browser may keep.
func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v"`)
	http.ServeContent(w, r, "page.html", time.Unix(1e9, 0), strings.NewReader("<!doctype html><html><head></head></html>"))
}

// state is what a page is told.
type state struct {
	Run           string
	Pages, Styles int
	Ready         bool
	Problem       *proxy.Problem
}

// follow reads events; they come until the test ends.
func follow(t *testing.T, addr string) <-chan state {
	t.Helper()
	c := dial(t, addr)
	io.WriteString(c, "GET /__hotdev/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	out := make(chan state, 10)
	go func() {
		defer close(out)
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			data, ok := strings.CutPrefix(in.Text(), "data: ")
			if !ok {
				continue
			}
			var s state
			if err := json.Unmarshal([]byte(data), &s); err != nil {
				t.Error(err)
			}
			out <- s
		}
	}()
	return out
}

// TestEvents tells an open page everything that happens, and one that comes
// later the state.
func TestEvents(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	events := follow(t, d.addr)
	first := must(t, "the first state", events)
	want := state{Run: first.Run}
	if first != want || first.Run == "" {
		t.Errorf("at first %+v", first)
	}
	problem := &proxy.Problem{Title: "Build failed", Places: []proxy.Place{{File: "/app/main.go", Name: "main.go", Line: 3, Col: 2, Message: "undefined: x"}}}
	for _, step := range []struct {
		do   func()
		want func()
	}{
		{func() { d.Serve(version(1, "127.0.0.1:1")) }, func() { want.Ready = true }},
		{d.ReloadPages, func() { want.Pages++ }},
		{d.ReloadStyles, func() { want.Styles++ }},
		{func() { d.Show(problem) }, func() { want.Problem = problem }},
		{func() { d.Show(nil) }, func() { want.Problem = nil }},
		{d.Hold, func() { want.Ready = false }},
	} {
		step.do()
		step.want()
		got := must(t, "a change", events)
		if fmt.Sprint(got.Problem) != fmt.Sprint(want.Problem) {
			t.Errorf("got problem %+v, want %+v", got.Problem, want.Problem)
		}
		got.Problem = want.Problem
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if late := must(t, "the state", follow(t, d.addr)); late != want {
		t.Errorf("later %+v, want %+v", late, want)
	}
}

// tagOf finds what state a page was served under.
func tagOf(t *testing.T, body string) string {
	t.Helper()
	found := regexp.MustCompile(`<script src="/__hotdev/client.js\?run=\w+&amp;([^"]*)" async></script>`).FindAllStringSubmatch(body, -1)
	if len(found) != 1 {
		t.Fatalf("%d script tags in %q", len(found), body)
	}
	return found[0][1]
}

// TestPageState gives each page the state that it was made under, whatever
// happens until it arrives, and asks the app for all of it.
func TestPageState(t *testing.T) {
	d := newDoor(t, proxy.Options{Inject: true})
	began, finish := make(chan struct{}), make(chan struct{})
	old := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-finish
		}
		page(w, r)
	}))
	d.Serve(version(1, old))
	url := "http://" + d.addr
	got := get(t, url, browser...)
	if tag := tagOf(t, got.body); got.status != http.StatusOK || tag != "pages=0&amp;styles=0" {
		t.Errorf("%d %s", got.status, tag)
	}
	if length, etag := got.header["Content-Length"], got.header["Etag"]; length != nil || etag != nil {
		t.Errorf("the page as it was: %q, %q", length, etag)
	}
	slow := later(func() reply { return get(t, url+"/slow", browser...) })
	must(t, "the request", began)
	d.Serve(version(2, serve(t, http.HandlerFunc(page))))
	d.ReloadPages()
	d.ReloadStyles()
	close(finish)
	if tag := tagOf(t, must(t, "the old page", slow).body); tag != "pages=0&amp;styles=0" {
		t.Errorf("the old version's page has %s", tag)
	}
	if tag := tagOf(t, get(t, url, browser...).body); tag != "pages=1&amp;styles=1" {
		t.Errorf("the new version's page has %s", tag)
	}

	// A held page is the new version's: it has nothing to load again.
	d.Hold()
	held := later(func() reply { return get(t, url, browser...) })
	d.held(t, 1)
	d.Serve(version(3, serve(t, http.HandlerFunc(page))))
	if tag := tagOf(t, must(t, "the held page", held).body); tag != "pages=1&amp;styles=1" {
		t.Errorf("the held page has %s", tag)
	}
}

// TestNotAPage leaves requests alone that are not for pages, and all of them
// when it is told to.
func TestNotAPage(t *testing.T) {
	app := serve(t, http.HandlerFunc(page))
	on, off := newDoor(t, proxy.Options{Inject: true}), newDoor(t, proxy.Options{})
	on.Serve(version(1, app))
	off.Serve(version(1, app))
	html := []string{"Accept", "text/html"}
	for name, c := range map[string]struct {
		d      *door
		method string
		header []string
		status int
	}{
		"off":              {off, "GET", html, 200},
		"off, conditional": {off, "GET", browser, 304},
		"head":             {on, "HEAD", html, 200},
		"post":             {on, "POST", html, 200},
		"range":            {on, "GET", append([]string{"Range", "bytes=0-9"}, html...), 206},
		"fetch":            {on, "GET", append([]string{"Sec-Fetch-Dest", "empty"}, html...), 200},
		"any":              {on, "GET", []string{"Accept", "*/*"}, 200},
		"any, conditional": {on, "GET", []string{"If-None-Match", `"v"`}, 304},
	} {
		want, err := fetch(t, newClient(t, false), c.method, "http://"+app, nil, c.header...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := fetch(t, newClient(t, false), c.method, "http://"+c.d.addr, nil, c.header...)
		if err != nil {
			t.Fatal(err)
		}
		delete(want.header, "Date")
		delete(got.header, "Date")
		if got.status != c.status || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestRefusalPage is a page for browsers only; one that waits for a version says
// so in its tag.
func TestRefusalPage(t *testing.T) {
	d := newDoor(t, proxy.Options{})
	d.Down("rev 2 <failed>")
	for path, header := range map[string][]string{"/": browser, "/frame": {"Accept", "text/html", "Sec-Fetch-Dest", "iframe"}} {
		got := get(t, "http://"+d.addr+path, header...)
		if tag := tagOf(t, got.body); tag != "waiting=1" || got.status != 503 || !strings.Contains(got.body, "rev 2 &lt;failed&gt;") {
			t.Errorf("got %v", got)
		}
	}
	if got := get(t, "http://"+d.addr, "Accept", "application/json"); got.body != "hotdev: rev 2 <failed>\n" {
		t.Errorf("got %v", got)
	}
	d.Serve(version(3, serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))))
	got := get(t, "http://"+d.addr, browser...)
	if tag := tagOf(t, got.body); tag != "pages=0&amp;styles=0" || got.status != 502 || !strings.Contains(got.body, "rev 3 of the app broke off") {
		t.Errorf("got %v", got)
	}
}

// TestOpen opens the editor at places of the problem that is shown, and at no
// others.
func TestOpen(t *testing.T) {
	opened := make(chan string, 1)
	var fail error
	d := newDoor(t, proxy.Options{Open: func(_ context.Context, file string, line, col int) error {
		opened <- fmt.Sprintf("%s:%d:%d", file, line, col)
		return fail
	}})
	post := func(place string) int {
		t.Helper()
		got, err := fetch(t, newClient(t, false), http.MethodPost, "http://"+d.addr+"/__hotdev/open", strings.NewReader(place))
		if err != nil {
			t.Fatal(err)
		}
		return got.status
	}
	const place = `{"file": "/app/main.go", "name": "main.go", "line": 3, "col": 2}`
	if status := post(place); status != 404 {
		t.Errorf("without a problem: %d", status)
	}
	d.Show(&proxy.Problem{Places: []proxy.Place{{File: "/app/main.go", Line: 3, Col: 2}}})
	if status := post(place); status != 204 || must(t, "the editor", opened) != "/app/main.go:3:2" {
		t.Errorf("status %d", status)
	}
	fail = errors.New("no editor")
	if status := post(place); status != 501 || must(t, "the editor", opened) == "" {
		t.Errorf("without an editor: %d", status)
	}
	for bad, want := range map[string]int{`{"file": "/etc/passwd", "line": 3, "col": 2}`: 404, `{"file": "/app/main.go", "line": 4, "col": 2}`: 404, "no json": 400} {
		if status := post(bad); status != want {
			t.Errorf("%s: %d", bad, status)
		}
	}
	if len(opened) != 0 {
		t.Error("the editor was opened at", <-opened)
	}
}

// TestGuard refuses other sites at the proxy's own endpoints: by their Origin,
// by what the browser says of them, and by a Host that a DNS server may point
// here.
func TestGuard(t *testing.T) {
	d := newDoor(t, proxy.Options{Inject: true})
	_, port, _ := strings.Cut(d.addr, ":")
	for _, c := range []struct {
		header []string
		want   int
	}{
		{nil, 200},
		{[]string{"Host", "localhost:" + port}, 200},
		{[]string{"Host", "app.localhost:" + port}, 200},
		{[]string{"Host", "LOCALHOST."}, 200},
		{[]string{"Host", "[::1]:" + port}, 200},
		{[]string{"Host", "[::1]"}, 200},
		{[]string{"Host", "192.168.1.5:" + port}, 200},
		{[]string{"Origin", "http://" + d.addr}, 200},
		{[]string{"Host", "localhost", "Origin", "https://localhost"}, 200},
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "none"}, 200},

		{[]string{"Host", "evil.test:" + port}, 403},
		{[]string{"Host", "localhost.evil.test"}, 403},
		{[]string{"Host", "127.0.0.1.evil.test"}, 403},
		{[]string{"Host", "evil.test", "Origin", "http://evil.test", "Sec-Fetch-Site", "same-origin"}, 403},
		{[]string{"Origin", "http://evil.test"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Origin", "http://127.0.0.1:1"}, 403},
		{[]string{"Origin", "http://localhost:" + port}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
	} {
		got := get(t, "http://"+d.addr+"/__hotdev/client.js", c.header...)
		script := strings.Contains(got.body, "EventSource")
		if got.status != c.want || script != (c.want == 200) || got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%q: got %d, want %d", c.header, got.status, c.want)
		}
	}
	for _, what := range []string{"GET /__hotdev/", "GET /__hotdev/other", "POST /__hotdev/client.js", "GET /__hotdev/open", "HEAD /__hotdev/events"} {
		method, path, _ := strings.Cut(what, " ")
		if got, err := fetch(t, newClient(t, false), method, "http://"+d.addr+path, nil); err != nil || got.status != 404 {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}
