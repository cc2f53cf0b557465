package proxy

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
)

// prefix is the path below which the proxy answers by itself.
const prefix = "/__hotdev/"

//go:embed assets/client.js
var clientScript []byte

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
	Problem *Problem `json:"problem"`
}

// page owns what open pages are told, and the proxy's own endpoints. Requests
// for events follow it by themselves; it has no goroutine.
type page struct {
	open func(file string, line, col int) error

	mu      sync.Mutex
	state   pageState
	changed chan struct{} // closed and replaced at each change
	done    chan struct{} // closed at the end
}

func newPage(open func(file string, line, col int) error) *page {
	return &page{
		open:    open,
		state:   pageState{Run: rand.Text()},
		changed: make(chan struct{}),
		done:    make(chan struct{}),
	}
}

// ReloadPages makes every open page load again.
func (p *Proxy) ReloadPages() { p.page.change(func(s *pageState) { s.Pages++ }) }

// ReloadStyles makes every open page load its style sheets again.
func (p *Proxy) ReloadStyles() { p.page.change(func(s *pageState) { s.Styles++ }) }

// Show puts a problem over every open page; nil takes it away.
func (p *Proxy) Show(problem *Problem) { p.page.change(func(s *pageState) { s.Problem = problem }) }

func (g *page) change(f func(*pageState)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.state)
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *page) current() (pageState, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state, g.changed
}

func (g *page) close() { close(g.done) }

// scriptTag returns the element that joins a page to the events. It carries the
// state that the page was served under.
func (g *page) scriptTag(nonce string) string {
	s, _ := g.current()
	attribute := ""
	if nonce != "" {
		attribute = ` nonce="` + html.EscapeString(nonce) + `"`
	}
	return fmt.Sprintf(`<script src="%sclient.js?run=%s&amp;pages=%d&amp;styles=%d"%s async></script>`, prefix, s.Run, s.Pages, s.Styles, attribute)
}

// serves answers r if it is for the proxy itself.
func (g *page) serves(w http.ResponseWriter, r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok {
		return false
	}
	if err := guard(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return true
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method + " " + name {
	case "GET client.js":
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(clientScript)
	case "GET events":
		g.events(w, r)
	case "POST open":
		g.openFile(w, r)
	default:
		http.NotFound(w, r)
	}
	return true
}

// events streams the state, at once and after each change, as server-sent
// events (HTML Living Standard, section 9.2).
func (g *page) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	for {
		state, changed := g.current()
		data, err := json.Marshal(state)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil || flush.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-g.done:
			return
		}
	}
}

// openFile opens the editor at a place of the problem that is shown; other
// files it does not open.
func (g *page) openFile(w http.ResponseWriter, r *http.Request) {
	var at Place
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&at); err != nil {
		http.Error(w, "the place is no JSON: "+err.Error(), http.StatusBadRequest)
		return
	}
	state, _ := g.current()
	if state.Problem == nil || !state.Problem.has(at) {
		http.Error(w, "that place is not one of the problem that is shown", http.StatusNotFound)
		return
	}
	if err := g.open(at.File, at.Line, at.Col); err != nil {
		http.Error(w, err.Error(), http.StatusNotImplemented)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *Problem) has(at Place) bool {
	for _, x := range p.Places {
		if x.File == at.File && x.Line == at.Line {
			return true
		}
	}
	return false
}

// refuse answers a request that no version answers: a browser gets a page that
// loads again by itself when there is something to load.
func (g *page) refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	if !wantsPage(r) {
		http.Error(w, "hotdev: "+message, status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><html><head><meta charset=\"utf-8\"><title>hotdev</title>%s</head><body><p>%s</p></body></html>\n",
		g.scriptTag(""), html.EscapeString(message))
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
