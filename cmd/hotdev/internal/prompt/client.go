package prompt

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"strings"

	"github.com/google/go-dap"
)

// message is any message of the front's. go-dap's own decoder refuses events
// that it does not know, and hotdev has some.
type message struct {
	Seq  int    `json:"seq"`
	Type string `json:"type"`

	Event string          `json:"event"`
	Body  json.RawMessage `json:"body"`

	RequestSeq int    `json:"request_seq"`
	Command    string `json:"command"`
	Success    bool   `json:"success"`
	Message    string `json:"message"`
}

// reason is why a request has failed, as the front says it for people.
func (m message) reason() error {
	var body dap.ErrorResponseBody
	if json.Unmarshal(m.Body, &body) == nil && body.Error != nil && body.Error.Format != "" {
		text := body.Error.Format
		for name, value := range body.Error.Variables {
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
		return errors.New(text)
	}
	if m.Message != "" {
		return errors.New(m.Message)
	}
	return errors.New(m.Command + " has failed")
}

// client is a connection to the front. Its goroutine reads messages; it ends
// with the connection, or when close is called, which waits for it.
type client struct {
	conn     net.Conn
	seq      int
	messages chan message // closed at the end of the connection
	closing  chan struct{}
}

func newClient(conn net.Conn) *client {
	c := &client{conn: conn, messages: make(chan message, 64), closing: make(chan struct{})}
	go c.read()
	return c
}

func (c *client) read() {
	defer close(c.messages)
	for r := bufio.NewReader(c.conn); ; {
		content, err := dap.ReadBaseMessage(r)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(content, &m) != nil {
			continue // no message that anybody could be waiting for
		}
		select {
		case c.messages <- m:
		case <-c.closing:
			return
		}
	}
}

// send sends a request and returns its number.
func (c *client) send(command string, args any) (seq int, err error) {
	c.seq++
	content, err := json.Marshal(struct {
		Seq       int    `json:"seq"`
		Type      string `json:"type"`
		Command   string `json:"command"`
		Arguments any    `json:"arguments,omitempty"`
	}{c.seq, "request", command, args})
	if err != nil {
		return 0, err
	}
	return c.seq, dap.WriteBaseMessage(c.conn, content)
}

// close closes the connection and waits for the reader.
func (c *client) close() {
	close(c.closing)
	c.conn.Close()
	for range c.messages {
	}
}
