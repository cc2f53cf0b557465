package server

import "time"

// Subscription lets tests make backends.
type Subscription = subscription

// NewWithBackend is New for a backend that is no session.
func NewWithBackend(b backend, o Options) *Server { return newServer(b, o) }

// SetAuthTimeout changes how long a client may take to give its token.
func (s *Server) SetAuthTimeout(d time.Duration) { s.authTimeout = d }
