package run

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// listening returns the listening TCP sockets of the network namespace, by
// inode; nil if the kernel tells of none in any way.
//
// sock_diag(7) looks through listening sockets only: some 50 µs. Where it is
// not to be had (gVisor, a kernel without the module) /proc/net tells the same,
// after a walk over the table of all connections: several milliseconds on a
// machine with much memory.
func listening() map[uint32]socket {
	if open, err := diagSockets(); err == nil {
		return open
	}
	return procSockets()
}

// Sizes and offsets of the structs of linux/inet_diag.h.
const (
	diagRequestLen = 56 // struct inet_diag_req_v2
	diagStates     = 4  // offset of its idiag_states

	diagMessageLen = 72 // struct inet_diag_msg
	diagPort       = 4  // offset of its id.idiag_sport, big-endian
	diagAddress    = 8  // offset of its id.idiag_src, four big-endian words
	diagInode      = 68 // offset of its idiag_inode

	diagOnlyIPv6 = 11 // INET_DIAG_SKV6ONLY: the attribute of one byte, 1 for such a socket
	tcpListen    = 10 // TCP_LISTEN of net/tcp_states.h
)

// diagBuffers are reused, as sockets are asked for often while an app starts.
var diagBuffers = sync.Pool{New: func() any { return new([diagBufferLen]byte) }}

const diagBufferLen = 32 << 10

// diagSockets asks sock_diag(7).
func diagSockets() (map[uint32]socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("opening sock_diag: %w", err)
	}
	defer unix.Close(fd)
	open := map[uint32]socket{}
	buf := diagBuffers.Get().(*[diagBufferLen]byte)
	defer diagBuffers.Put(buf)
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if err := unix.Sendto(fd, diagRequest(family), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return nil, fmt.Errorf("asking sock_diag: %w", err)
		}
		if err := receiveSockets(fd, buf[:], open); err != nil {
			return nil, fmt.Errorf("reading the answer of sock_diag: %w", err)
		}
	}
	return open, nil
}

// diagRequest asks for the listening TCP sockets of an address family.
func diagRequest(family byte) []byte {
	order := binary.NativeEndian
	msg := make([]byte, unix.SizeofNlMsghdr+diagRequestLen)
	order.PutUint32(msg, uint32(len(msg)))
	order.PutUint16(msg[4:], unix.SOCK_DIAG_BY_FAMILY)
	order.PutUint16(msg[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	req := msg[unix.SizeofNlMsghdr:]
	req[0], req[1] = family, unix.IPPROTO_TCP
	order.PutUint32(req[diagStates:], 1<<tcpListen)
	return msg
}

// receiveSockets reads one answer, which may come in parts, into open; buf has room
// for a part.
func receiveSockets(fd int, buf []byte, open map[uint32]socket) error {
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		parts, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return err
		}
		for _, part := range parts {
			switch part.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				if len(part.Data) >= 4 {
					err = syscall.Errno(-int32(binary.NativeEndian.Uint32(part.Data)))
				}
				return fmt.Errorf("refused: %w", err)
			case unix.SOCK_DIAG_BY_FAMILY:
				if len(part.Data) >= diagMessageLen {
					inode, s := parseDiag(part.Data)
					open[inode] = s
				}
			}
		}
	}
}

// parseDiag reads a struct inet_diag_msg and its attributes.
func parseDiag(msg []byte) (inode uint32, s socket) {
	port := binary.BigEndian.Uint16(msg[diagPort:])
	ip := netip.AddrFrom4([4]byte(msg[diagAddress:]))
	if msg[0] == unix.AF_INET6 {
		ip = netip.AddrFrom16([16]byte(msg[diagAddress:]))
	}
	s.addr = netip.AddrPortFrom(ip, port)
	for attr := msg[diagMessageLen:]; len(attr) >= unix.SizeofNlAttr; {
		size, kind := int(binary.NativeEndian.Uint16(attr)), binary.NativeEndian.Uint16(attr[2:])
		if size < unix.SizeofNlAttr || size > len(attr) {
			break
		}
		if kind == diagOnlyIPv6 && size > unix.SizeofNlAttr {
			s.onlyIPv6 = attr[unix.SizeofNlAttr] == 1
		}
		attr = attr[min((size+3)&^3, len(attr)):] // attributes begin at multiples of 4
	}
	return binary.NativeEndian.Uint32(msg[diagInode:]), s
}

// procSockets reads /proc/net/tcp and tcp6.
func procSockets() map[uint32]socket {
	open := map[uint32]socket{}
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // no IPv6
		}
		for line := range bytes.Lines(data) {
			if inode, s, ok := parseSocket(line); ok {
				open[inode] = s
			}
		}
	}
	return open
}

// parseSocket reads a line of /proc/net/tcp or tcp6, proc_pid_net(5): ok is
// false for one that does not listen.
func parseSocket(line []byte) (inode uint32, s socket, ok bool) {
	const local, state, inodeField = 1, 3, 9
	fields := bytes.Fields(line)
	if len(fields) <= inodeField || string(fields[state]) != fmt.Sprintf("%02X", tcpListen) {
		return 0, s, false
	}
	host, port, _ := strings.Cut(string(fields[local]), ":")
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw)%4 != 0 {
		return 0, s, false
	}
	for i := 0; i < len(raw); i += 4 { // each word is printed as a number of the machine
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, isIP := netip.AddrFromSlice(raw)
	n, portErr := strconv.ParseUint(port, 16, 16)
	number, inodeErr := strconv.ParseUint(string(fields[inodeField]), 10, 32)
	s.addr = netip.AddrPortFrom(ip, uint16(n))
	return uint32(number), s, isIP && portErr == nil && inodeErr == nil
}
