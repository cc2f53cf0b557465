//go:build amd64 || arm64

package run

import (
	"net/netip"

	"github.com/hotdev/hotdev/session/run/redirect"
	"github.com/hotdev/hotdev/session/target"
)

// ports are the moved ports of one process; the zero value moves none.
type ports struct{ r *redirect.Redirector }

// movePorts prepares the calling thread so that the process it starts has its
// ports moved. The thread must be locked and end with the process. listens is told
// when the process has begun to listen at one.
func movePorts(to *target.Ports, listens func()) (ports, error) {
	if to == nil {
		return ports{}, nil
	}
	claim := func(network string, asked netip.AddrPort) error { return to.Claim(network, asked.String()) }
	r, err := redirect.Install(claim, redirect.Told{
		Bound: func(b redirect.Binding) {
			to.Bound(target.Listener{Asked: b.Asked.String(), Actual: b.Actual.String()})
		},
		Missed:  func(asked netip.AddrPort, err error) { to.Missed(asked.String(), err) },
		Listens: listens,
	})
	if err != nil {
		return ports{}, &target.NoPortsError{Err: err}
	}
	return ports{r}, nil
}

// moved returns l with the address that the app asked for, if it was moved.
func (p ports) moved(l target.Listener) target.Listener {
	if p.r != nil {
		for _, b := range p.r.Bindings() {
			if portOf(l.Actual) == b.Actual.Port() {
				return target.Listener{Asked: b.Asked.String(), Actual: b.Actual.String()}
			}
		}
	}
	return l
}

// close ends the service, when the process and its children are gone.
func (p ports) close() {
	if p.r != nil {
		p.r.Close()
	}
}
