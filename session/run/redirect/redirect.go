// Package redirect moves the TCP ports of an app without its help, so that the
// app's public address stays with hotdev and two versions run side by side.
//
// On Linux a seccomp filter reports each bind(2) of the app and of its children
// to the daemon (seccomp_unotify(2)). The daemon takes a copy of the socket
// (pidfd_getfd(2)), binds it to an ephemeral port of the loopback address
// itself, and lets the app's call return 0: the app, its source and its
// configuration know nothing of it. A listen(2) of such a socket is done in the same
// way, which tells when the app can be reached. What it can notice: getsockname(2) tells
// the loopback address and the ephemeral port; and without CAP_SYS_ADMIN,
// set-user-ID programs that it starts gain no privilege (no_new_privs, see
// prctl(2)).
//
// Sockets that are no TCP sockets, and binds to port 0, are left alone.
// Elsewhere, and where the kernel refuses, Supported says so and why.
package redirect

import (
	"net/netip"
	"slices"
	"sync"
)

// Policy decides about each address that the app asks for, before the app's
// bind returns; network is tcp4, tcp6 (IPv6 only) or tcp (both), as in package
// net. An error that wraps a syscall.Errno gives the app that one, any other
// error EADDRINUSE.
type Policy func(network string, asked netip.AddrPort) error

// Told is what is told of an app's calls, one at a time, before the call returns. The
// app's other calls wait meanwhile.
type Told struct {
	// Bound is told of each binding, so that whoever sees the app listen can rely on
	// it.
	Bound func(Binding)
	// Missed is told of a bind to a port that the system did not let hotdev take
	// over, which is carried out as it is.
	Missed func(asked netip.AddrPort, err error)
	// Listens is told that the app listens now where a binding ended up.
	Listens func()
}

// Binding is an address that the app asked for, and where it got it.
type Binding struct {
	Asked  netip.AddrPort // may be an unspecified address, such as [::]:8080
	Actual netip.AddrPort // of the loopback address
}

// bindings are those of one app, in the order of its calls.
type bindings struct {
	mu   sync.Mutex
	list []Binding
}

// find returns the binding for asked.
func (b *bindings) find(asked netip.AddrPort) (Binding, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.list, func(x Binding) bool { return x.Asked == asked })
	if i < 0 {
		return Binding{}, false
	}
	return b.list[i], true
}

// add records a binding; a newer one of the same address replaces the older.
func (b *bindings) add(x Binding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(slices.DeleteFunc(b.list, func(y Binding) bool { return y.Asked == x.Asked }), x)
}

// hasActual reports whether addr is where a binding ended up.
func (b *bindings) hasActual(addr netip.AddrPort) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.list, func(x Binding) bool { return x.Actual == addr })
}

// all returns a copy.
func (b *bindings) all() []Binding {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list)
}
