package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/jsonrpc2"

	"github.com/hotdev/hotdev/rpc/outbox"
)

// stream is the jsonrpc2.Stream of a Conn: it answers what is no message
// itself, and writes to the outbox.
type stream struct{ *Conn }

// Read returns the next message. It ends the connection on every error.
func (s stream) Read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		body, err := s.frames.Read()
		if err != nil {
			s.readFailed(err)
			return nil, 0, err
		}
		msg, refusal := decode(body)
		if refusal == nil {
			return msg, int64(len(body)), nil
		}
		s.answerNobody(refusal)
	}
}

// Write queues msg. It never blocks.
func (s stream) Write(_ context.Context, msg jsonrpc2.Message) (int64, error) {
	body, err := jsonrpc2.EncodeMessage(msg)
	if err != nil {
		return 0, err
	}
	err = s.send(body)
	s.sent(body)
	return int64(len(body)), err
}

// Close lets the connection end; jsonrpc2 calls it with a lock held.
func (s stream) Close() error {
	s.end(nil, false)
	return nil
}

// decode parses one message's body.
func decode(body []byte) (jsonrpc2.Message, *Error) {
	if !jsontext.Value(body).IsValid(lenient) {
		return nil, Errorf(CodeParse, "not valid JSON")
	}
	msg, err := jsonrpc2.DecodeMessage(body)
	if err != nil {
		return nil, Errorf(CodeInvalidRequest, "not a JSON-RPC 2.0 message: %v", err)
	}
	return msg, nil
}

// send queues an encoded message; a full outbox cuts the connection.
func (c *Conn) send(body []byte) error {
	err := c.out.Put(AppendFrame(nil, body))
	if errors.Is(err, outbox.ErrFull) {
		c.end(ErrSlowPeer, true)
	}
	return err
}

// sent does what was to be done after the answer body, if body is one.
func (c *Conn) sent(body []byte) {
	c.mu.Lock()
	waiting := len(c.after) > 0
	c.mu.Unlock()
	if !waiting {
		return
	}
	msg, err := jsonrpc2.DecodeMessage(body)
	answer, ok := msg.(*jsonrpc2.Response)
	if err != nil || !ok {
		return
	}
	c.mu.Lock()
	do := c.after[answer.ID()]
	delete(c.after, answer.ID())
	c.mu.Unlock()
	if do != nil {
		do()
	}
}

// answerNobody sends an error that belongs to no request (JSON-RPC 2.0,
// section 5: id null).
func (c *Conn) answerNobody(e *Error) {
	_ = c.send(jsonrpc2.AppendResponse(nil, jsonrpc2.ID{}, nil, jsonrpc2.NewError(jsonrpc2.Code(e.Code), e.Message)))
}

// readFailed ends the connection for what the reader met.
func (c *Conn) readFailed(err error) {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET): // the latter if our messages were still unread
		c.end(nil, false)
	case errors.Is(err, ErrHTTP):
		c.end(err, true)
	case errors.Is(err, ErrTooLarge):
		c.answerNobody(Errorf(CodeInvalidRequest, "%v", err))
		c.end(err, false)
	case errors.Is(err, ErrHeader):
		c.answerNobody(Errorf(CodeParse, "%v", err))
		c.end(err, false)
	default:
		c.end(fmt.Errorf("reading from the peer: %w", err), false)
	}
}
