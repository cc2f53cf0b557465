package proxy

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"
)

// route is what forward has decided about a request; the parts of the reverse
// proxy find it in the request's context.
type route struct {
	version *Version
	backend string
	answer  *answer
	page    *pageState // the answer is for an open page, of this state; nil: it is not
}

type routeKey struct{}

func routeOf(r *http.Request) *route { return r.Context().Value(routeKey{}).(*route) }

// forward lets the version that serves answer r.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request, public string) {
	began := time.Now()
	before, _ := p.page.current()
	v, err := p.gate.enter(r.Context(), headerSize(r))
	if err != nil {
		p.refuse(w, r, before.waitingTag(), err)
		return
	}
	a := &answer{ResponseWriter: w, onStream: v.endless}
	defer func() { v.leave(a.stream) }()
	backend, err := p.find(r.Context(), v, public)
	if err != nil {
		p.refuse(w, r, before.tag(""), err)
		return
	}
	to := &route{version: v, backend: backend, answer: a}
	if p.opt.Inject && wantsPage(r) {
		to.page = p.stateOf(v, before)
	}
	if r.ContentLength != 0 && r.ProtoMajor == 1 {
		// The app may answer before it has read the body.
		_ = http.NewResponseController(w).EnableFullDuplex()
	}
	v.metrics.begin()
	whole := false
	defer func() {
		if !whole {
			a.breakOff()
		}
		q := Request{Rev: v.Rev, Method: r.Method, Path: r.URL.Path, Status: a.status, Stream: a.stream, Took: time.Since(began)}
		if v.metrics.end(q) && v.Answered != nil {
			v.Answered(q)
		}
		p.opt.Observe(q)
	}()
	p.reverse.ServeHTTP(a, r.WithContext(context.WithValue(r.Context(), routeKey{}, to)))
	whole = true
}

// find waits until v listens for public: a version counts as ready with its
// first listener, and the others may come a moment later.
func (p *Proxy) find(ctx context.Context, v *Version, public string) (string, error) {
	for {
		backend, bound := v.backend(public)
		if backend != "" {
			return backend, nil
		}
		if err := p.gate.wait(ctx, bound); err != nil {
			return "", fmt.Errorf("rev %d of the app does not listen on %s: %w", v.Rev, public, err)
		}
	}
}

// stateOf returns the state of a page that v is going to make: if v still
// serves, nothing has changed since that v's page would not show. Otherwise it
// is the one of before, and the page will load once more.
func (p *Proxy) stateOf(v *Version, before pageState) *pageState {
	now, _ := p.page.current()
	if serving, _ := p.gate.serving(); serving == v {
		return &now
	}
	return &before
}

// reverseProxy sets up the forwarding of single requests.
func (p *Proxy) reverseProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite:   p.rewrite,
		Transport: roundTripper{},
		// For answers of known length; others are flushed at once.
		FlushInterval:  time.Millisecond,
		ModifyResponse: p.modify,
		ErrorHandler:   p.failed,
		ErrorLog:       slog.NewLogLogger(p.opt.Logger.Handler(), slog.LevelDebug),
	}
}

// rewrite addresses a request to its version, and undoes what ReverseProxy does
// to it for the sake of a public server.
func (p *Proxy) rewrite(pr *httputil.ProxyRequest) {
	in, out := pr.In, pr.Out
	to := routeOf(in)
	out.URL.Scheme, out.URL.Host = "http", to.backend
	out.URL.RawQuery = in.URL.RawQuery
	if path, _, _ := strings.Cut(in.RequestURI, "?"); strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		out.URL.Opaque = path // in its own spelling
	}
	out.Host = in.Host
	if local, ok := in.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && out.Host == "" {
		out.Host = local.String() // HTTP/1.0 needs none
	}
	if len(in.Trailer) > 0 && out.Body != nil {
		out.Body = &trailing{ReadCloser: out.Body, from: in.Trailer, to: out.Trailer}
	}
	if forwarded, ok := in.Header["Forwarded"]; ok {
		out.Header["Forwarded"] = forwarded
	}
	if before, ok := in.Header["X-Forwarded-For"]; ok {
		out.Header["X-Forwarded-For"] = before // it is added to
	}
	pr.SetXForwarded()
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto"} {
		if outer, ok := in.Header[name]; ok {
			out.Header[name] = outer
		}
	}
	if to.page != nil {
		wholePage(out.Header)
	}
}

// modify looks at an answer of the app before it is passed on.
func (p *Proxy) modify(resp *http.Response) error {
	to := routeOf(resp.Request)
	if to.page != nil {
		inject(resp, *to.page)
	}
	to.answer.of(resp)
	return nil
}

// failed answers a request that the version did not answer.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	to := routeOf(r)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the client has left; nobody reads an answer
	}
	p.opt.Logger.Warn("the app did not answer", "rev", to.version.Rev, "method", r.Method, "path", r.URL.Path, "err", err)
	state, _ := p.page.current()
	refusal(w, r, http.StatusBadGateway, fmt.Sprintf("rev %d of the app broke off this request: %v", to.version.Rev, err), state.tag(""))
}

// refuse answers a request that found no version; tag joins the page that it
// may get.
func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, tag string, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Retry-After", "1")
	refusal(w, r, http.StatusServiceUnavailable, err.Error(), tag)
}

// headerSize is about what a request that waits takes up.
func headerSize(r *http.Request) int64 {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return int64(n)
}
