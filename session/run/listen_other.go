//go:build !linux

package run

import (
	"context"
	"net"

	"github.com/hotdev/hotdev/session/target"
)

// finder finds out whether the app listens where it is expected to, by
// connecting: at the configured address or, without one, at the port in PORT.
// With neither it finds nothing. It can't tell the app from another program
// that has taken the port.
type finder struct {
	address string // "" if it is not known
}

// newFinder makes a finder for p.
func newFinder(p *process, address string) *finder {
	if port := envPort(p.spec.Env); address == "" && port != "" {
		address = net.JoinHostPort("", port)
	}
	return &finder{address}
}

// find returns the expected address if it accepts a connection.
func (f *finder) find(ctx context.Context) []target.Listener {
	if f.address == "" {
		return nil
	}
	actual := reachable(f.address)
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", actual)
	if err != nil {
		return nil
	}
	conn.Close()
	return []target.Listener{{Asked: f.address, Actual: actual}}
}
