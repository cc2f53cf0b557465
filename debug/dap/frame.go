package dap

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/go-dap"
)

// The largest message that is read, in bytes. Delve's may be larger than what
// go-dap's own reader takes: a large slice is one readMemory answer.
const (
	clientFrame = 4 << 20
	delveFrame  = 64 << 20
)

// readFrame reads one message of the base protocol (DAP, Base protocol): header
// fields, of which Content-Length is needed, an empty line and the content. An
// error other than one of r's own says that r can't be read any further.
func readFrame(r *bufio.Reader, limit int) ([]byte, error) {
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			return nil, fmt.Errorf("a header line of the message has more than %d bytes", r.Size())
		}
		if err != nil {
			if err == io.EOF && (len(line) > 0 || length >= 0) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		field := strings.TrimRight(string(line), "\r\n")
		if field == "" {
			break
		}
		name, value, ok := strings.Cut(field, ":")
		if !ok {
			return nil, fmt.Errorf("%.40q is no header field of the message", field)
		}
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		length, err = strconv.Atoi(strings.TrimSpace(value))
		if err != nil || length < 0 {
			return nil, fmt.Errorf("%.40q is no length of the message", field)
		}
	}
	switch {
	case length < 0:
		return nil, fmt.Errorf("the header of the message has no Content-Length")
	case length > limit:
		return nil, fmt.Errorf("a message of %d bytes came, more than %d are not taken", length, limit)
	}
	content := make([]byte, length)
	if _, err := io.ReadFull(r, content); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return content, nil
}

// encode returns m as a frame. What the front sends can always be encoded.
func encode(m any) []byte {
	content, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("encoding a DAP message: %v", err))
	}
	var b bytes.Buffer
	_ = dap.WriteBaseMessage(&b, content) // a Buffer takes everything
	return b.Bytes()
}
