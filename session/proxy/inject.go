package proxy

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"golang.org/x/net/html"
)

// modify adds the reload script to a page on its way to a browser. Everything
// else passes as it is: answers to HEAD, partial ones, fragments, what is not
// HTML, and pages whose policy would not let the script run.
func (p *Proxy) modify(resp *http.Response) error {
	r := resp.Request
	if !routeOf(r.Context()).inject || !wantsPage(r) || resp.StatusCode == http.StatusPartialContent ||
		resp.StatusCode == http.StatusSwitchingProtocols || resp.Header.Get("Content-Range") != "" || resp.ContentLength == 0 ||
		resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusNotModified {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "text/html" {
		return nil
	}
	nonce, ok := scriptNonce(resp.Header.Values("Content-Security-Policy"))
	if !ok {
		return nil
	}
	body, ok := decoded(resp.Header.Get("Content-Encoding"), resp.Body)
	if !ok {
		return nil
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{newInjector(body, p.page.scriptTag(nonce)), resp.Body}
	resp.ContentLength = -1
	resp.Header.Del("Content-Length")
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Accept-Ranges") // its offsets would be those of the app's page
	return nil
}

// decoded undoes a content coding (RFC 9110, section 8.4.1); ok is false for
// one that it does not know. Errors in the data come out when it is read.
func decoded(coding string, body io.Reader) (r io.Reader, ok bool) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return body, true
	case "gzip", "x-gzip":
		return &lazyReader{open: func() (io.Reader, error) { return gzip.NewReader(body) }}, true
	case "br":
		return brotli.NewReader(body), true
	case "deflate":
		return &lazyReader{open: func() (io.Reader, error) {
			buffered := bufio.NewReader(body)
			// "deflate" is the zlib format; some servers send it without the
			// header (section 8.4.1.2 has a note on them).
			head, err := buffered.Peek(2)
			if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
				return zlib.NewReader(buffered)
			}
			return flate.NewReader(buffered), nil
		}}, true
	}
	return nil, false
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

// injector passes HTML on and puts tag at the beginning of the head, or where
// the head would begin. What does not begin as a document (a doctype, <html> or
// <head>) passes untouched. All other bytes come out as they went in, and as
// soon as they can.
type injector struct {
	source   io.Reader
	tokens   *html.Tokenizer // reads source until the place is found
	tag      string
	document bool      // a doctype or <html> was seen
	out      []byte    // to be read next
	rest     io.Reader // once the place is found or given up: what comes after out
	err      error     // what comes after out otherwise
}

func newInjector(source io.Reader, tag string) *injector {
	return &injector{source: source, tokens: html.NewTokenizer(source), tag: tag}
}

// Read implements io.Reader.
func (j *injector) Read(b []byte) (int, error) {
	for len(j.out) == 0 {
		switch {
		case j.rest != nil:
			return j.rest.Read(b)
		case j.err != nil:
			return 0, j.err
		}
		j.step()
	}
	n := copy(b, j.out)
	j.out = j.out[n:]
	return n, nil
}

// step takes one token. Before the head there may be space, comments and a
// doctype (HTML Living Standard, section 13.1).
func (j *injector) step() {
	kind := j.tokens.Next()
	j.out = bytes.Clone(j.tokens.Raw())
	switch kind {
	case html.ErrorToken:
		j.err = j.tokens.Err()
		return
	case html.CommentToken:
		return
	case html.DoctypeToken:
		j.document = true
		return
	case html.TextToken:
		if len(bytes.TrimSpace(bytes.TrimPrefix(j.out, []byte("\ufeff")))) == 0 {
			return
		}
	case html.StartTagToken:
		switch name, _ := j.tokens.TagName(); string(name) {
		case "html":
			j.document = true
			return
		case "head":
			j.out = append(j.out, j.tag...)
			j.pass()
			return
		}
	}
	if j.document {
		j.out = append([]byte(j.tag), j.out...)
	}
	j.pass()
}

// pass lets everything that comes pass as it is.
func (j *injector) pass() {
	j.rest = io.MultiReader(bytes.NewReader(bytes.Clone(j.tokens.Buffered())), j.source)
}
