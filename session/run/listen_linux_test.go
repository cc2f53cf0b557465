package run_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// address reads a line of the step listen.
func (l *lines) address(t *testing.T) string {
	t.Helper()
	addr, _, _ := strings.Cut(l.next(t, "listening"), " ")
	return addr
}

func TestListenersAreFoundWithoutConfiguration(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []string
	}{
		{"main process", []string{"listen", "127.0.0.1:0", "block"}},
		{"IPv6", []string{"listen", "[::1]:0", "block"}},
		{"child", []string{"child", "listen", "127.0.0.1:0", "block"}},
		{"daemon", []string{"daemon", "listen", "127.0.0.1:0", "block"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := newLines()
			p := start(t, newRunner(t), spec(t, out, tt.steps...))
			waitReady(t, p)
			addr := out.address(t)
			if got, want := p.Listeners(), (target.Listener{Asked: addr, Actual: addr}); len(got) != 1 || got[0] != want {
				t.Errorf("listeners = %v, want %v", got, want)
			}
		})
	}
}

func TestListenerOnAllInterfacesIsReachedOnLoopback(t *testing.T) {
	for _, tt := range []struct{ network, asked, actual string }{
		{"tcp4", "0.0.0.0", "127.0.0.1"},
		{"tcp", "[::]", "127.0.0.1"},
		{"tcp6", "[::]", "[::1]"}, // takes IPv6 connections only
	} {
		t.Run(tt.network, func(t *testing.T) {
			_, port, _ := net.SplitHostPort(freeAddress(t))
			p := start(t, newRunner(t), spec(t, nil, "listen-on", tt.network, ":"+port, "block"))
			waitReady(t, p)
			want := target.Listener{Asked: tt.asked + ":" + port, Actual: tt.actual + ":" + port}
			if got := p.Listeners(); len(got) != 1 || got[0] != want {
				t.Fatalf("listeners = %v, want %v", got, want)
			}
			conn, err := net.Dial("tcp", want.Actual)
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
		})
	}
}

// TestOtherProgramsListenersDoNotCount also covers a second version of the app
// beside the first.
func TestOtherProgramsListenersDoNotCount(t *testing.T) {
	r := newRunner(t)
	first := newLines()
	waitReady(t, start(t, r, spec(t, first, "listen", "127.0.0.1:0", "block")))
	out := newLines()
	p := start(t, r, spec(t, out, "print", "up", "block"))
	out.next(t, "up")
	l, err := net.Listen("tcp", "127.0.0.1:0") // appears while p is watched
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// A third one that becomes ready shows that a poll has passed meanwhile.
	waitReady(t, start(t, r, spec(t, nil, "listen", "127.0.0.1:0", "block")))
	stillOpen(t, p.Ready(), "ready with the listeners of others")
}

// waitListeners waits until n listeners of p are known; nothing tells of those
// that come after the first.
func waitListeners(t *testing.T, p target.Process, n int) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	tooLate := time.After(20 * time.Second)
	for len(p.Listeners()) < n {
		select {
		case <-look.C:
		case <-p.Exited():
			t.Fatalf("the app ended: %v", p.Exit())
		case <-tooLate:
			t.Fatalf("timed out: listeners = %v, want %d", p.Listeners(), n)
		}
	}
}

func TestHTTPCandidateComesFirst(t *testing.T) {
	a, b, c := freeAddress(t), freeAddress(t), freeAddress(t)
	ports := []string{a, b, c}
	slices.Sort(ports)
	_, highest, _ := net.SplitHostPort(ports[2])
	for _, tt := range []struct {
		name    string
		env     []string
		address string
		want    string
	}{
		{"configured", []string{"PORT=" + highest}, ports[1], ports[1]},
		{"PORT", []string{"PORT=" + highest}, "", ports[2]},
		{"lowest", nil, "", ports[0]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := spec(t, nil, "listen", a, "listen", b, "listen", c, "block")
			s.Env = append(s.Env, tt.env...)
			s.Ready.Address = tt.address
			p := start(t, newRunner(t), s)
			waitReady(t, p)
			waitListeners(t, p, 3)
			if got := p.Listeners()[0].Actual; got != tt.want {
				t.Errorf("first listener = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestHardCodedPortWinsOverConfiguredOne(t *testing.T) {
	s := spec(t, nil, "listen", "127.0.0.1:0", "block")
	s.Ready.Address = freeAddress(t)
	p := start(t, newRunner(t), s)
	waitReady(t, p)
	if got := p.Listeners(); len(got) != 1 || got[0].Actual == s.Ready.Address {
		t.Errorf("listeners = %v, want the one that the app chose", got)
	}
}
