package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/wire"
)

// bridge runs a bridge and returns the editor's end of it, and the result.
func bridge(t *testing.T, w *world) (net.Conn, <-chan error) {
	t.Helper()
	ours, theirs := net.Pipe()
	o := w.options(true)
	o.Root = "/nonexistent" // initialize names the right one
	result := make(chan error, 1)
	go func() {
		result <- client.Bridge(context.Background(), theirs, theirs, o)
		theirs.Close()
	}()
	return ours, result
}

func edit(t *testing.T, w *world) (*rpctest.Editor, <-chan error) {
	t.Helper()
	nc, result := bridge(t, w)
	e := rpctest.Attach(t, nc, rpctest.Options{Root: w.Root})
	root := protocol.FileURI(w.Root)
	e.MustCall(protocol.MethodInitialize, protocol.InitializeParams{RootURI: &root}, nil)
	e.Notify(protocol.MethodInitialized, struct{}{})
	return e, result
}

func TestTheBridgePassesMessages(t *testing.T) {
	w := newWorld(t, script{})
	e, result := edit(t, w)
	var got []string
	e.MustCall("test/echo", []string{"a & ü"}, &got)
	if len(got) != 1 || got[0] != "a & ü" {
		t.Errorf("echo %q", got)
	}
	e.Notify(protocol.MethodExit, nil)
	if err := <-result; err != nil {
		t.Errorf("Bridge: %v", err)
	}
}

func TestTheBridgeEndsWithTheEditor(t *testing.T) {
	w := newWorld(t, script{})
	nc, result := bridge(t, w)
	nc.Close()
	if err := <-result; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Bridge: %v", err)
	}
	if n := w.daemons(); n != 0 {
		t.Errorf("%d daemons were started for an editor that said nothing", n)
	}
}

func TestTheBridgeOutlivesItsDaemon(t *testing.T) {
	w := newWorld(t, script{})
	e, _ := edit(t, w)
	for _, name := range []string{"a.go", "b.go"} {
		path := w.Root + "/" + name
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		e.Open(path)
	}
	e.Notify(protocol.MethodDidClose, protocol.DidCloseParams{TextDocument: protocol.TextDocument{URI: protocol.FileURI(w.Root + "/a.go")}})
	e.Type(w.Root+"/b.go", "typed")
	e.Type(w.Root+"/b.go", "typed on")
	e.Save(w.Root+"/b.go", "")
	e.ExpectDiagnostics("/broken.go", rpctest.Finding{Line: 1, Message: "broken"})

	hanging := make(chan error, 1)
	go func() { hanging <- e.Call("test/hang", nil, nil) }()
	e.ExpectMessage("^hanging$")
	if err := e.Call("test/die", nil, nil); err == nil || !strings.Contains(err.Error(), "the hotdev daemon has ended") {
		t.Errorf("the request that killed the daemon: %v", err)
	}
	if err := <-hanging; err == nil {
		t.Error("a request of the dead daemon is answered")
	}
	e.ExpectMessage("starting it again")
	e.ExpectDiagnostics("/broken.go") // the new daemon knows nothing of it
	e.Expect(rpctest.Expectation{What: "the end of the progress", Check: func(s *rpctest.State) rpctest.Verdict {
		if n := len(s.Progress); n > 0 && s.Progress[n-1].Value.Kind == "end" {
			return rpctest.Met
		}
		return rpctest.Unmet
	}})
	var open []string
	e.MustCall("test/open", nil, &open)
	if want := []string{protocol.FileURI(w.Root + "/b.go"), "typed on"}; !slices.Equal(open, want) {
		t.Errorf("the new daemon knows the open documents and changes %q, want %q", open, want)
	}
	if n := w.daemons(); n != 2 {
		t.Errorf("%d daemons were started", n)
	}
}

