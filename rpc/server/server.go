package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// Why Serve ended.
var (
	ErrIdle     = errors.New("no client was connected for the idle time")
	ErrShutdown = errors.New("a client asked hotdev to end")
)

// authTimeout is how long a client on TCP may take to give its token.
const authTimeout = 3 * time.Second

// Options configures a Server.
type Options struct {
	Version     string        // of this hotdev
	BuildID     string        // of this hotdev's binary
	IdleTimeout time.Duration // Serve ends when no client was connected for so long; 0: never
	Logger      *slog.Logger  // nil: discarded
}

// Server serves one session to any number of clients.
//
// Its goroutines, all waited for by Serve: one for each listener, and those of
// each connection (see client).
type Server struct {
	backend     backend
	opt         Options
	started     time.Time
	authTimeout time.Duration

	mu      sync.Mutex
	stop    context.CancelCauseFunc // ends Serve; nil before it
	clients []*client               // those that are connected, the latest last
	idle    *time.Timer             // runs while there is no client; nil: no idle time
}

// New returns a server for s, which it neither runs nor ends.
func New(s *session.Session, o Options) *Server { return newServer(sessionBackend{s}, o) }

func newServer(b backend, o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{backend: b, opt: o, started: time.Now(), authTimeout: authTimeout}
}

// Serve serves the clients that connect to listeners, which it closes in the
// end. It returns why it ended, after all clients are gone: ctx's cause,
// ErrIdle, ErrShutdown, or what a listener met. It is called once.
func (s *Server) Serve(ctx context.Context, listeners ...*wire.Listener) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.mu.Lock()
	s.stop = stop
	if s.opt.IdleTimeout > 0 {
		s.idle = time.AfterFunc(s.opt.IdleTimeout, s.endIfIdle)
	}
	s.mu.Unlock()

	var running sync.WaitGroup
	for _, ln := range listeners {
		running.Go(func() { stop(s.accept(ctx, ln)) })
	}
	<-ctx.Done()
	s.mu.Lock()
	if s.idle != nil {
		s.idle.Stop()
	}
	s.mu.Unlock()
	for _, ln := range listeners {
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.opt.Logger.Warn("closing a listener", "address", ln.Addr(), "err", err)
		}
	}
	running.Wait()
	return context.Cause(ctx)
}

// accept serves the connections of ln, each on a goroutine of its own, until
// ctx ends or ln fails, and waits for them.
func (s *Server) accept(ctx context.Context, ln *wire.Listener) error {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		nc, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("accepting clients on %s: %w", ln.Addr(), err)
		}
		running.Go(func() {
			c := newClient(s, nc, ln.Token)
			s.arrived(c)
			defer s.left(c)
			err := c.run(ctx)
			s.opt.Logger.Debug("client left", "err", err)
		})
	}
}

func (s *Server) arrived(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, c)
	if s.idle != nil {
		s.idle.Stop()
	}
}

func (s *Server) left(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = slices.DeleteFunc(s.clients, func(x *client) bool { return x == c })
	if len(s.clients) == 0 && s.idle != nil {
		s.idle.Reset(s.opt.IdleTimeout)
	}
}

func (s *Server) endIfIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) == 0 {
		s.stop(ErrIdle)
	}
}

// end ends Serve for reason.
func (s *Server) end(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop(reason)
}

// daemon identifies this process to clients.
func (s *Server) daemon() protocol.Daemon {
	return protocol.Daemon{
		Version:   s.opt.Version,
		BuildID:   s.opt.BuildID,
		PID:       os.Getpid(),
		StartedAt: timestamp(s.started),
	}
}
