package proxy

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// prefix is the path below which the proxy answers by itself.
const prefix = "/__hotdev/"

//go:embed assets/client.js
var clientScript []byte

// serves answers r if it is for the proxy itself.
func (g *page) serves(w http.ResponseWriter, r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok {
		return false
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if err := guard(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return true
	}
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

// errForeign refuses what another site has caused.
var errForeign = errors.New("hotdev does not answer other sites")

// guard refuses a request for the proxy's own endpoints that another site has
// caused. The Host must be one that no DNS server can point here (a rebinding
// attack): an IP address or localhost. The Origin and Sec-Fetch-Site, where a
// browser gives them, must be this very origin's (Fetch Metadata, W3C).
func guard(r *http.Request) error {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return fmt.Errorf("hotdev answers under localhost and IP addresses only, not as %q", r.Host)
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host {
		return errForeign
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	return errForeign
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
			panic(err) // a pageState has nothing that can't be written
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil || flush.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done(): // the client left, or the front is closed
			return
		}
	}
}

// openFile opens the editor at a place of the problem that is shown; other
// files it does not open, and not for other machines.
func (g *page) openFile(w http.ResponseWriter, r *http.Request) {
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !from.Addr().Unmap().IsLoopback() {
		http.Error(w, "hotdev opens files for this machine only", http.StatusForbidden)
		return
	}
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
	if err := g.open(r.Context(), at.File, at.Line, at.Col); err != nil {
		http.Error(w, err.Error(), http.StatusNotImplemented)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// has reports whether the problem has something at the place.
func (p *Problem) has(at Place) bool {
	for _, x := range p.Places {
		if x.File == at.File && x.Line == at.Line && x.Col == at.Col {
			return true
		}
	}
	return false
}
