package proxy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hotdev/hotdev/session/browsertest"
	"github.com/hotdev/hotdev/session/proxy"
)

// site is an app of one page and one style sheet. Both tell their version.
type site struct {
	name  string
	style atomic.Pointer[string]
	asked chan chan struct{} // gets a channel for each request for the style sheet, which goes on when that is closed; nil: at once
	loads atomic.Int32       // of the page
}

func newSite(name, style string) *site {
	s := &site{name: name}
	s.style.Store(&style)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		s.loads.Add(1)
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src 'nonce-n0nce'; style-src 'self'")
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Header().Set("ETag", `"same for all"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html><head><link rel="stylesheet" href="/style.css"></head><body><h1>%s</h1><input></body></html>`, s.name)
	case "/style.css":
		if r.URL.Query().Has("hotdev") && s.asked != nil {
			goOn := make(chan struct{})
			s.asked <- goOn
			<-goOn
		}
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, *s.style.Load())
	default:
		http.NotFound(w, r)
	}
}

const overlay = "document.querySelector('hotdev-overlay')?.shadowRoot"

// TestBrowser drives chromium through what happens to an open page.
func TestBrowser(t *testing.T) {
	t.Parallel()
	tab := browsertest.New(t)
	opened := make(chan string, 1)
	d := newDoor(t, proxy.Options{Inject: true, Open: func(_ context.Context, file string, line, col int) error {
		opened <- fmt.Sprintf("%s:%d:%d", file, line, col)
		return nil
	}})
	url := "http://" + d.addr + "/"

	// There is no version: the page that says so gives way to the app's.
	d.Down("rev 1 does not build")
	browsertest.Do(t, tab, chromedp.Navigate(url))
	browsertest.Becomes(t, tab, "document.body.innerText.includes('rev 1 does not build')")
	one := newSite("one", "h1 { color: rgb(1, 0, 0) }")
	one.asked = make(chan chan struct{})
	first := version(1, serve(t, one))
	d.Serve(first)
	browsertest.Becomes(t, tab, "document.querySelector('h1')?.innerText == 'one'")
	browsertest.Becomes(t, tab, "getComputedStyle(document.querySelector('h1')).color == 'rgb(1, 0, 0)'")

	// Style sheets change in place: what was typed stays. The second change comes
	// while the browser still loads the first.
	browsertest.Do(t, tab, chromedp.SendKeys("input", "typed"))
	for i := 2; i < 5; i++ {
		style := fmt.Sprintf("h1 { color: rgb(%d, 0, 0) }", i)
		one.style.Store(&style)
		d.ReloadStyles()
		goOn := must(t, "the style sheet's request", one.asked)
		d.ReloadStyles()
		goOnToo := must(t, "its second request", one.asked)
		close(goOn)
		close(goOnToo)
		browsertest.Becomes(t, tab, fmt.Sprintf("getComputedStyle(document.querySelector('h1')).color == 'rgb(%d, 0, 0)'", i))
		browsertest.Becomes(t, tab, "document.querySelectorAll('link').length == 1")
	}
	browsertest.Becomes(t, tab, "document.querySelector('input').value == 'typed'")
	if n := one.loads.Load(); n != 1 {
		t.Errorf("the page was loaded %d times for its style sheet", n)
	}

	// A problem covers the page, its links open the editor, and it goes away.
	d.Show(&proxy.Problem{
		Title:   "Build failed",
		Places:  []proxy.Place{{File: "/app/main.go", Name: "main.go", Line: 3, Col: 2, Message: "undefined: <b>x</b>"}},
		Details: "goroutine 1",
	})
	browsertest.Becomes(t, tab, overlay+"?.querySelector('h1').textContent == 'Build failed'")
	browsertest.Becomes(t, tab, overlay+".textContent.includes('undefined: <b>x</b>')")
	browsertest.Becomes(t, tab, overlay+".querySelector('pre').textContent == 'goroutine 1'")
	browsertest.Becomes(t, tab, overlay+".querySelector('.back').getBoundingClientRect().height == innerHeight")
	browsertest.Becomes(t, tab, "getComputedStyle("+overlay+".querySelector('.back')).position == 'fixed'")
	browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void](overlay+".querySelector('li button').click()"))
	if got := must(t, "the editor", opened); got != "/app/main.go:3:2" {
		t.Errorf("the editor opens at %s", got)
	}
	d.Show(nil)
	browsertest.Becomes(t, tab, "!document.querySelector('hotdev-overlay')")
	browsertest.Becomes(t, tab, "document.querySelector('input').value == 'typed'")

	// A new version serves: the page loads again, once, although the browser may
	// keep it and the app says that it has not changed.
	two := newSite("two", "")
	d.Serve(version(2, serve(t, two)))
	d.ReloadPages()
	browsertest.Becomes(t, tab, "document.querySelector('h1')?.innerText == 'two'")
	browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void]("window.here = true"))
	d.Show(&proxy.Problem{Title: "The last thing that happens"})
	browsertest.Becomes(t, tab, overlay+"?.querySelector('h1').textContent == 'The last thing that happens'")
	browsertest.Becomes(t, tab, "window.here")
	if n := two.loads.Load(); n != 1 {
		t.Errorf("the new page was loaded %d times", n)
	}
}

