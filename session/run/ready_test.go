//go:build unix

package run_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// freeAddress returns an address on this machine that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// stillOpen fails if c is closed. It can't see what comes later: call it when
// the app has shown that it got to where it waits.
func stillOpen(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
		t.Fatal(what)
	default:
	}
}

func TestReadyWhenConfiguredAddressAcceptsConnections(t *testing.T) {
	for _, mode := range []target.ReadyMode{"", target.ReadyAuto, target.ReadyTCP, target.ReadyHTTP} {
		t.Run(string(mode), func(t *testing.T) {
			addr := freeAddress(t)
			in, feed := io.Pipe()
			defer feed.Close()
			out := newLines()
			s := spec(t, out, "print", "up", "read-line", "listen", addr, "block")
			s.Stdin = in
			s.Ready = target.Readiness{Mode: mode, Address: addr, Path: "/healthz"}
			p := start(t, newRunner(t), s)
			out.next(t, "up")
			stillOpen(t, p.Ready(), "ready before it listens")
			if got := p.Listeners(); len(got) > 0 {
				t.Errorf("listeners before ready: %v", got)
			}
			fmt.Fprintln(feed)
			waitReady(t, p)
			if got, want := p.Listeners(), (target.Listener{Asked: addr, Actual: addr}); len(got) != 1 || got[0] != want {
				t.Errorf("listeners = %v, want %v", got, want)
			}
		})
	}
}

func TestReadyHTTPWaitsForAnAnswerBelow500(t *testing.T) {
	addr := freeAddress(t)
	in, feed := io.Pipe()
	defer feed.Close()
	out := newLines()
	s := spec(t, out, "listen-unready", addr, "print", "answering", "block")
	s.Stdin = in
	s.Ready = target.Readiness{Mode: target.ReadyHTTP, Address: addr, Path: "/healthz"}
	p := start(t, newRunner(t), s)
	out.next(t, "listening")
	stillOpen(t, p.Ready(), "ready while it answers 503")
	fmt.Fprintln(feed)
	out.next(t, "answering")
	waitReady(t, p)
}

func TestNotReadyInTime(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(busy.Close)
	for _, tt := range []struct {
		name  string
		ready target.Readiness
		want  string
	}{
		{"not listening", target.Readiness{Mode: target.ReadyTCP}, "does not listen on any TCP port"},
		{"refusing", target.Readiness{Mode: target.ReadyTCP, Address: freeAddress(t)}, "connection refused"},
		{"unavailable", target.Readiness{Mode: target.ReadyHTTP, Address: busy.Listener.Addr().String(), Path: "/healthz"}, "/healthz: status 503"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := spec(t, nil, "block")
			s.Ready = tt.ready
			s.Ready.Timeout = 2 * time.Second
			p := start(t, newRunner(t), s)
			select {
			case err := <-p.NotReady():
				if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "within 2s") {
					t.Errorf("error = %v, want one with %q", err, tt.want)
				}
			case <-p.Ready():
				t.Fatal("ready")
			case <-p.Exited():
				t.Fatal("exited")
			}
			stillOpen(t, p.Exited(), "an app that is not ready in time must live on")
		})
	}
}

func TestWorkerThatNeverListensBecomesReady(t *testing.T) {
	s := spec(t, nil, "block")
	s.Ready.Timeout = 50 * time.Millisecond
	p := start(t, newRunner(t), s)
	waitReady(t, p)
	if got := p.Listeners(); len(got) > 0 {
		t.Errorf("listeners = %v, want none", got)
	}
}
