//go:build amd64 || arm64

package redirect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Redirector answers the binds of one app, and what follows from them. One goroutine serves them until
// Close.
type Redirector struct {
	bindings
	policy Policy
	told   Told
	notify int           // descriptor of the notifications; serve owns it
	wake   [2]int        // a pipe; closing the write end ends serve
	ended  chan struct{} // closed when serve has returned
	once   sync.Once
}

// Install puts the filter on the calling thread, which stays under it for good,
// and so does every process that it starts: the caller must have locked its
// goroutine to the thread, start the app from it, and let the thread end with
// the app by never unlocking it.
func Install(policy Policy, told Told) (*Redirector, error) {
	r := &Redirector{policy: policy, told: told, ended: make(chan struct{})}
	if err := unix.Pipe2(r.wake[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	var err error
	if r.notify, err = install(); err != nil {
		unix.Close(r.wake[0])
		unix.Close(r.wake[1])
		return nil, err
	}
	go r.serve()
	return r, nil
}

// Bindings returns what was redirected so far, in the order of the calls.
func (r *Redirector) Bindings() []Binding { return r.all() }

// Close ends the service and waits for it. A bind or listen after it fails with
// ENOSYS, so the app must be gone.
func (r *Redirector) Close() {
	r.once.Do(func() { unix.Close(r.wake[1]) })
	<-r.ended
}

// serve answers notifications one after another.
func (r *Redirector) serve() {
	defer close(r.ended)
	defer unix.Close(r.notify)
	defer unix.Close(r.wake[0])
	for {
		fds := []unix.PollFd{{Fd: int32(r.notify), Events: unix.POLLIN}, {Fd: int32(r.wake[0])}}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		switch {
		case fds[1].Revents != 0:
			return
		case fds[0].Revents&unix.POLLIN != 0:
			r.answerNext()
		case fds[0].Revents != 0: // POLLHUP: no thread is left under the filter
			return
		}
	}
}

// notification and response are struct seccomp_notif and seccomp_notif_resp.
type notification struct {
	id         uint64
	tid, flags uint32
	nr         int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

type response struct {
	id    uint64
	val   int64
	errno int32 // negative
	flags uint32
}

// answerNext takes one notification and answers it. A call whose thread was
// interrupted or killed meanwhile is gone: ENOENT, and nothing is to be done.
func (r *Redirector) answerNext() {
	var n notification
	if ioctl(r.notify, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)) != nil {
		return
	}
	reply := response{id: n.id}
	carryOut := r.bind
	if n.nr == unix.SYS_LISTEN {
		carryOut = r.listen
	}
	taken, err := carryOut(&n)
	switch {
	case err != nil:
		errno := unix.EADDRINUSE
		_ = errors.As(err, &errno)
		reply.errno = -int32(errno)
	case !taken:
		reply.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	}
	_ = ioctl(r.notify, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&reply))
}

// bind does the call that n tells of, and tells of the new binding if there is
// one; taken is false for a call that the kernel shall do as it is.
func (r *Redirector) bind(n *notification) (taken bool, err error) {
	asked, ok := r.askedAddress(n)
	if !ok || asked.Port() == 0 {
		return false, nil
	}
	fd, err := socketOf(int(n.tid), int(n.args[0]))
	if err != nil {
		r.told.Missed(asked, err)
		return false, nil
	}
	defer unix.Close(fd)
	if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
		return false, nil
	}
	if bound, err := localAddress(fd); err == nil && bound.Port() != 0 {
		// The call was interrupted after it had been done, and restarted; or
		// it is a second bind of one socket, which the kernel refuses.
		return r.hasActual(bound), nil
	}
	if err := r.policy(networkOf(fd), asked); err != nil {
		return true, err
	}
	port := 0
	if known, ok := r.find(asked); ok {
		port = int(known.Actual.Port()) // SO_REUSEPORT, or closed and opened again
	}
	if err := bindLoopback(fd, port); err != nil {
		return true, err
	}
	actual, err := localAddress(fd)
	if err != nil {
		return true, err
	}
	b := Binding{Asked: asked, Actual: actual}
	r.add(b)
	r.told.Bound(b)
	return true, nil
}

