package wire

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerUID returns the user at the other end of c (unix(4), LOCAL_PEERCRED).
func peerUID(c *net.UnixConn) (uid int, err error) {
	err = onDescriptor(c, func(fd int) error {
		cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err == nil {
			uid = int(cred.Uid)
		}
		return err
	})
	return uid, err
}
