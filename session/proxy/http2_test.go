package proxy_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// grpcEcho behaves as a gRPC server does on the wire: framed messages both ways
// at once, and the status in trailers, or in the header when there is no body.
func grpcEcho(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	if r.URL.Path == "/echo.Echo/Fail" {
		w.Header()["Content-Length"], w.Header()["Date"] = nil, nil
		w.Header().Set("Grpc-Status", "12")
		return
	}
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	for {
		m, err := readGRPC(r.Body)
		if err != nil {
			break
		}
		writeGRPC(w, strings.ToUpper(m))
		w.(http.Flusher).Flush()
	}
	w.Header().Set("Grpc-Status", "0")
	w.Header().Set("Grpc-Message", "te="+r.Header.Get("Te"))
}

func readGRPC(r io.Reader) (string, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[1:]))
	_, err := io.ReadFull(r, b)
	return string(b), err
}

func writeGRPC(w io.Writer, m string) {
	b := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m)))
	_, _ = w.Write(append(b, m...))
}

// TestGRPCStream talks over a bidirectional stream: each message is answered
// before the next one is sent, and the trailers come at the end.
func TestGRPCStream(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(grpcEcho))
	for _, addr := range []string{direct, d.addr} {
		body, send := io.Pipe()
		r, err := http.NewRequest(http.MethodPost, "http://"+addr+"/echo.Echo/Stream", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Te", "trailers")
		r.Header.Set("Content-Type", "application/grpc")
		resp, err := newClient(t, true).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			m := fmt.Sprintf("message %d", i)
			writeGRPC(send, m)
			if got, err := readGRPC(resp.Body); err != nil || got != strings.ToUpper(m) {
				t.Fatalf("%q, %v", got, err)
			}
		}
		send.Close()
		if rest, err := io.ReadAll(resp.Body); err != nil || len(rest) != 0 {
			t.Fatalf("%q, %v", rest, err)
		}
		want := http.Header{"Grpc-Status": {"0"}, "Grpc-Message": {"te=trailers"}}
		if diff := cmp.Diff(want, resp.Trailer); diff != "" || resp.ProtoMajor != 2 {
			t.Errorf("%s, trailers (-want +got):\n%s", resp.Proto, diff)
		}
	}
}

// TestGRPCTrailersOnly checks that an answer of trailers alone is one frame that
// ends the stream, as gRPC clients demand (gRPC over HTTP2, "Trailers-Only").
func TestGRPCTrailersOnly(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(grpcEcho))
	var got [2]string
	for i, addr := range []string{direct, d.addr} {
		c := dial(t, addr)
		io.WriteString(c, http2.ClientPreface)
		framer := http2.NewFramer(c, c)
		framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		_ = framer.WriteSettings()
		var block bytes.Buffer
		enc := hpack.NewEncoder(&block)
		for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", "/echo.Echo/Fail"}, {":authority", "a"}, {"te", "trailers"}} {
			_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true})
		for got[i] == "" {
			f, err := framer.ReadFrame()
			if err != nil {
				t.Fatal(err)
			}
			if h, ok := f.(*http2.MetaHeadersFrame); ok {
				got[i] = fmt.Sprint(h.StreamEnded(), h.Fields)
			}
		}
	}
	if got[0] != got[1] || !strings.HasPrefix(got[1], "true") {
		t.Errorf("plain %s, proxied %s", got[0], got[1])
	}
}

// TestSameAsPlainHTTP2 is TestSameAsPlain for cleartext HTTP/2.
func TestSameAsPlainHTTP2(t *testing.T) {
	d, direct := doorTo(t, http.HandlerFunc(oracle))
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/text", ""},
		{"GET", "/typed", ""},
		{"GET", "/untyped", ""},
		{"GET", "/empty", ""},
		{"GET", "/chunks", ""},
		{"GET", "/trailers", ""},
		{"GET", "/late-trailers", ""},
		{"GET", "/file", ""},
		{"GET", "/broken", ""},
		{"GET", "/none", ""},
		{"HEAD", "/text", ""},
		{"GET", "/echo?a;b&%zz", ""},
		{"GET", "/a%2Fb", ""},
		{"POST", "/echo", "body"},
		{"POST", "/echo", "trailers"},
		{"DELETE", "/echo", ""},
	} {
		t.Run(c.method+c.path+c.body, func(t *testing.T) {
			var got [2]message
			for i, addr := range []string{direct, d.addr} {
				r, err := http.NewRequest(c.method, "http://"+addr+c.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Host = "example.test"
				if c.body != "" {
					r.Body = io.NopCloser(strings.NewReader(c.body))
				}
				if c.body == "trailers" {
					r.Trailer = http.Header{"X-Sum": {"7"}}
				}
				resp, err := newClient(t, true).Do(r)
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(resp.Body)
				if resp.Header.Get("Date") != "" {
					resp.Header.Set("Date", "some")
				}
				got[i] = message{Line: resp.Proto + resp.Status, Header: resp.Header, Length: resp.ContentLength, Body: string(b), Err: fmt.Sprint(err), Trailer: resp.Trailer}
			}
			if diff := cmp.Diff(got[0], got[1]); diff != "" {
				t.Errorf("plain (-) and proxied (+):\n%.4000s", diff)
			}
		})
	}
}
