package run

import (
	"maps"
	"net"
	"os"
	"testing"
)

// TestProcTellsTheSameAsSockDiag holds the two sources of listening sockets
// against each other, on sockets of this process.
func TestProcTellsTheSameAsSockDiag(t *testing.T) {
	want := map[string]bool{}
	for _, at := range []struct{ network, address string }{
		{"tcp4", "127.0.0.1:0"}, {"tcp4", "0.0.0.0:0"}, {"tcp6", "[::1]:0"}, {"tcp", "[::]:0"},
	} {
		l, err := net.Listen(at.network, at.address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		want[l.Addr().String()] = true
	}
	diag, err := diagSockets()
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]map[uint32]socket{"sock_diag": diag, "proc": procSockets()} {
		got := map[string]bool{}
		for _, inode := range sockets(os.Getpid()) {
			if s, ok := open[inode]; ok {
				got[s.addr.String()] = true
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: this process listens on %v, want %v", name, got, want)
		}
	}
}

func BenchmarkListening(b *testing.B) {
	for b.Loop() {
		listening()
	}
}

func BenchmarkProcesses(b *testing.B) {
	for b.Loop() {
		if _, err := processes(); err != nil {
			b.Fatal(err)
		}
	}
}