func TestADaemonThatCanNotLiveIsNotStartedWithoutEnd(t *testing.T) {
	w := newWorld(t, script{Mortal: true})
	e, _ := edit(t, w)
	e.ExpectMessage("starting it again")
	e.ExpectMessage("ended again")
	if n := w.daemons(); n != 2 {
		t.Errorf("%d daemons were started", n)
	}
	_ = e.Call("test/echo", nil, nil) // an act of the editor allows another, or two
	if n := w.daemons(); n < 3 || n > 4 {
		t.Errorf("%d daemons were started", n)
	}
}

func TestTheBridgeTellsWhyThereIsNoDaemon(t *testing.T) {
	w := newWorld(t, script{Fail: "no room on the disk"})
	nc, _ := bridge(t, w)
	e := rpctest.Attach(t, nc, rpctest.Options{Root: w.Root})
	root := protocol.FileURI(w.Root)
	if err := e.Call("early", nil, nil); err == nil || !strings.Contains(err.Error(), "initialize") {
		t.Errorf("a request before initialize: %v", err)
	}
	if err := e.Call(protocol.MethodInitialize, protocol.InitializeParams{RootURI: &root}, nil); err == nil || !strings.Contains(err.Error(), "no room on the disk") {
		t.Errorf("initialize: %v", err)
	}
	e.ExpectMessage("no room on the disk")
}

func TestTheBridgeTellsOfAnotherBuild(t *testing.T) {
	w := newWorld(t, script{BuildID: "theirs"})
	e, _ := edit(t, w)
	e.ExpectMessage("this workspace is served by hotdev 9.9")
}

func TestTheWorkspaceIsFoundInInitialize(t *testing.T) {
	for name, params := range map[string]string{
		"workspaceFolders": `{"workspaceFolders":[{"uri":%q,"name":"x"},{"uri":"file:///other","name":"y"}],"rootUri":"file:///other"}`,
		"rootUri":          `{"workspaceFolders":null,"rootUri":%q,"rootPath":"/other"}`,
		"rootPath":         `{"rootUri":null,"rootPath":%q}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, script{})
			nc, _ := bridge(t, w)
			e := rpctest.Attach(t, nc, rpctest.Options{})
			root := protocol.FileURI(w.Root)
			if name == "rootPath" {
				root = w.Root
			}
			var r protocol.InitializeResult
			e.MustCall(protocol.MethodInitialize, json.RawMessage(strings.Replace(params, "%q", `"`+root+`"`, 1)), &r)
			if got := r.Capabilities.Experimental.Hotdev.Workspace; got != w.Root {
				t.Errorf("workspace %s, want %s", got, w.Root)
			}
		})
	}
}

// TestADaemonThatIsEndingIsLookedPast has a daemon whose connections are closed
// before its socket, as the system does it at times: who connects again at once
// meets it once more.
func TestADaemonThatIsEndingIsLookedPast(t *testing.T) {
	w := newWorld(t, script{})
	place, err := wire.NewWorkspace(w.Root, w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", place.SocketPath("ours"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		nc, err := ln.Accept()
		if err == nil {
			frames := wire.NewFrameReader(nc, 0)
			if _, err = frames.Read(); err == nil { // initialize
				_, err = nc.Write(wire.AppendFrame(nil, []byte(`{"jsonrpc":"2.0","id":1,"result":{"capabilities":{}}}`)))
			}
			if err == nil {
				_, err = frames.Read() // initialized: the editor does nothing more
			}
			nc.Close()
		}
		if err == nil {
			nc, err = ln.Accept() // the bridge, which connects again
		}
		if err == nil {
			err = ln.Close()
			nc.Close()
		}
		ended <- err
	}()
	e, _ := edit(t, w)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	e.ExpectMessage("starting it again")
	<-w.born
	var got []string
	e.MustCall("test/echo", []string{"still here"}, &got)
	if len(got) != 1 || got[0] != "still here" {
		t.Errorf("the answer is %q", got)
	}
	if n := w.daemons(); n != 0 {
		t.Errorf("%d more daemons were started", n)
	}
}