// TestEditorAddress clicks on places when no editor opens them: the browser goes
// to an address that may start one.
func TestEditorAddress(t *testing.T) {
	t.Parallel()
	tab := browsertest.New(t)
	d := newDoor(t, proxy.Options{Inject: true})
	d.Serve(version(1, serve(t, newSite("app", ""))))
	browsertest.Do(t, tab, chromedp.Navigate("http://"+d.addr+"/"))
	browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void]("navigation.addEventListener('navigate', (e) => { window.to = e.destination.url })"))
	for _, c := range []struct {
		place proxy.Place
		want  string
	}{
		{proxy.Place{File: "/home/me/a b#?ü.go", Line: 3, Col: 2}, "vscode://file/home/me/a%20b%23%3F%C3%BC.go:3:2"},
		{proxy.Place{File: `C:\Users\me\a.go`, Line: 3}, "vscode://file/C:/Users/me/a.go:3:1"},
	} {
		d.Show(&proxy.Problem{Title: c.want, Places: []proxy.Place{c.place}})
		browsertest.Becomes(t, tab, fmt.Sprintf("%s?.querySelector('h1').textContent == %q", overlay, c.want))
		browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void](overlay+".querySelector('li button').click()"))
		browsertest.Becomes(t, tab, fmt.Sprintf("window.to == %q", c.want))
	}
}

// TestForeignPage has pages of other sites try the proxy's endpoints: one of
// another port, one of another host, and one whose name has come to point at
// this machine. None may read anything or open the editor.
func TestForeignPage(t *testing.T) {
	t.Parallel()
	tab := browsertest.New(t)
	d := newDoor(t, proxy.Options{Inject: true, Open: func(_ context.Context, file string, _, _ int) error {
		t.Error("a foreign page has opened", file)
		return nil
	}})
	// The page of this app has no policy of its own: what stops it is the proxy.
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><html><head></head><body>page</body></html>")
	})
	d.Serve(version(1, serve(t, page)))
	d.Show(&proxy.Problem{Title: "secret", Places: []proxy.Place{{File: "/app/main.go", Line: 3}}})
	_, port, err := net.SplitHostPort(d.addr)
	if err != nil {
		t.Fatal(err)
	}
	_, foreignPort, err := net.SplitHostPort(serve(t, page))
	if err != nil {
		t.Fatal(err)
	}
	const attack = `(async (base) => {
		const got = [];
		const note = (name, value) => got.push(name + "=" + value);
		const read = async (name, options) => {
			try { const r = await fetch(base + name, options); note(name, r.type == "opaque" ? "opaque" : r.status); } catch { note(name, "error"); }
		};
		const place = JSON.stringify({ file: "/app/main.go", line: 3, col: 0 });
		await read("client.js");
		await read("client.js", { mode: "no-cors" });
		await read("open", { method: "POST", body: place });
		await read("open", { method: "POST", mode: "no-cors", body: place });
		await read("open", { method: "POST", headers: { "Content-Type": "application/json" }, body: place });
		await new Promise((done) => {
			const events = new EventSource(base + "events");
			events.onmessage = (e) => { note("events", e.data); events.close(); done(); };
			events.onerror = () => { note("events", "error"); events.close(); done(); };
		});
		await new Promise((done) => {
			const script = document.createElement("script");
			script.src = base + "client.js";
			script.onload = () => { note("script", "runs"); done(); };
			script.onerror = () => { note("script", "error"); done(); };
			document.body.append(script);
		});
		const form = document.createElement("form");
		const frame = document.createElement("iframe");
		frame.name = form.target = "f";
		form.method = "POST";
		form.enctype = "text/plain";
		form.action = base + "open";
		const field = document.createElement("input");
		field.name = '{"file": "/app/main.go", "line": 3, "x": "';
		field.value = '"}';
		form.append(field);
		document.body.append(frame, form);
		await new Promise((done) => { frame.onload = done; form.submit(); });
		return got.join(" ");
	})(%q)`
	for _, c := range []struct{ name, page, base, want string }{
		{"own page", "127.0.0.1:" + port, "http://" + d.addr, "client.js=200 client.js=200"},
		{"other port", "127.0.0.1:" + foreignPort, "http://" + d.addr, ""},
		{"other host", "foreign.test:" + foreignPort, "http://" + d.addr, ""},
		{"other name of this machine", "localhost:" + foreignPort, "http://localhost:" + port, ""},
		{"rebound name", "rebound.test:" + port, "http://rebound.test:" + port, "client.js=403 client.js=403 open=403 open=403 open=403 events=error script=error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := browsertest.NewTab(t, tab)
			browsertest.Do(t, tab, chromedp.Navigate("http://"+c.page+"/"))
			if c.name == "own page" {
				browsertest.Becomes(t, tab, overlay)
				return
			}
			got, err := chromedp.Run(tab, chromedp.Evaluate[string](fmt.Sprintf(attack, c.base+"/__hotdev/"), chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = "client.js=error client.js=error open=error open=error open=error events=error script=error"
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			browsertest.Becomes(t, tab, "!"+overlay)
			if strings.Contains(got, "secret") {
				t.Error("a foreign page has read the events")
			}
		})
	}
}
