package proxy

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"golang.org/x/net/html"
)

const testTag = `<script src="/__hotdev/client.js" async></script>`

// injected reads input, as it comes in pieces, through an injector.
func injected(t testing.TB, input string, pieces func(io.Reader) io.Reader) string {
	t.Helper()
	out, err := io.ReadAll(&injector{source: pieces(strings.NewReader(input)), tag: testTag})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func whole(r io.Reader) io.Reader { return r }

// TestInjectorPlace shows where the tag goes: at the |, or nowhere.
func TestInjectorPlace(t *testing.T) {
	for _, page := range []string{
		"<!doctype html><html><head>|<title>x</title></head><body></body></html>",
		"<html><head>|</head></html>",
		"<head>|</head>",
		"<HTML LANG=en>\n<HEAD >|\n<TITLE>",
		"\ufeff<!DOCTYPE html>\n<head\n data-a='>' b=\">\" c=x>|<meta charset=utf-8>",
		"<!-- a > b --> <!--><!---> <!----!><!-- --!><!doctype html><html a='<head>'>|<title>",
		"<!doctype html PUBLIC \"a>|b\">",
		"<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\"><head>|<title/>",
		"<!doctype html>|<title>no head tag</title>",
		"<!doctype html>  |<body>no head",
		"<!doctype html>|text",
		"<!doctype html>|</p>",
		"<!doctype html></0><//p></>|<p>",
		"<!doctype html>|<header>not a head</header>",
		"<html>|<body>no head</body>",
		"<html>|<htmlx>",
		"|<body class=a>no head</body>",
		"<html / =\"x>|<b>\"><head>",

		"<div>a fragment</div>",
		"  <tr><td>a fragment</td></tr>",
		"text with <head> in it",
		"<!-- only a comment --><p>a fragment</p>",
		"<template><html><head></head></html></template>",
		"{\"json\": \"<html><head>\"}",
		"<",
		"<he",
		"",
		"\xef\xbb",
		"\xef<html>",
	} {
		input := strings.ReplaceAll(page, "|", "")
		want := strings.ReplaceAll(page, "|", testTag)
		for name, pieces := range map[string]func(io.Reader) io.Reader{"at once": whole, "in bytes": iotest.OneByteReader, "with the end": iotest.DataErrReader} {
			if got := injected(t, input, pieces); got != want {
				t.Errorf("%s: %q\n got %q\nwant %q", name, input, got, want)
			}
		}
	}
}

// TestInjectorError passes on what came before an error, and the error.
func TestInjectorError(t *testing.T) {
	broken := errors.New("broken off")
	for _, input := range []string{"", "<he", "<html><head><title>", "text"} {
		j := &injector{source: io.MultiReader(strings.NewReader(input), iotest.ErrReader(broken)), tag: testTag}
		out, err := io.ReadAll(j)
		if !errors.Is(err, broken) || strings.Replace(string(out), testTag, "", 1) != input {
			t.Errorf("%q: got %q, %v", input, out, err)
		}
	}
}

// FuzzInjector checks against x/net/html's parser that the tag is added once, to
// a document's head, before everything else in it, and that all other bytes
// stay as they are, however they are cut into pieces.
func FuzzInjector(f *testing.F) {
	for _, seed := range []string{
		"<!doctype html><html><head><title>x</title>", "<head a='>' b>", "<!--x--><html>", "<html a = '>'", "<p>", "text",
		"<!doctype html><!-- > --!><head>", "\ufeff<body>", "<html/><head/>", "<!doctypehtml></head>", "<html =\"'>", "<?a?><html>", "<!doctype html></0>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		if strings.Contains(input, "__hotdev") {
			return
		}
		got := injected(t, input, whole)
		if bytewise := injected(t, input, iotest.OneByteReader); bytewise != got {
			t.Fatalf("%q: in bytes %q, at once %q", input, bytewise, got)
		}
		if strings.Count(got, testTag) > 1 || strings.Replace(got, testTag, "", 1) != input {
			t.Fatalf("%q became %q", input, got)
		}
		if got == input {
			return
		}
		doc := parse(t, got)
		head := element(element(doc, "html"), "head")
		first := head.FirstChild
		for first != nil && first.Type != html.ElementNode {
			first = first.NextSibling // a comment after a head without a tag
		}
		if first == nil || first.Data != "script" || first.Attr[0].Val != "/__hotdev/client.js" {
			t.Fatalf("%q became %q, whose head does not begin with the script", input, got)
		}
		head.RemoveChild(first)
		if a, b := render(t, parse(t, input)), render(t, doc); a != b {
			t.Fatalf("%q parses as\n%s\nand without the script of %q as\n%s", input, a, got, b)
		}
	})
}

