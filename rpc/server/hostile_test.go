package server_test

import (
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// TestOthersAreNotDisturbed lets peers do their worst while an editor works.
func TestOthersAreNotDisturbed(t *testing.T) {
	initialize := frame(t, protocol.MethodInitialize, 1, protocol.InitializeParams{Capabilities: protocol.ClientCapabilities{Experimental: json.RawMessage(`{"hotdev":true}`)}}) +
		frame(t, protocol.MethodInitialized, 0, struct{}{})
	for name, send := range map[string]string{
		"nothing":           "",
		"malformed header":  "nonsense\r\n\r\n",
		"malformed JSON":    "Content-Length: 3\r\n\r\n{{{",
		"half a message":    "Content-Length: 100\r\n\r\n{",
		"a huge message":    "Content-Length: 1000000000\r\n\r\n{",
		"a browser":         "POST /?x HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"unknown methods":   initialize + strings.Repeat(frame(t, "nonsense", 7, nil), 100),
		"never reads":       initialize,
		"many requests":     initialize + strings.Repeat(frame(t, protocol.MethodHistory, 7, nil), 2000),
		"requests, unready": strings.Repeat(frame(t, protocol.MethodHistory, 7, nil), 2000),
	} {
		for _, end := range []string{"stays", "half-closes", "leaves"} {
			t.Run(name+", "+end, func(t *testing.T) {
				f := newFake()
				dial := serve(t, f)
				bad := dial().(*net.UnixConn)
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					_, _ = io.WriteString(bad, send) // it may be cut meanwhile
					switch end {
					case "half-closes":
						_ = bad.CloseWrite()
					case "leaves":
						_ = bad.Close()
					}
				}()
				good := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
				text := strings.Repeat("x", 8<<10)
				for range 60 {
					f.print(text)
				}
				f.tell(session.StatusChanged{Status: session.Status{State: session.Running}})
				settle(f, good, "done")
				good.ExpectState(protocol.StateRunning)
				good.MustCall(protocol.MethodStatus, nil, nil)
				_ = bad.Close()
				<-sent
			})
		}
	}
}

// frame is a framed message; id 0 makes a notification.
func frame(t *testing.T, method string, id int, params any) string {
	t.Helper()
	m := map[string]any{"jsonrpc": "2.0", "method": method}
	if id != 0 {
		m["id"] = id
	}
	if params != nil {
		m["params"] = params
	}
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(wire.AppendFrame(nil, body))
}

// TestAnAppThatPrintsWithoutEndCutsNobodyOff holds a client that reads slowly
// to: it gets the newest entries, and is told how many it missed.
func TestAnAppThatPrintsWithoutEndCutsNobodyOff(t *testing.T) {
	f := newFake()
	dial := serve(t, f)
	slow := dial()
	defer slow.Close()
	out := frame(t, protocol.MethodInitialize, 1, protocol.InitializeParams{Capabilities: protocol.ClientCapabilities{Experimental: json.RawMessage(`{"hotdev":true}`)}}) +
		frame(t, protocol.MethodInitialized, 0, struct{}{}) + frame(t, protocol.MethodStatus, 2, nil)
	if _, err := io.WriteString(slow, out); err != nil {
		t.Fatal(err)
	}
	in := wire.NewFrameReader(slow, 0)
	awaitAnswer(t, in, 2)

	other := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	text := strings.Repeat("x", 64<<10)
	const entries = 1000 // 64 MiB, four times the outbox
	for range entries {
		f.print(text)
	}
	settle(f, other, "done")

	var got, missed uint64
	for got+missed < entries+1 {
		body, err := in.Read()
		if err != nil {
			t.Fatalf("the slow client was cut off after %d entries: %v", got, err)
		}
		var m struct {
			Method string
			Params protocol.LogParams
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if m.Method == protocol.MethodLog {
			got += uint64(len(m.Params.Entries))
			missed += m.Params.Missed
			if first := m.Params.Entries[0].Seq; first != got+missed-uint64(len(m.Params.Entries))+1 {
				t.Fatalf("the batch begins with %d, but %d entries and %d missed ones were before it", first, got, missed)
			}
		}
	}
	if missed == 0 {
		t.Error("the client missed nothing: this test tests nothing")
	}
}

// TestAClientThatStopsReadingIsCutOff floods two clients with what can't be
// dropped: the one that reads gets everything, the other one is cut off.
func TestAClientThatStopsReadingIsCutOff(t *testing.T) {
	f := newFake()
	dial := serve(t, f)
	stuck := dial()
	defer stuck.Close()
	hello := frame(t, protocol.MethodInitialize, 1, protocol.InitializeParams{Capabilities: protocol.ClientCapabilities{Experimental: json.RawMessage(`{"hotdev":true}`)}}) +
		frame(t, protocol.MethodInitialized, 0, struct{}{}) + frame(t, protocol.MethodStatus, 2, nil)
	if _, err := io.WriteString(stuck, hello); err != nil {
		t.Fatal(err)
	}
	in := wire.NewFrameReader(stuck, 0)
	awaitAnswer(t, in, 2)

	good := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	const changes = 100
	for rev := range changes { // 25 MiB for each client
		f.tell(session.StatusChanged{Status: session.Status{State: session.Building, Rev: rev + 1, Message: strings.Repeat("x", 256<<10)}})
		good.Expect(rpctest.Expectation{What: "the change", Check: func(s *rpctest.State) rpctest.Verdict {
			if n := len(s.Status); n > 0 && s.Status[n-1].Rev == rev+1 {
				return rpctest.Met
			}
			return rpctest.Unmet
		}})
	}
	got := 0
	for {
		if _, err := in.Read(); err != nil {
			break // it is gone; wire's tests are about the last word
		}
		got++
	}
	if got >= changes {
		t.Errorf("the stuck client got all %d changes", got)
	}
}

// awaitAnswer reads until the answer to request id.
func awaitAnswer(t *testing.T, in *wire.FrameReader, id int) {
	t.Helper()
	for {
		body, err := in.Read()
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			ID     int
			Method string
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if m.ID == id && m.Method == "" {
			return
		}
	}
}
