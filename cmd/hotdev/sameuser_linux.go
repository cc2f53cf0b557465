package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
)

// sameUser returns an error unless this user is at the other end of nc, a
// loopback connection of IPv4. The kernel lists the owner of every TCP socket
// in /proc/net/tcp, proc_pid_net(5).
func sameUser(nc net.Conn) error {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return fmt.Errorf("finding out who connected: %w", err)
	}
	theirs, ours := tableAddress(nc.RemoteAddr()), tableAddress(nc.LocalAddr())
	for line := range bytes.Lines(table) {
		f := bytes.Fields(line) // sl, local_address, rem_address, st, queues, tr, retrnsmt, uid, …
		if len(f) < 8 || string(f[1]) != theirs || string(f[2]) != ours {
			continue
		}
		if uid, err := strconv.Atoi(string(f[7])); err != nil || uid != os.Getuid() {
			return fmt.Errorf("user %s may not debug the app of user %d", f[7], os.Getuid())
		}
		return nil
	}
	return fmt.Errorf("who connected from %s can't be found out", nc.RemoteAddr())
}

// tableAddress is a as the table has it: the address as the machine stores it,
// and the port, in hexadecimal.
func tableAddress(a net.Addr) string {
	at, ok := a.(*net.TCPAddr)
	if !ok || at.IP.To4() == nil {
		return ""
	}
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(at.IP.To4()), at.Port)
}
