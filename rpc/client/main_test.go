package client_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/wire"
)

// TestMain makes the test binary a daemon when its first argument says so: a
// real process with the real sockets and handshake, and scripted answers.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "test-daemon" {
		os.Exit(daemon(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// script is what a test wants of its daemons.
type script struct {
	Root, Dir string
	Life      string // a socket: the daemon ends when its connection to it does
	BuildID   string
	Protocol  int    // 0: the current one
	Fail      string // end at once with this on standard error
	Silent    bool   // never get ready
	Mortal    bool   // end at each initialized
}

// daemon is the scripted daemon.
func daemon(args []string) int {
	var s script
	if err := json.Unmarshal([]byte(args[0]), &s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if s.Fail != "" {
		fmt.Fprintln(os.Stderr, s.Fail)
		return 3
	}
	life, err := net.Dial("unix", s.Life)
	if err == nil {
		_, err = life.Read(make([]byte, 1)) // it is counted
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	go func() {
		_, _ = io.Copy(io.Discard, life)
		os.Exit(0)
	}()
	if s.Silent {
		select {}
	}
	w, err := wire.NewWorkspace(s.Root, s.Dir)
	if err == nil {
		var claim *wire.Claim
		if claim, err = w.Claim(); err == nil {
			var ln *wire.Listener
			if ln, err = claim.Listen(s.BuildID); err == nil {
				if err = client.ReportReady(os.Stdout, ln.Addr().String()); err == nil {
					err = s.serve(ln)
				}
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func (s script) serve(ln net.Listener) error {
	for {
		nc, err := ln.Accept()
		if err != nil {
			return err
		}
		p := &scripted{script: s}
		p.conn = wire.NewConn(nc, p, wire.Options{Inline: func(string) bool { return false }})
		go func() { _ = p.conn.Run(context.Background()) }()
	}
}

// scripted is one connection of the daemon.
type scripted struct {
	script
	conn *wire.Conn

	mu   sync.Mutex
	open []string
}

func (p *scripted) Call(ctx context.Context, method string, params []byte) (any, error) {
	switch method {
	case protocol.MethodInitialize:
		version := p.Protocol
		if version == 0 {
			version = protocol.ProtocolVersion
		}
		return protocol.InitializeResult{
			ServerInfo: protocol.Program{Name: "hotdev", Version: "9.9"},
			Capabilities: protocol.ServerCapabilities{Experimental: protocol.ServerExperimental{Hotdev: protocol.HotdevServer{
				Protocol: version, BuildID: p.BuildID, PID: os.Getpid(), Workspace: p.Root,
			}}},
		}, nil
	case protocol.MethodSubscribe:
		return wire.Then{Result: protocol.SubscribeResult{Status: protocol.Status{Rev: 1}}, Do: func() {
			_ = p.conn.Notify(protocol.MethodStatus, protocol.Status{Rev: 2})
			_ = p.conn.Notify(protocol.MethodLog, protocol.LogParams{Entries: []protocol.LogEntry{{Seq: 1, Text: "a"}}})
			_ = p.conn.Notify(protocol.MethodReloaded, protocol.Reload{Rev: 3})
		}}, nil
	case "test/flood":
		for range 20_000 {
			if err := p.conn.Notify(protocol.MethodStatus, protocol.Status{Rev: 2}); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case "test/hang":
		_ = p.conn.Notify(protocol.MethodShowMessage, protocol.MessageParams{Type: protocol.MessageInfo, Message: "hanging"})
		<-ctx.Done()
		return nil, ctx.Err()
	case "test/open":
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.open, nil
	case "test/echo":
		return json.RawMessage(params), nil
	case "test/die", protocol.MethodShutdown:
		os.Exit(1)
	}
	return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
}

func (p *scripted) Notify(_ context.Context, method string, params []byte) {
	switch method {
	case protocol.MethodInitialized:
		if p.Mortal {
			os.Exit(1)
		}
	case protocol.MethodDidOpen:
		var d protocol.DidOpenParams
		_ = wire.Unmarshal(params, &d)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open = append(p.open, d.TextDocument.URI)
	case protocol.MethodDidChange:
		var d protocol.DidChangeParams
		_ = wire.Unmarshal(params, &d)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open = append(p.open, d.ContentChanges[0].Text)
	case protocol.MethodDidSave:
		_ = p.conn.Notify(protocol.MethodPublishDiagnostics, protocol.PublishDiagnosticsParams{
			URI: "file:///broken.go", Diagnostics: []protocol.LSPDiagnostic{{Source: "hotdev", Message: "broken"}},
		})
		_ = p.conn.Notify(protocol.MethodProgress, protocol.ProgressParams{Token: "t", Value: protocol.ProgressValue{Kind: "begin", Title: "hotdev"}})
	}
}

// world is a workspace with its own place for sockets. Daemons that are started
// in it end with the test.
type world struct {
	t *testing.T
	script
	born chan struct{} // gets a value for each daemon
}

func newWorld(t *testing.T, s script) *world {
	t.Helper()
	dir := rpctest.SocketDir(t)
	s.Root, s.Dir, s.Life = t.TempDir(), dir, dir+"/life"
	if s.BuildID == "" {
		s.BuildID = "ours"
	}
	ln, err := net.Listen("unix", s.Life)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, script: s, born: make(chan struct{}, 100)}
	var accepting sync.WaitGroup
	var lives []net.Conn
	accepting.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				return
			}
			lives = append(lives, nc)
			w.born <- struct{}{}
			_, _ = nc.Write([]byte{0}) // fails if it has ended already
		}
	})
	t.Cleanup(func() {
		ln.Close()
		accepting.Wait()
		for _, nc := range lives {
			_ = nc.(*net.UnixConn).CloseWrite()
			_, _ = bufio.NewReader(nc).ReadByte() // the daemon is gone
			nc.Close()
		}
	})
	return w
}

// options are those of a client of this world.
func (w *world) options(start bool) client.Options {
	encoded, err := json.Marshal(w.script)
	if err != nil {
		w.t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	return client.Options{
		Root: w.Root, Version: "1.0", BuildID: "ours",
		Start: start, Exe: exe, Args: []string{"test-daemon", string(encoded)},
		LogDir: w.Dir, Dir: w.Dir,
	}
}

// daemons is how many daemons were started so far.
func (w *world) daemons() int { return len(w.born) }
