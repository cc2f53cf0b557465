package proxy

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
)

// wholePage changes the header of a request for a page so that the answer is
// one: what a browser has kept may have no script, or that of an older state.
func wholePage(h http.Header) {
	for _, name := range []string{"If-None-Match", "If-Modified-Since"} {
		h.Del(name)
	}
}

// inject adds the reload script to a page on its way to a browser. Everything
// else passes as it is: partial answers, fragments, what is not HTML, and pages
// whose policy would not let the script work.
func inject(resp *http.Response, state pageState) {
	switch {
	case resp.ContentLength == 0, resp.Header.Get("Content-Range") != "":
		return
	case resp.StatusCode == http.StatusSwitchingProtocols, resp.StatusCode == http.StatusNoContent,
		resp.StatusCode == http.StatusPartialContent, resp.StatusCode == http.StatusNotModified:
		return
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "text/html" {
		return
	}
	nonce, ok := scriptNonce(resp.Header.Values("Content-Security-Policy"))
	if !ok {
		return
	}
	body, ok := decoded(resp.Header.Values("Content-Encoding"), resp.Body)
	if !ok {
		return
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{&injector{source: body, tag: state.tag(nonce)}, resp.Body}
	resp.ContentLength = -1
	// What the app says of its bytes is no longer true of these (RFC 9110,
	// sections 8.4, 8.6, 8.8 and 14.3).
	for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified", "Accept-Ranges"} {
		resp.Header.Del(name)
	}
}

// decoded undoes a content coding (RFC 9110, section 8.4.1); ok is false for
// what it does not know. Errors in the data come out when it is read.
func decoded(codings []string, body io.Reader) (r io.Reader, ok bool) {
	switch strings.ToLower(strings.TrimSpace(strings.Join(codings, ","))) {
	case "", "identity":
		return body, true
	case "gzip", "x-gzip":
		return &lazyReader{open: func() (io.Reader, error) { return gzip.NewReader(body) }}, true
	case "br":
		return brotli.NewReader(body), true
	case "deflate":
		return &lazyReader{open: func() (io.Reader, error) { return inflate(body) }}, true
	}
	return nil, false
}

// inflate undoes "deflate", which is the zlib format; some servers leave out
// zlib's header (RFC 9110, section 8.4.1.2, has a note on them).
func inflate(body io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(body)
	head, err := buffered.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 { // RFC 1950, section 2.2
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// lazyReader opens its source at the first Read, not while the answer's header
// waits.
type lazyReader struct {
	open func() (io.Reader, error)
	r    io.Reader
	err  error
}

func (l *lazyReader) Read(b []byte) (int, error) {
	if l.r == nil && l.err == nil {
		l.r, l.err = l.open()
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.r.Read(b)
}

// injector passes HTML on and puts tag at the place that a prologue finds. All
// other bytes come out as they went in, and as soon as it is clear that the tag
// does not come before them.
type injector struct {
	source io.Reader
	tag    string

	prologue prologue
	done     bool   // the place has been found or given up
	out      []byte // to be read next
	held     []byte // read, but it is not clear yet
	err      error  // of source, for when all of this is read
}

// Read implements io.Reader.
func (j *injector) Read(b []byte) (int, error) {
	for len(j.out) == 0 {
		switch {
		case j.err != nil:
			return 0, j.err
		case j.done:
			return j.source.Read(b)
		case len(b) == 0:
			return 0, nil
		}
		n, err := j.source.Read(b)
		j.take(b[:n])
		if j.err = err; err != nil {
			j.out = append(j.out, j.held...)
		}
	}
	n := copy(b, j.out)
	j.out = j.out[n:]
	return n, nil
}

// take looks at what came from source.
func (j *injector) take(b []byte) {
	for i, c := range b {
		j.held = append(j.held, c)
		switch j.prologue.next(c) {
		case passes:
			j.out = append(j.out, j.held...)
			j.held = j.held[:0]
			continue
		case unclear:
			continue
		case tagBefore:
			j.out = append(j.out, j.tag...)
			j.out = append(j.out, j.held...)
		case tagAfter:
			j.out = append(j.out, j.held...)
			j.out = append(j.out, j.tag...)
		case noTag:
			j.out = append(j.out, j.held...)
		}
		j.out = append(j.out, b[i+1:]...)
		j.held, j.done = nil, true
		return
	}
}
