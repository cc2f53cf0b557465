package dap

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/go-dap"
)

// message is one that came in, a client's or Delve's: a request, a response or
// an event. What the front does not look into stays as it came.
type message struct {
	Seq  int    `json:"seq"`
	Type string `json:"type"`

	Command   string          `json:"command"`   // of requests and responses
	Arguments json.RawMessage `json:"arguments"` // of requests

	RequestSeq int    `json:"request_seq"` // these are of responses
	Success    bool   `json:"success"`
	Message    string `json:"message"`

	Event string          `json:"event"` // of events
	Body  json.RawMessage `json:"body"`  // of events and responses
}

// The messages that go out. Bodies are go-dap's types, or what Delve sent with
// its references translated.
type (
	request struct {
		dap.Request
		Arguments any `json:"arguments,omitempty"`
	}
	response struct {
		dap.Response
		Body any `json:"body,omitempty"`
	}
	event struct {
		dap.Event
		Body any `json:"body,omitempty"`
	}
)

// object is a JSON object; its numbers are json.Number, so that nothing is lost
// on the way through.
type object = map[string]any

// decode returns raw as a tree, nil for nothing and for null.
func decode(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// arguments decodes those of a request into v. Absent ones, and null as some
// clients send it, leave v as it is.
func (m *message) arguments(v any) error {
	if len(m.Arguments) == 0 {
		return nil
	}
	if err := json.Unmarshal(m.Arguments, v); err != nil {
		return fmt.Errorf("the arguments of %s: %w", m.Command, err)
	}
	return nil
}

// failed is the response to a request that Delve will not answer any more.
func failed(why string) message { return message{Type: "response", Message: why} }

// errorBody is the body of a failed response, with text for people. The id is
// the front's only one: clients tell its errors apart by their text.
func errorBody(text string) dap.ErrorResponseBody {
	return dap.ErrorResponseBody{Error: &dap.ErrorMessage{Id: 7000, Format: text}}
}
