package run

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotdev/hotdev/session/target"
)

// finder finds the TCP sockets that a process's tree listens on. The kernel
// lists all listening sockets by inode; whose they are is written in
// /proc/pid/fd. The first is read at each call, the second only when an inode
// is new. Apps in another network namespace are not seen: they could not be
// reached either.
type finder struct {
	p *process

	settled map[uint32]bool   // inodes that are attributed: ours or not
	ours    map[uint32]socket // those of ours
}

// socket is a listening TCP socket.
type socket struct {
	addr     netip.AddrPort
	onlyIPv6 bool // a socket on [::] that takes no IPv4 connections
}

// listener returns the addresses of s.
func (s socket) listener() target.Listener {
	actual := s.addr
	switch {
	case s.onlyIPv6 && actual.Addr().IsUnspecified():
		actual = netip.AddrPortFrom(netip.IPv6Loopback(), actual.Port())
	case actual.Addr().IsUnspecified():
		actual = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), actual.Port())
	}
	return target.Listener{Asked: s.addr.String(), Actual: actual.String()}
}

// newFinder makes a finder for p, which must not have been started: what
// listens now is not p's.
func newFinder(p *process, _ string) *finder {
	f := &finder{p: p, settled: map[uint32]bool{}, ours: map[uint32]socket{}}
	for inode := range listening() {
		f.settled[inode] = true
	}
	return f
}

// find returns what the tree listens on now, in no order.
func (f *finder) find(context.Context) []target.Listener {
	open := listening()
	fresh := false
	for inode := range open {
		fresh = fresh || !f.settled[inode]
	}
	// Nearly always it is the main process that listens.
	if fresh && !f.claim(open, f.p.PID()) {
		f.claimAll(open)
	}
	closed := func(inode uint32) bool { _, ok := open[inode]; return !ok }
	maps.DeleteFunc(f.settled, func(inode uint32, _ bool) bool { return closed(inode) })
	maps.DeleteFunc(f.ours, func(inode uint32, _ socket) bool { return closed(inode) })
	var list []target.Listener
	for _, s := range f.ours {
		list = append(list, s.listener())
	}
	return list
}

// claim attributes the sockets among open that pid has, and reports whether
// some were new.
func (f *finder) claim(open map[uint32]socket, pid int) bool {
	any := false
	for _, inode := range sockets(pid) {
		if s, ok := open[inode]; ok && !f.settled[inode] {
			f.settled[inode], f.ours[inode] = true, s
			any = true
		}
	}
	return any
}

// claimAll attributes all of open: to the tree, or to others.
func (f *finder) claimAll(open map[uint32]socket) {
	members, err := f.p.tree.members()
	if err != nil {
		return // the next call tries again
	}
	for _, p := range members {
		f.claim(open, p.pid)
	}
	for inode := range open {
		f.settled[inode] = true
	}
}

// sockets returns the inodes of the sockets that pid has open; none if it is
// gone or another user's.
func sockets(pid int) []uint32 {
	path := fmt.Sprintf("/proc/%d/fd", pid)
	dir, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var inodes []uint32
	var buf [64]byte
	for _, name := range names {
		n, err := unix.Readlink(path+"/"+name, buf[:])
		if err != nil {
			continue
		}
		number, isSocket := strings.CutPrefix(string(buf[:n]), "socket:[")
		if !isSocket {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 32); err == nil {
			inodes = append(inodes, uint32(inode))
		}
	}
	return inodes
}
