package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// message is one line of attach --json.
type message struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// stream writes every notification of the workspace's daemon as a line of JSON,
// until ctx or the daemon ends.
func (c *cli) stream(ctx context.Context) error {
	w, err := c.workspace()
	if err != nil {
		return err
	}
	o, err := w.clientOptions()
	if err != nil {
		return err
	}
	socket, err := client.Discover(ctx, o)
	if err != nil {
		return err
	}
	nc, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return daemonEnded(err)
	}
	s := &streamer{cli: c}
	s.conn = wire.NewConn(nc, s, wire.Options{})
	began := make(chan error, 1)
	go func() { began <- s.begin(ctx, o) }()
	err = s.conn.Run(ctx)
	if failed := <-began; err == nil {
		err = failed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return s.err
	case ctx.Err() != nil:
		return nil
	default:
		return daemonEnded(err)
	}
}

// streamer is the client behind stream (wire.Handler).
type streamer struct {
	cli  *cli
	conn *wire.Conn

	mu      sync.Mutex
	began   bool      // the state before the events is written
	waiting []message // what came before that
	err     error     // the first failed write
}

// begin does the handshake and writes the state that the events change.
func (s *streamer) begin(ctx context.Context, o client.Options) error {
	pid, root := os.Getpid(), protocol.FileURI(o.Root)
	params := protocol.InitializeParams{
		ProcessID:  &pid,
		ClientInfo: &protocol.Program{Name: "hotdev attach", Version: o.Version},
		RootURI:    &root,
	}
	var answer protocol.InitializeResult
	if err := s.conn.Call(ctx, protocol.MethodInitialize, params, &answer); err != nil {
		return s.fail(err)
	}
	if err := s.conn.Notify(protocol.MethodInitialized, struct{}{}); err != nil {
		return s.fail(err)
	}
	var now protocol.SubscribeResult
	if err := s.conn.Call(ctx, protocol.MethodSubscribe, protocol.SubscribeParams{}, &now); err != nil {
		return s.fail(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = true
	s.write(protocol.MethodStatus, now.Status)
	s.write(protocol.MethodLog, protocol.LogParams{Entries: now.Logs, Missed: now.Missed})
	for _, m := range s.waiting {
		s.write(m.Method, m.Params)
	}
	s.waiting = nil
	return nil
}

// fail ends the connection because the handshake failed.
func (s *streamer) fail(err error) error {
	s.conn.CloseWith(err)
	return err
}

// Call refuses all requests of the daemon: this client offers nothing.
func (s *streamer) Call(_ context.Context, method string, _ []byte) (any, error) {
	return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
}

// Notify writes a notification.
func (s *streamer) Notify(_ context.Context, method string, params []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.began {
		s.waiting = append(s.waiting, message{method, params})
		return
	}
	s.write(method, json.RawMessage(params))
}

// write writes one line; the caller holds mu. Who reads too slowly is cut off
// by the daemon.
func (s *streamer) write(method string, params any) {
	if s.err != nil {
		return
	}
	raw, err := wire.Marshal(params)
	if err == nil {
		err = s.cli.printJSON(message{method, raw})
	}
	if err != nil {
		s.err = fmt.Errorf("writing the events: %w", err)
		s.conn.Close()
	}
}
