//go:build !linux

package main

import "net"

// sameUser lets everybody pass who can connect to the loopback address: these
// systems have no simple way to tell whose a TCP connection is.
func sameUser(net.Conn) error { return nil }