// listen does the call that n tells of, if it is one on a socket that was bound here,
// and tells of it; taken is false for a call that the kernel shall do as it is.
func (r *Redirector) listen(n *notification) (taken bool, err error) {
	fd, err := socketOf(int(n.tid), int(n.args[0]))
	if err != nil {
		return false, nil // of a bind, it was missed
	}
	defer unix.Close(fd)
	if bound, err := localAddress(fd); err != nil || !r.hasActual(bound) {
		return false, nil
	}
	if err := unix.Listen(fd, int(int32(n.args[1]))); err != nil {
		return true, err
	}
	r.told.Listens()
	return true, nil
}

// askedAddress reads the sockaddr of the call from the caller's memory; ok is
// false for what is no IP address.
func (r *Redirector) askedAddress(n *notification) (asked netip.AddrPort, ok bool) {
	raw := make([]byte, min(n.args[2], unix.SizeofSockaddrInet6))
	local := []unix.Iovec{{Base: unsafe.SliceData(raw)}}
	local[0].SetLen(len(raw))
	remote := []unix.RemoteIovec{{Base: uintptr(n.args[1]), Len: len(raw)}}
	if got, err := unix.ProcessVMReadv(int(n.tid), local, remote, 0); err != nil || got != len(raw) || len(raw) < unix.SizeofSockaddrInet4 {
		return asked, false
	}
	// The thread could have died and its number been taken by another process
	// before the read: only a valid id says that the bytes are the caller's.
	if ioctl(r.notify, unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&n.id)) != nil {
		return asked, false
	}
	port := binary.BigEndian.Uint16(raw[2:])
	switch family := binary.NativeEndian.Uint16(raw); {
	case family == unix.AF_INET:
		addr, _ := netip.AddrFromSlice(raw[4:8])
		return netip.AddrPortFrom(addr, port), true
	case family == unix.AF_INET6 && len(raw) >= 24:
		addr, _ := netip.AddrFromSlice(raw[8:24])
		return netip.AddrPortFrom(addr.Unmap(), port), true
	}
	return asked, false
}

// socketOf duplicates descriptor fd of the process that thread tid is of.
func socketOf(tid, fd int) (int, error) {
	owner, err := unix.PidfdOpen(tid, pidfdThread)
	if err != nil {
		owner, err = openProcess(tid)
	}
	if err != nil {
		return -1, err
	}
	defer unix.Close(owner)
	return unix.PidfdGetfd(owner, fd, 0)
}

// pidfdThread is PIDFD_THREAD of linux/pidfd.h (since 6.9): pidfd_open(2) takes a
// thread, too.
const pidfdThread = unix.O_EXCL

// openProcess opens the process that thread tid is of.
func openProcess(tid int) (pidfd int, err error) {
	pid, err := processOf(tid)
	if err != nil {
		return -1, err
	}
	return unix.PidfdOpen(pid, 0)
}

// processOf returns the process (Tgid) of a thread.
func processOf(tid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if rest, ok := strings.CutPrefix(string(line), "Tgid:"); ok {
			return strconv.Atoi(strings.TrimSpace(rest))
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no Tgid", tid)
}

// bindLoopback binds a TCP socket of either family to 127.0.0.1, so that every
// version can be reached the same way.
func bindLoopback(fd, port int) error {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return err
	}
	if family == unix.AF_INET {
		return unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	// An IPv6 socket takes an IPv4 address as ::ffff:127.0.0.1 (RFC 4291,
	// section 2.5.5.2) unless it is told to be IPv6 only.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: port, Addr: [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}})
}

// networkOf names what the socket would have listened on, as package net does.
func networkOf(fd int) string {
	if family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err != nil || family == unix.AF_INET {
		return "tcp4"
	}
	if only, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); err == nil && only != 0 {
		return "tcp6"
	}
	return "tcp"
}

// localAddress is getsockname(2).
func localAddress(fd int) (netip.AddrPort, error) {
	name, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(name.Addr), uint16(name.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), uint16(name.Port)), nil
	}
	return netip.AddrPort{}, unix.EAFNOSUPPORT
}

func ioctl(fd int, request uint, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
