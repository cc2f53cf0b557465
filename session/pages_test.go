package session_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/browsertest"
)

// pageState is what open pages are told.
type pageState struct{ Pages, Styles int }

// openPage follows what the script in a page follows.
func (w *workspace) openPage() *bufio.Scanner {
	w.Helper()
	resp, err := http.Get("http://localhost:" + w.port + "/__hotdev/events")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { resp.Body.Close() })
	return bufio.NewScanner(resp.Body)
}

// told returns the next state that a page is told; the first comes at once.
func (w *workspace) told(page *bufio.Scanner) (s pageState) {
	w.Helper()
	for page.Scan() {
		if data, ok := strings.CutPrefix(page.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(data), &s); err != nil {
				w.Fatal(err)
			}
			return s
		}
	}
	w.Fatalf("the events end: %v", page.Err())
	return s
}

func TestOpenPagesAreToldOfWhatOnlyTheySee(t *testing.T) {
	w := open(t, hello+`
-- static/style.css --
p {}
-- static/more.css --
p {}
-- static/app.js --
1
`)
	w.reload(session.Swapped)
	page := w.openPage()
	first := w.told(page)
	now := first
	told := func(outcome session.Outcome, pages, styles int) {
		t.Helper()
		w.until("the outcome", func() bool { // of two files saved together, one may be seen first
			w.reloads = slices.DeleteFunc(w.reloads, func(r session.Reload) bool { return outcome != r.Outcome && r.Outcome == session.Browser })
			return len(w.reloads) > 0
		})
		w.reload(outcome)
		before := now
		now = w.told(w.openPage())
		if now.Pages-before.Pages != pages || now.Styles-before.Styles != styles {
			t.Errorf("%s: from %+v to %+v, want %d and %d more", outcome, before, now, pages, styles)
		}
	}
	w.write("static/style.css", "p { color: red }\n")
	told(session.Browser, 0, 1)
	w.write("page.html", "<p>changed</p>\n")
	told(session.Browser, 1, 0)
	w.write("static/app.js", "2\n")
	told(session.Browser, 1, 0)
	if err := os.Remove(filepath.Join(w.dir, "static/more.css")); err != nil {
		t.Fatal(err)
	}
	told(session.Browser, 1, 0)

	// They count as well with a save that changes nothing of the program, or
	// breaks it. A new version brings them along.
	w.write("static/style.css", "p { color: green }\n")
	w.edit("text/text.go", "what the app says", "what the app SAYS")
	told(session.Unchanged, 0, 1)
	w.write("page.html", "<p>changed again</p>\n")
	w.edit("text/text.go", `"one"`, `one`)
	told(session.BuildFailed, 1, 0)
	w.edit("text/text.go", `one`, `"two"`)
	told(session.Swapped, 1, 0)

	// A page that is open all the time comes to know all of it.
	for seen := first; seen != now; {
		next := w.told(page)
		if next.Pages < seen.Pages || next.Styles < seen.Styles || next.Pages > now.Pages || next.Styles > now.Styles {
			t.Fatalf("after %+v the open page is told %+v, the last is %+v", seen, next, now)
		}
		seen = next
	}
}

const overlay = "document.querySelector('hotdev-overlay')?.shadowRoot"

// TestAnOpenPage drives a browser through a session on the demo.
func TestAnOpenPage(t *testing.T) {
	tab := browsertest.New(t)
	opened := make(chan string, 1)
	w := open(t, "", func(o *session.Options) {
		if err := os.CopyFS(o.Root, os.DirFS("../extensions/demo")); err != nil {
			t.Fatal(err)
		}
		o.Open = func(_ context.Context, file string, line, col int) error {
			opened <- file
			return nil
		}
	})
	w.reload(session.Swapped)
	browsertest.Do(t, tab, chromedp.Navigate("http://localhost:"+w.port+"/"))
	const color = "getComputedStyle(document.querySelector('h1')).color"
	browsertest.Becomes(t, tab, "document.querySelector('h1')?.innerText == 'hotdev demo'")
	browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void]("window.here = true"))

	w.write("static/style.css", "h1 { color: rgb(1, 2, 3) }\n")
	w.reload(session.Browser)
	browsertest.Becomes(t, tab, "window.here && "+color+" == 'rgb(1, 2, 3)'")

	w.edit("templates/index.html", "<h1>", "<h1>New: ")
	w.reload(session.Browser)
	browsertest.Becomes(t, tab, "!window.here && document.querySelector('h1').innerText.startsWith('New: ')")
	browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void]("window.here = true"))

	w.edit("api/api.go", `"hello"`, `hello + 1`)
	w.reload(session.BuildFailed)
	browsertest.Becomes(t, tab, overlay+"?.textContent.includes('api/api.go:')")
	browsertest.Do(t, tab, chromedp.Evaluate[chromedp.Void](overlay+".querySelector('li button').click()"))
	select {
	case got := <-opened:
		if want := filepath.Join(w.dir, "api/api.go"); got != want {
			t.Errorf("the editor opens %s, want %s", got, want)
		}
	case <-time.After(patience):
		t.Error("the editor is not opened")
	}
	w.edit("api/api.go", `hello + 1`, `"hello"`)
	w.reload(session.Unchanged)
	browsertest.Becomes(t, tab, "window.here && !"+overlay)

	w.edit("pages/pages.go", "func Register(", `func init() {
	var none map[string]int
	none["x"]++
}

func Register(`)
	w.reload(session.StartFailed)
	browsertest.Becomes(t, tab, overlay+"?.textContent.includes('nil map')")
	w.edit("pages/pages.go", `none["x"]++`, "_ = none")
	w.reload(session.Swapped)
	browsertest.Becomes(t, tab, "!window.here && !"+overlay+" && document.querySelector('h1').innerText.startsWith('New: ')")
}
