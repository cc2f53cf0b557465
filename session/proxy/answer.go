package proxy

import (
	"bufio"
	"bytes"
	"mime"
	"net"
	"net/http"
)

// answer passes an answer on to the client and notes what it was.
type answer struct {
	http.ResponseWriter
	status   int    // 0: none yet
	stream   bool   // an upgrade or an event stream
	onStream func() // called when it is
	verbatim bool   // the app's: what the app left out stays out
	empty    bool   // the app's, and known to have no body
}

// of says that the answer is the app's.
func (a *answer) of(resp *http.Response) {
	a.verbatim = true
	a.empty = resp.ContentLength == 0
}

// WriteHeader implements http.ResponseWriter. It keeps net/http from adding
// headers that the app's own server has not.
func (a *answer) WriteHeader(status int) {
	if status == http.StatusContinue {
		// net/http sends it when the body is first read, which is what the app's
		// makes the transport do: passed on too, it would come twice at times.
		return
	}
	if status >= 200 {
		a.status = status
		h := a.Header()
		kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
		if kind == "text/event-stream" {
			a.isStream()
		}
		for _, name := range []string{"Content-Length", "Content-Type", "Date"} {
			if _, ok := h[name]; a.verbatim && !ok {
				h[name] = nil
			}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// isStream notes that the answer is not known to end.
func (a *answer) isStream() {
	if !a.stream {
		a.stream = true
		a.onStream()
	}
}

// breakOff ends an answer that the app has broken off: the client gets what had
// come before.
func (a *answer) breakOff() {
	if a.status != 0 {
		_ = a.FlushError()
	}
}

// FlushError is what http.ResponseController calls. An answer without a body
// goes out in one piece: a gRPC client takes only that for an answer of trailers
// alone.
func (a *answer) FlushError() error {
	if a.empty {
		return nil
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Hijack is what http.ResponseController calls when the protocol is switched.
// The reverse proxy reads on from the connection, not from the buffer, so what
// the client has sent already goes back.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacked, buffer, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	a.status = http.StatusSwitchingProtocols
	a.isStream()
	c := hijacked.(*conn)
	early, _ := buffer.Reader.Peek(buffer.Reader.Buffered())
	c.ahead = append(bytes.Clone(early), c.ahead...)
	return c, buffer, nil
}
