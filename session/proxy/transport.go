package proxy

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// transports are the ways to a version, one for each protocol. They have no
// time-outs of their own, use no outer proxy, and pass bytes as they are.
type transports struct{ http1, http2 *http.Transport }

func newTransports() transports {
	one, two := new(http.Protocols), new(http.Protocols)
	one.SetHTTP1(true)
	two.SetUnencryptedHTTP2(true)
	return transports{newTransport(one), newTransport(two)}
}

func newTransport(protocols *http.Protocols) *http.Transport {
	return &http.Transport{
		Protocols:              protocols,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    256,
		MaxResponseHeaderBytes: maxHeader,
		// Below any app's own, so that it is not the app that closes a
		// connection just as it is used again.
		IdleConnTimeout: 2 * time.Second,
		// An app that does not know of the expectation gets the body then
		// (RFC 9110, section 10.1.1).
		ExpectContinueTimeout: time.Second,
	}
}

func (t transports) closeIdle() {
	t.http1.CloseIdleConnections()
	t.http2.CloseIdleConnections()
}

// roundTripper sends a request to its version, in the protocol that it came in.
// The request is the reverse proxy's own copy.
type roundTripper struct{}

func (roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	to := routeOf(r)
	if r.ProtoMajor == 2 {
		return to.version.transports.http2.RoundTrip(r)
	}
	onlyOnce(r)
	return to.version.transports.http1.RoundTrip(r)
}

// onlyOnce keeps net/http from sending r again. That is what it does to a
// request without a body when a kept connection breaks, even if the app has
// begun to work on it. (Over HTTP/2 it does so only where the app has told that
// it has not, RFC 9113, section 8.7.)
func onlyOnce(r *http.Request) {
	if r.Body != nil {
		return // it can't be rewound
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		// With these net/http looks into a body, finds it empty, and sends none.
		r.Body = io.NopCloser(strings.NewReader(""))
	default:
		// Of the others it takes those for idempotent that have such a key. It
		// does not find a name that is not in canonical form; the app does.
		for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
			if key, ok := r.Header[name]; ok {
				delete(r.Header, name)
				r.Header[strings.ToLower(name)] = key
			}
		}
	}
}

// trailing is a request's body after whose end come the trailers of the request
// that it was read from.
type trailing struct {
	io.ReadCloser
	from, to http.Header
}

func (t *trailing) Read(b []byte) (int, error) {
	n, err := t.ReadCloser.Read(b)
	if err == io.EOF {
		for name := range t.to {
			t.to[name] = t.from[name]
		}
	}
	return n, err
}
