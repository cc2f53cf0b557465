package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	http2   bool
	inject  bool
}

type routeKey struct{}

func routeOf(ctx context.Context) *route { return ctx.Value(routeKey{}).(*route) }

// forward lets the version that serves answer r.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request, public string) {
	began := time.Now()
	v, err := p.gate.enter(r.Context(), headerSize(r))
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	defer v.leave()
	backend, err := p.find(r.Context(), v, public)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	done := v.metrics.begin()
	seen := &statusWriter{ResponseWriter: w}
	defer func() {
		took := time.Since(began)
		done(seen.status, took)
		p.opt.Observe(Request{Rev: v.Rev, Method: r.Method, Path: r.URL.Path, Status: seen.status, Took: took})
	}()
	to := &route{version: v, backend: backend, http2: r.ProtoMajor == 2, inject: p.opt.Inject}
	p.serve.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), routeKey{}, to)))
}

// find waits until v listens for public: a version counts as ready with its
// first listener, and the others may come a moment later.
func (p *Proxy) find(ctx context.Context, v *Version, public string) (string, error) {
	timer := time.NewTimer(p.opt.HoldTimeout)
	defer timer.Stop()
	for {
		backend, bound := v.backend(public)
		if backend != "" {
			return backend, nil
		}
		select {
		case <-bound:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-timer.C:
			return "", fmt.Errorf("rev %d of the app does not listen on %s", v.Rev, public)
		}
	}
}

// reverseProxy sets up the forwarding of single requests.
func (p *Proxy) reverseProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			to := routeOf(pr.In.Context())
			pr.Out.URL.Scheme, pr.Out.URL.Host = "http", to.backend
			pr.Out.URL.RawQuery = pr.In.URL.RawQuery // as it came, even if malformed
			pr.Out.Host = pr.In.Host
			forwarded(pr)
		},
		Transport:      roundTripper{},
		FlushInterval:  -1, // at once: events, chunks
		ModifyResponse: p.modify,
		ErrorHandler:   p.failed,
		ErrorLog:       nil,
	}
}

// forwarded adds to X-Forwarded-For and sets the other two where an outer proxy
// has not.
func forwarded(pr *httputil.ProxyRequest) {
	pr.Out.Header["X-Forwarded-For"] = pr.In.Header["X-Forwarded-For"]
	pr.SetXForwarded()
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto"} {
		if outer := pr.In.Header.Values(name); len(outer) > 0 {
			pr.Out.Header[name] = outer
		}
	}
}

// roundTripper sends a request to its version in its protocol.
type roundTripper struct{}

func (roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	to := routeOf(r.Context())
	if to.http2 {
		return to.version.h2.RoundTrip(r)
	}
	if r.Body == nil || r.Body == http.NoBody {
		// net/http sends a request without a body again when a kept connection
		// breaks, even if the app has begun to work on it. One with a body that
		// it can't rewind is sent once; this one is found empty and sent as none.
		r.Body = io.NopCloser(strings.NewReader(""))
	}
	return to.version.h1.RoundTrip(r)
}

// failed answers a request that the version did not answer.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	to := routeOf(r.Context())
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the client has left; nobody reads an answer
	}
	p.opt.Logger.Warn("the app did not answer", "rev", to.version.Rev, "method", r.Method, "path", r.URL.Path, "err", err)
	p.page.refuse(w, r, http.StatusBadGateway, fmt.Sprintf("rev %d of the app broke off this request: %v", to.version.Rev, err))
}

// refuse answers a request that found no version.
func (p *Proxy) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Retry-After", "1")
	p.page.refuse(w, r, http.StatusServiceUnavailable, err.Error())
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

// statusWriter notes the status of the answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap gives http.ResponseController what it looks for (flush, hijack).
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
