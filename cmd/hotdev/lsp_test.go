//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
)

// TestLsp is an editor that opens a folder inside a workspace, through the real
// language server: the daemon is started for the workspace, shared with the
// command line, and outlives the editor. What is clicked in the browser is shown
// in the editor.
func TestLsp(t *testing.T) {
	t.Parallel()
	dir := unpack(t, "terminal.txtar")
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	env := testEnviron(t, filepath.Join(dir, ".home"))
	hotdevIn := func(dir string, args ...string) *exec.Cmd {
		cmd := exec.Command(hotdev, args...)
		cmd.Dir, cmd.Env = dir, env
		return cmd
	}
	ours, theirs := socketPair(t)
	lsp := hotdevIn(t.TempDir(), "lsp", "--idle-timeout", "1m")
	lsp.Stdin, lsp.Stdout, lsp.Stderr = theirs, theirs, os.Stderr
	if err := lsp.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	t.Cleanup(func() {
		_ = lsp.Process.Kill() // fails only if it has ended
		_ = lsp.Wait()
		_ = hotdevIn(dir, "stop", "--daemon").Run() // fails only if it has ended
	})

	shown := make(chan protocol.ShowDocumentParams, 1)
	editor := rpctest.Connect(t, ours, rpctest.Options{Root: folder, ShowDocument: func(p protocol.ShowDocumentParams) bool {
		shown <- p
		return true
	}})
	main := filepath.Join(dir, "main.go")
	editor.Open(main)
	editor.Replace(main, "os.Stdin", "os.Stdout1")
	editor.ExpectDiagnostics(main, rpctest.Finding{Line: 24, Message: "undefined: os.Stdout1"})
	editor.ExpectReloaded(protocol.OutcomeBuildFailed)
	editor.Replace(main, "os.Stdout1", "os.Stdin")
	editor.ExpectDiagnostics(main)
	if out, err := hotdevIn(dir, "start").CombinedOutput(); err != nil {
		t.Fatalf("start: %v\n%s", err, out)
	}
	address := editor.ExpectState(protocol.StateRunning).Running.Address
	editor.Expect(rpctest.Expectation{What: "the end of the start", Check: func(s *rpctest.State) rpctest.Verdict {
		if slices.ContainsFunc(s.Reloads, func(r protocol.Reload) bool { return r.Outcome == protocol.OutcomeSwapped }) {
			return rpctest.Met
		}
		return rpctest.Unmet
	}})

	editor.Replace(main, "os.Stdin", "os.Stdout1")
	editor.ExpectReloaded(protocol.OutcomeBuildFailed)
	var found protocol.DiagnosticsResult
	editor.MustCall(protocol.MethodDiagnostics, nil, &found)
	place, err := json.Marshal(found.Diagnostics[0])
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post("http://"+address+"/__hotdev/open", "application/json", bytes.NewReader(place))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("the front door answers %s", resp.Status)
	}
	if p := <-shown; p.URI != protocol.FileURI(main) || p.Selection == nil || p.Selection.Start.Line != 23 {
		t.Errorf("the editor shows %+v", p)
	}
	editor.Replace(main, "os.Stdout1", "os.Stdin")
	editor.ExpectReloaded(protocol.OutcomeUnchanged)

	editor.MustCall(protocol.MethodShutdownSession, nil, nil)
	editor.Notify(protocol.MethodExit, nil)
	if err := lsp.Wait(); err != nil {
		t.Errorf("lsp: %v", err)
	}
	if out, err := hotdevIn(folder, "status").CombinedOutput(); err != nil {
		t.Errorf("status after the editor has gone: %v\n%s", err, out)
	}
	if out, err := hotdevIn(dir, "stop", "--daemon").CombinedOutput(); err != nil {
		t.Errorf("stop: %v\n%s", err, out)
	}
}

// socketPair makes a connection and the file of its other end.
func socketPair(t *testing.T) (net.Conn, *os.File) {
	t.Helper()
	syscall.ForkLock.RLock() // no other process may get a copy
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "editor"), os.NewFile(uintptr(fds[1]), "lsp")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		t.Fatal(err)
	}
	return conn, theirs
}