// parse reads a page as a browser does that has taken off its byte order mark.
func parse(t *testing.T, page string) *html.Node {
	n, err := html.Parse(strings.NewReader(strings.TrimPrefix(page, byteOrderMark)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func element(n *html.Node, name string) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && c.Data == name {
			return c
		}
	}
	return &html.Node{}
}

func render(t *testing.T, n *html.Node) string {
	var b bytes.Buffer
	if err := html.Render(&b, n); err != nil {
		t.Skip(err) // a tree that has no HTML form
	}
	return b.String()
}

// FuzzPolicy feeds the reader of policies; a nonce that it finds stands in one.
func FuzzPolicy(f *testing.F) {
	f.Add("default-src 'self'; script-src 'nonce-abc' 'strict-dynamic'")
	f.Add("script-src 'nonce-; sandbox,,;")
	f.Fuzz(func(t *testing.T, header string) {
		if nonce, _ := scriptNonce([]string{header}); nonce != "" && !strings.Contains(header, nonce) {
			t.Errorf("%q has no nonce %q", header, nonce)
		}
	})
}

// encode writes page in a content coding.
func encode(t *testing.T, coding, page string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "raw deflate":
		w, _ = flate.NewWriter(&b, flate.BestCompression)
	default:
		return []byte(page)
	}
	if _, err := io.WriteString(w, page); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInject shows which answers get the tag; the others keep each byte and
// header.
func TestInject(t *testing.T) {
	const page = "<!doctype html><html><head></head><body>page</body></html>"
	const self = "default-src 'self'"
	state := pageState{Run: "r", Pages: 3, Styles: 4}
	tag := `<script src="/__hotdev/client.js?run=r&amp;pages=3&amp;styles=4" async></script>`
	for _, c := range []struct {
		name, coding string
		status       int
		header       []string
		tag          string // "": untouched
	}{
		{"plain", "", 200, nil, tag},
		{"with charset", "", 200, []string{"Content-Type", "text/html; charset=utf-8"}, tag},
		{"gzip", "gzip", 200, nil, tag},
		{"x-gzip", "x-gzip", 200, nil, tag},
		{"br", "br", 200, nil, tag},
		{"deflate", "deflate", 200, nil, tag},
		{"raw deflate", "raw deflate", 200, nil, tag},
		{"identity", "identity", 200, nil, tag},
		{"not found", "", 404, nil, tag},
		{"error", "", 500, nil, tag},
		{"csp self", "", 200, []string{"Content-Security-Policy", self}, tag},
		{"csp any", "", 200, []string{"Content-Security-Policy", "script-src *; style-src 'none'"}, tag},
		{"csp of other things", "", 200, []string{"Content-Security-Policy", "frame-ancestors 'none'; img-src data:"}, tag},
		{"csp nonce", "gzip", 200, []string{"Content-Security-Policy", "default-src 'self'; script-src 'nonce-a+b/c=' 'strict-dynamic'"}, strings.Replace(tag, " async", ` nonce="a+b/c=" async`, 1)},
		{"csp nonce in upper case", "", 200, []string{"Content-Security-Policy", "SCRIPT-SRC 'NONCE-a'"}, strings.Replace(tag, " async", ` nonce="a" async`, 1)},

		{"unknown coding", "zstd", 200, nil, ""},
		{"two codings", "gzip, br", 200, nil, ""},
		{"partial", "", 206, []string{"Content-Range", "bytes 0-57/58"}, ""},
		{"not modified", "", 304, nil, ""},
		{"no content", "", 204, nil, ""},
		{"json", "", 200, []string{"Content-Type", "application/json"}, ""},
		{"plain text", "", 200, []string{"Content-Type", "text/plain; charset=utf-8"}, ""},
		{"untyped", "", 200, []string{"Content-Type", ""}, ""},
		{"csp none", "", 200, []string{"Content-Security-Policy", "default-src 'none'"}, ""},
		{"csp strict-dynamic", "", 200, []string{"Content-Security-Policy", "script-src 'self' 'strict-dynamic'"}, ""},
		{"csp elem first", "", 200, []string{"Content-Security-Policy", "script-src 'self'; script-src-elem 'none'"}, ""},
		{"csp of events", "", 200, []string{"Content-Security-Policy", "script-src 'self'; connect-src 'none'"}, ""},
		{"csp sandbox", "", 200, []string{"Content-Security-Policy", "sandbox allow-forms"}, ""},
		{"csp two nonces", "", 200, []string{"Content-Security-Policy", "script-src 'nonce-a', script-src 'nonce-b'"}, ""},
		{"csp two policies", "", 200, []string{"Content-Security-Policy", self + ", script-src 'none'"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := encode(t, c.coding, page)
			h := http.Header{"Content-Type": {"text/html"}, "Etag": {`"1"`}, "Last-Modified": {"then"}, "Accept-Ranges": {"bytes"}, "X-Own": {"kept"}}
			if c.coding != "" {
				h.Set("Content-Encoding", strings.TrimPrefix(c.coding, "raw "))
			}
			for i := 0; i < len(c.header); i += 2 {
				h.Set(c.header[i], c.header[i+1])
			}
			before := h.Clone()
			resp := &http.Response{StatusCode: c.status, Header: h, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body))}
			inject(resp, state)
			got, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			want, length := string(body), int64(len(body))
			if c.tag != "" {
				want, length = strings.Replace(page, "<head>", "<head>"+c.tag, 1), -1
				for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified", "Accept-Ranges"} {
					delete(before, name)
				}
			}
			if string(got) != want || resp.ContentLength != length {
				t.Errorf("got %d bytes declared, %q; want %d, %q", resp.ContentLength, got, length, want)
			}
			if len(before) != len(h) || h.Get("X-Own") != "kept" {
				t.Errorf("got header %v, want %v", h, before)
			}
		})
	}
}
