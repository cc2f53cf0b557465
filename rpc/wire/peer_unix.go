//go:build linux || darwin

package wire

import (
	"fmt"
	"net"
	"os"
)

// samePeer returns an error unless this user is at the other end of c.
func samePeer(c *net.UnixConn) error {
	uid, err := peerUID(c)
	if err != nil {
		return fmt.Errorf("finding out who connected: %w", err)
	}
	if uid != os.Getuid() {
		return fmt.Errorf("user %d may not connect", uid)
	}
	return nil
}

// onDescriptor calls f with c's file descriptor.
func onDescriptor(c *net.UnixConn, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
