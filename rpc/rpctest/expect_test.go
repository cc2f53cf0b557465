package rpctest_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/wire"
)

// witness is a testing.TB that keeps the failure of what it watches.
type witness struct {
	testing.TB
	failure string
}

func (w *witness) Helper() {}

func (w *witness) Fatalf(format string, args ...any) {
	w.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// silent is a daemon that answers nothing.
type silent struct{}

func (silent) Call(context.Context, string, []byte) (any, error) { return nil, nil }
func (silent) Notify(context.Context, string, []byte)            {}

// TestWrongAnswersFailAtOnce lets a daemon tell something else than what is
// expected: the expectation must fail without waiting for its backstop, and say
// what came instead.
func TestWrongAnswersFailAtOnce(t *testing.T) {
	failed := protocol.Reload{Outcome: protocol.OutcomeBuildFailed, Reason: "a.go was saved"}
	for name, c := range map[string]struct {
		tell   func(*wire.Conn) error
		expect func(*rpctest.Editor)
		want   string
	}{
		"another outcome": {
			func(c *wire.Conn) error { return c.Notify(protocol.MethodReloaded, failed) },
			func(e *rpctest.Editor) { e.ExpectReloaded(protocol.OutcomeSwapped) },
			"buildFailed: a.go was saved",
		},
		"other diagnostics": {
			func(c *wire.Conn) error { return c.Notify(protocol.MethodReloaded, failed) },
			func(e *rpctest.Editor) { e.ExpectDiagnostics("/a.go", rpctest.Finding{Line: 1, Message: "undefined"}) },
			"can't be met any more",
		},
		"a crash": {
			func(c *wire.Conn) error {
				return c.Notify(protocol.MethodStatus, protocol.Status{State: protocol.StateCrashed})
			},
			func(e *rpctest.Editor) { e.ExpectState(protocol.StateRunning) },
			"status crashed",
		},
		"the connection's end": {
			func(c *wire.Conn) error { c.Close(); return nil },
			func(e *rpctest.Editor) { e.ExpectLog("x") },
			"at the connection's end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := net.Pipe()
			daemon := wire.NewConn(a, silent{}, wire.Options{})
			go func() { _ = daemon.Run(context.Background()) }()
			w := &witness{TB: t}
			e := rpctest.Attach(w, b, rpctest.Options{})
			done := make(chan struct{})
			go func() { // Fatalf ends it
				defer close(done)
				c.expect(e)
			}()
			if err := c.tell(daemon); err != nil {
				t.Fatal(err)
			}
			<-done
			if !strings.Contains(w.failure, c.want) {
				t.Errorf("failure %q, want %q in it", w.failure, c.want)
			}
			e.Close()
			<-daemon.Done()
		})
	}
}
