package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
)

// MaxMessage is the default limit of one message's size in bytes.
const MaxMessage = 64 << 20

const (
	maxHeader  = 4 << 10 // of one message's header block, in bytes
	keepBuffer = 1 << 20 // a larger read buffer is not kept for the next message
)

// Errors of a FrameReader after which the stream can't be read any further.
var (
	ErrHeader   = errors.New("malformed message header")
	ErrTooLarge = errors.New("message is too large")
	ErrHTTP     = errors.New("an HTTP request, not LSP")
)

// FrameReader reads messages with the header of LSP's base protocol (LSP 3.17,
// "Base Protocol"). It is for one goroutine; SetLimit may be called by others.
type FrameReader struct {
	in    *bufio.Reader
	body  bytes.Buffer
	limit atomic.Int64
}

// NewFrameReader reads from r messages of at most limit bytes (0: MaxMessage).
func NewFrameReader(r io.Reader, limit int) *FrameReader {
	f := &FrameReader{in: bufio.NewReaderSize(r, maxHeader)}
	f.SetLimit(limit)
	return f
}

// SetLimit changes the largest size of the messages after the current one.
func (f *FrameReader) SetLimit(limit int) {
	if limit <= 0 {
		limit = MaxMessage
	}
	f.limit.Store(int64(limit))
}

// Read returns the next message's body, valid until the next Read. The error is
// io.EOF when the stream ended between two messages, io.ErrUnexpectedEOF when
// it ended within one, and wraps ErrHeader, ErrTooLarge or ErrHTTP when the
// stream makes no sense.
func (f *FrameReader) Read() ([]byte, error) {
	size, err := f.header()
	if err != nil {
		return nil, err
	}
	if limit := f.limit.Load(); size > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrTooLarge, size, limit)
	}
	if f.body.Cap() > keepBuffer {
		f.body = bytes.Buffer{}
	}
	f.body.Reset()
	// The buffer grows with what really arrives, not with what was announced.
	if _, err := io.CopyN(&f.body, f.in, size); err != nil {
		return nil, midFrame(err)
	}
	return f.body.Bytes(), nil
}

// header reads a header block and returns the announced size.
func (f *FrameReader) header() (int64, error) {
	size := int64(-1)
	for total := 0; ; {
		line, err := f.in.ReadSlice('\n')
		total += len(line)
		switch {
		case err == io.EOF && total == 0:
			return 0, io.EOF
		case err == bufio.ErrBufferFull || total > maxHeader:
			return 0, fmt.Errorf("%w: longer than %d bytes", ErrHeader, maxHeader)
		case err != nil:
			return 0, midFrame(err)
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			if size < 0 {
				return 0, fmt.Errorf("%w: no Content-Length", ErrHeader)
			}
			return size, nil
		}
		name, value, found := strings.Cut(text, ":")
		if isRequestLine(text) {
			return 0, ErrHTTP
		}
		if !found || strings.ContainsAny(name, " \t") {
			return 0, fmt.Errorf("%w: %q", ErrHeader, text)
		}
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 62)
		if err != nil || size >= 0 {
			return 0, fmt.Errorf("%w: %q", ErrHeader, text)
		}
		size = int64(n)
	}
}

// isRequestLine tells whether line begins an HTTP request: a browser can be
// made to send one to any port of this machine.
func isRequestLine(line string) bool {
	method, rest, found := strings.Cut(line, " ")
	return found && method != "" && strings.ToUpper(method) == method &&
		!strings.Contains(method, ":") && strings.Contains(rest, " HTTP/")
}

func midFrame(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendFrame appends body with its header to dst.
func AppendFrame(dst, body []byte) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, body...)
}
