package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// serve serves f and returns how to connect.
func serve(t *testing.T, f *fake) func() net.Conn {
	t.Helper()
	return rpctest.Serve(t, server.NewWithBackend(f, server.Options{Version: "1.2.3", BuildID: "abc"}))
}

// refused checks that err is the daemon's refusal with code.
func refused(t *testing.T, err error, code int) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("answer %v, want error %d", err, code)
	}
}

func TestTheServerSaysWhatItIs(t *testing.T) {
	e := rpctest.Connect(t, serve(t, newFake())(), rpctest.Options{Root: "/ws"})
	s := e.Server()
	if s.ServerInfo != (protocol.Program{Name: "hotdev", Version: "1.2.3"}) {
		t.Errorf("serverInfo %+v", s.ServerInfo)
	}
	want := protocol.HotdevServer{Protocol: protocol.ProtocolVersion, BuildID: "abc", PID: os.Getpid(), Workspace: "/ws"}
	if got := s.Capabilities.Experimental.Hotdev; got != want {
		t.Errorf("experimental.hotdev %+v, want %+v", got, want)
	}
	if s.Capabilities.PositionEncoding != "utf-16" {
		t.Errorf("position encoding %q", s.Capabilities.PositionEncoding)
	}
	for _, name := range []string{"status", "reload", "start", "stop", "rollback", "why", "history", "routes", "logs", "diagnostics", "stdin"} {
		if !slices.Contains(s.Capabilities.ExecuteCommandProvider.Commands, "hotdev."+name) {
			t.Errorf("no command hotdev.%s", name)
		}
	}
}

func TestRequestsOutsideTheirPhaseAreRefused(t *testing.T) {
	e := rpctest.Attach(t, serve(t, newFake())(), rpctest.Options{Root: "/ws"})
	refused(t, e.Call(protocol.MethodStatus, nil, nil), wire.CodeNotInitialized)
	refused(t, e.Call("nonsense", nil, nil), wire.CodeNotInitialized)
	e.Initialize()
	refused(t, e.Call(protocol.MethodInitialize, protocol.InitializeParams{}, nil), wire.CodeInvalidRequest)
	refused(t, e.Call("nonsense", nil, nil), wire.CodeMethodNotFound)
	refused(t, e.Call("$/nonsense", nil, nil), wire.CodeMethodNotFound)
	refused(t, e.Call("hotdev/nonsense", nil, nil), wire.CodeMethodNotFound)
	refused(t, e.Call(protocol.MethodWhy, []int{1}, nil), wire.CodeInvalidParams)
	e.Notify("$/setTrace", map[string]string{"value": "off"})
	e.Notify("nonsense", nil)
	e.MustCall(protocol.MethodShutdownSession, nil, nil)
	refused(t, e.Call(protocol.MethodStatus, nil, nil), wire.CodeInvalidRequest)
	e.Notify(protocol.MethodExit, nil)
	e.ExpectEnd()
}

func TestOneClientsExitIsNotTheDaemons(t *testing.T) {
	dial := serve(t, newFake())
	first := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	second := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	first.Notify(protocol.MethodExit, nil)
	first.ExpectEnd()
	second.MustCall(protocol.MethodStatus, nil, nil)
}

func TestAClientThatHangsUpCancelsWhatItAskedFor(t *testing.T) {
	f := newFake()
	began, seen := make(chan struct{}), make(chan error, 1)
	f.reload = func(ctx context.Context) (session.Reload, error) {
		close(began)
		<-ctx.Done()
		seen <- ctx.Err()
		return session.Reload{}, ctx.Err()
	}
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	go func() {
		<-began
		e.Close()
	}()
	if err := e.Call(protocol.MethodReload, protocol.ReloadParams{Wait: true}, nil); err == nil {
		t.Error("the call succeeds")
	}
	if err := <-seen; !errors.Is(err, context.Canceled) {
		t.Errorf("the session's context ended with %v", err)
	}
}

func TestShutdownEndsTheDaemonAfterItsAnswer(t *testing.T) {
	ln, err := wire.ListenUnix(filepath.Join(rpctest.SocketDir(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := server.NewWithBackend(newFake(), server.Options{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), ln) }()
	dial := func() net.Conn {
		nc, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return nc
	}
	other := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	e := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	e.MustCall(protocol.MethodShutdown, nil, nil)
	if err := <-served; !errors.Is(err, server.ErrShutdown) {
		t.Errorf("Serve: %v, want ErrShutdown", err)
	}
	other.ExpectMessage("asked hotdev to end")
	other.ExpectEnd()
	if _, err := os.Stat(ln.Addr().String()); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestTheDaemonEndsWhenTheLastClientHasBeenGone(t *testing.T) {
	ln, err := wire.ListenUnix(filepath.Join(rpctest.SocketDir(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := server.NewWithBackend(newFake(), server.Options{IdleTimeout: time.Second})
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), ln) }()
	nc, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	e := rpctest.Connect(t, nc, rpctest.Options{Root: "/ws"})
	held := time.NewTimer(1500 * time.Millisecond) // longer than the idle time
	select {
	case err := <-served:
		t.Fatalf("Serve ended with a client connected: %v", err)
	case <-held.C:
	}
	e.Close()
	if err := <-served; !errors.Is(err, server.ErrIdle) {
		t.Errorf("Serve: %v, want ErrIdle", err)
	}
}

// serveTCP serves a fake on TCP and returns the listener and the token's file.
func serveTCP(t *testing.T, authTimeout time.Duration) (ln *wire.Listener, tokenFile string) {
	t.Helper()
	tokenFile = filepath.Join(t.TempDir(), "token")
	ln, err := wire.ListenTCP("127.0.0.1:0", tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	s := server.NewWithBackend(newFake(), server.Options{})
	s.SetAuthTimeout(authTimeout)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		<-served
	})
	return ln, tokenFile
}

func dialTCP(t *testing.T, ln *wire.Listener) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return nc
}

func TestTCPNeedsTheToken(t *testing.T) {
	ln, tokenFile := serveTCP(t, time.Hour)
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		t.Fatal(err)
	}
	rpctest.Connect(t, dialTCP(t, ln), rpctest.Options{Root: "/ws", Token: string(token)}).MustCall(protocol.MethodStatus, nil, nil)

	for name, send := range map[string]func(*rpctest.Editor) error{
		"no token": func(e *rpctest.Editor) error {
			return e.Call(protocol.MethodInitialize, protocol.InitializeParams{}, nil)
		},
		"no initialize": func(e *rpctest.Editor) error { return e.Call(protocol.MethodStatus, nil, nil) },
		"wrong token": func(e *rpctest.Editor) error {
			return e.Call(protocol.MethodInitialize, protocol.InitializeParams{
				InitializationOptions: json.RawMessage(`{"hotdev":{"token":"` + strings.ToLower(string(token)) + `"}}`),
			}, nil)
		},
		"options of another shape": func(e *rpctest.Editor) error {
			return e.Call(protocol.MethodInitialize, protocol.InitializeParams{InitializationOptions: json.RawMessage(`[1]`)}, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := rpctest.Attach(t, dialTCP(t, ln), rpctest.Options{Root: "/ws"})
			if err := send(e); err == nil {
				t.Error("the request succeeds")
			}
			e.ExpectMessage("token")
			e.ExpectEnd()
		})
	}
}

func TestTCPClientsMustNotDawdle(t *testing.T) {
	ln, _ := serveTCP(t, 100*time.Millisecond)
	e := rpctest.Attach(t, dialTCP(t, ln), rpctest.Options{Root: "/ws"})
	e.ExpectMessage("too long")
	e.ExpectEnd()
}
