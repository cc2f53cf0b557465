//go:build amd64 || arm64

package run_test

import (
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/hotdev/hotdev/session/target"
)

// front notes what a process asks for, as the front door would.
type front struct {
	mu     sync.Mutex
	claims []string
	bound  []target.Listener
	refuse error
}

func (f *front) ports() *target.Ports {
	return &target.Ports{
		Claim: func(network, asked string) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.claims = append(f.claims, network+" "+asked)
			return f.refuse
		},
		Bound: func(l target.Listener) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.bound = append(f.bound, l)
		},
		Missed: func(asked string, err error) { panic(asked + ": " + err.Error()) },
	}
}

// told returns what the front was asked and told by now.
func (f *front) told() (claims []string, bound []target.Listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.claims), slices.Clone(f.bound)
}

func TestTwoVersionsWithOnePortRunSideBySide(t *testing.T) {
	for _, how := range [][]string{{}, {"child"}, {"daemon"}} {
		r := newRunner(t)
		address := freeAddress(t)
		_, port, _ := net.SplitHostPort(address)
		var fronts [2]front
		var actual [2]string
		for i := range fronts {
			s := spec(t, nil, append(how, "listen-on", "tcp", ":"+port, "block")...)
			s.Ports = fronts[i].ports()
			p := start(t, r, s)
			waitReady(t, p)
			got := p.Listeners()
			claims, bound := fronts[i].told()
			if len(got) != 1 || got[0].Asked != "[::]:"+port || !slices.Equal(bound, got) || !slices.Equal(claims, []string{"tcp [::]:" + port}) {
				t.Fatalf("%v: listeners %v, bound %v, claims %v", how, got, bound, claims)
			}
			actual[i] = got[0].Actual
			conn, err := net.Dial("tcp", actual[i])
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
		}
		if actual[0] == actual[1] {
			t.Errorf("both versions listen on %s", actual[0])
		}
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			t.Error("the public address is in use")
		}
	}
}

func TestAClaimThatIsRefusedFailsTheBind(t *testing.T) {
	f := front{refuse: syscall.EADDRINUSE}
	s := spec(t, nil, "listen", freeAddress(t), "block")
	s.Ports = f.ports()
	p := start(t, newRunner(t), s)
	wait(t, p.Exited(), "the end of the app")
	if len(p.Listeners()) != 0 || p.Exit().Code == 0 {
		t.Errorf("listeners %v, %v", p.Listeners(), p.Exit())
	}
}
