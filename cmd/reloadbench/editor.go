package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// editedHotdev is hotdev with an editor that is joined to it by hotdev lsp. A
// goroutine runs the connection; stop waits for it.
type editedHotdev struct {
	driver
	bridge *exec.Cmd
	conn   *wire.Conn
	ended  chan struct{} // closed when the goroutine has ended
	shown  chan protocol.PublishDiagnosticsParams

	versions map[string]int // of the documents that are open, by URI
	typing   string         // URI of the one that was changed last
}

func editHotdev(ctx context.Context, a *app, env []string, bin string) (*editedHotdev, error) {
	w, err := watching(ctx, a.dir, env, bin, "run")
	if err != nil {
		return nil, err
	}
	if err := awaitDaemon(ctx, a.dir, bin); err != nil {
		return nil, err
	}
	bridge, ends, err := startBridge(ctx, a.dir, env, bin, "lsp")
	if err != nil {
		return nil, err
	}
	h := &editedHotdev{
		driver:   w,
		bridge:   bridge,
		ended:    make(chan struct{}),
		shown:    make(chan protocol.PublishDiagnosticsParams, 1000),
		versions: map[string]int{},
	}
	h.conn = wire.NewConn(ends, h, wire.Options{})
	go func() {
		defer close(h.ended)
		_ = h.conn.Run(ctx) // a call or a wait tells
	}()
	pid, root := os.Getpid(), protocol.FileURI(a.dir)
	params := protocol.InitializeParams{ProcessID: &pid, ClientInfo: &protocol.Program{Name: "reloadbench"}, RootURI: &root}
	if err := h.conn.Call(ctx, protocol.MethodInitialize, params, &protocol.InitializeResult{}); err != nil {
		h.stop()
		return nil, err
	}
	return h, h.conn.Notify(protocol.MethodInitialized, struct{}{})
}

// awaitDaemon waits until hotdev serves dir. A bridge that comes earlier would
// start one of its own.
func awaitDaemon(ctx context.Context, dir, bin string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, giveUp, fmt.Errorf("hotdev did not serve %s within %v", dir, giveUp))
	defer cancel()
	tick := time.NewTicker(quietTime)
	defer tick.Stop()
	for {
		if _, err := command(ctx, dir, bin, "status"); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// startBridge starts a command of hotdev's that joins a client to the daemon of
// dir by its standard input and output.
func startBridge(ctx context.Context, dir string, env []string, bin, command string) (bridge *exec.Cmd, ends pipes, err error) {
	bridge = exec.CommandContext(ctx, bin, command)
	bridge.Dir, bridge.Env = dir, env
	if ends.WriteCloser, err = bridge.StdinPipe(); err != nil {
		return nil, pipes{}, err
	}
	if ends.ReadCloser, err = bridge.StdoutPipe(); err != nil {
		return nil, pipes{}, err
	}
	return bridge, ends, bridge.Start()
}

// pipes are both ends of a process's standard input and output.
type pipes struct {
	io.ReadCloser
	io.WriteCloser
}

func (p pipes) Close() error {
	_ = p.WriteCloser.Close()
	return p.ReadCloser.Close()
}

// Call refuses all requests of the daemon: this editor offers nothing.
func (h *editedHotdev) Call(_ context.Context, method string, _ []byte) (any, error) {
	return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
}

// Notify takes diagnostics; those that nobody waits for are dropped in the end.
func (h *editedHotdev) Notify(_ context.Context, method string, params []byte) {
	var p protocol.PublishDiagnosticsParams
	if method == protocol.MethodPublishDiagnostics && json.Unmarshal(params, &p) == nil {
		select {
		case h.shown <- p:
		default:
		}
	}
}

// findings waits until the editor shows some for a file, or shows none.
func (h *editedHotdev) findings(ctx context.Context, file string, some bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, giveUp, fmt.Errorf("what the editor shows of %s did not change within %v", file, giveUp))
	defer cancel()
	for {
		select {
		case p := <-h.shown:
			if p.URI == protocol.FileURI(file) && (len(p.Diagnostics) > 0) == some {
				return nil
			}
		case <-h.ended:
			return fmt.Errorf("hotdev lsp has ended: %w", h.conn.Err())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (h *editedHotdev) cpu() time.Duration { return h.driver.cpu() + treeCPU(h.bridge.Process.Pid) }

func (h *editedHotdev) stop() {
	h.conn.Close()
	<-h.ended
	_ = h.bridge.Wait()
	h.driver.stop()
}
