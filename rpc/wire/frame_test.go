package wire_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hotdev/hotdev/rpc/wire"
)

// socketPath returns a path that is short enough for a socket; t.TempDir's may
// not be.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func TestFrames(t *testing.T) {
	stream := "content-length: 2\r\n\r\n{}" +
		"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length:5\r\n\r\nhello" +
		"Content-Length: 0\r\n\r\n" +
		"Content-Length: 1\n\n1"
	for name, r := range map[string]io.Reader{
		"at once":       strings.NewReader(stream),
		"byte for byte": iotest.OneByteReader(strings.NewReader(stream)),
	} {
		f := wire.NewFrameReader(r, 0)
		for _, want := range []string{"{}", "hello", "", "1"} {
			if got, err := f.Read(); err != nil || string(got) != want {
				t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
			}
		}
		if _, err := f.Read(); err != io.EOF {
			t.Errorf("%s: at the end: %v, want EOF", name, err)
		}
	}
}

func TestTheLimitCanChange(t *testing.T) {
	frame := string(wire.AppendFrame(nil, []byte("12345")))
	f := wire.NewFrameReader(strings.NewReader(frame+frame+frame), 5)
	if _, err := f.Read(); err != nil {
		t.Error(err)
	}
	f.SetLimit(4)
	if _, err := f.Read(); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
}

// FuzzFrames holds the reader to: no panic, no frame above the limit, an error
// or the end in the end, and what AppendFrame makes is read back.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}"))
	f.Add([]byte("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte("Content-Length: 999999999999\r\n\r\n"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		const limit = 1 << 10
		in := wire.NewFrameReader(bytes.NewReader(stream), limit)
		for {
			body, err := in.Read()
			if err != nil {
				break
			}
			if len(body) > limit {
				t.Fatalf("a frame of %d bytes", len(body))
			}
		}
		back, err := wire.NewFrameReader(bytes.NewReader(wire.AppendFrame(nil, stream)), len(stream)+1).Read()
		if err != nil || !bytes.Equal(back, stream) {
			t.Fatalf("read back %q, %v", back, err)
		}
	})
}
