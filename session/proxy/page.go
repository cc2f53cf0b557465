package proxy

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
)

// Problem is what an open page shows over itself.
type Problem struct {
	Title   string  `json:"title"`
	Places  []Place `json:"places"`
	Details string  `json:"details,omitempty"` // such as a stack trace
}

// Place is one finding of a Problem. A link to it opens the editor.
type Place struct {
	File    string `json:"file"` // absolute path; what is shown is Name
	Name    string `json:"name"` // relative path
	Line    int    `json:"line"` // from 1; 0: none
	Col     int    `json:"col"`  // from 1; 0: none
	Message string `json:"message"`
}

// pageState is what the script in a page follows. Pages compare it with what
// they were served under, so that a change is never missed and never seen
// twice, over a reconnect too.
type pageState struct {
	Run     string   `json:"run"`    // of this proxy; another one means a new hotdev
	Pages   int      `json:"pages"`  // raised when pages must load again
	Styles  int      `json:"styles"` // raised when style sheets must
	Ready   bool     `json:"ready"`  // a version serves
	Problem *Problem `json:"problem"`
}

// tag returns the element that joins a page to the events: the script, with the
// state that the page was served under. The nonce may be "".
func (s pageState) tag(nonce string) string {
	attribute := ""
	if nonce != "" {
		attribute = ` nonce="` + html.EscapeString(nonce) + `"`
	}
	return fmt.Sprintf(`<script src="%sclient.js?run=%s&amp;pages=%d&amp;styles=%d"%s async></script>`,
		prefix, s.Run, s.Pages, s.Styles, attribute)
}

// waitingTag is the tag of a page that stands in for one of the app's until a
// version serves.
func (s pageState) waitingTag() string {
	return fmt.Sprintf(`<script src="%sclient.js?run=%s&amp;waiting=1" async></script>`, prefix, s.Run)
}

// page owns what open pages are told, and the proxy's own endpoints. It has no
// goroutine: each request for the events follows it by itself.
type page struct {
	open func(ctx context.Context, file string, line, col int) error

	mu      sync.Mutex
	state   pageState
	changed chan struct{} // closed and replaced at each change
}

func newPage(open func(ctx context.Context, file string, line, col int) error) *page {
	return &page{open: open, state: pageState{Run: rand.Text()}, changed: make(chan struct{})}
}

// change lets f change the state and tells everybody who follows it.
func (g *page) change(f func(*pageState)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.state)
	close(g.changed)
	g.changed = make(chan struct{})
}

// current returns the state, and a channel that is closed when it changes.
func (g *page) current() (pageState, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state, g.changed
}

// refusal answers in the app's place: to a browser with a page that has the tag,
// to others with a line of text.
func refusal(w http.ResponseWriter, r *http.Request, status int, message, tag string) {
	if !wantsPage(r) {
		http.Error(w, "hotdev: "+message, status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><html><head><meta charset=\"utf-8\"><title>hotdev</title>%s</head><body><p>%s</p></body></html>\n",
		tag, html.EscapeString(message))
}

// wantsPage reports whether r is a browser's request for a page, and not for a
// part of one.
func wantsPage(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "", "document", "iframe", "frame":
		return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html")
	}
	return false
}
