package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-dap"
)

// debugClient speaks DAP, no more than it takes to have breakpoints.
type debugClient struct {
	in  *bufio.Reader
	out io.Writer
	seq int
}

// debugMessage is any DAP message.
type debugMessage struct {
	Seq        int             `json:"seq"`
	Type       string          `json:"type"`
	Command    string          `json:"command,omitempty"`
	Event      string          `json:"event,omitempty"`
	RequestSeq int             `json:"request_seq,omitempty"`
	Success    bool            `json:"success,omitempty"`
	Message    string          `json:"message,omitempty"`
	Arguments  any             `json:"arguments,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
}

func (c *debugClient) send(command string, arguments any) (seq int, err error) {
	c.seq++
	data, err := json.Marshal(debugMessage{Seq: c.seq, Type: "request", Command: command, Arguments: arguments})
	if err == nil {
		err = dap.WriteBaseMessage(c.out, data)
	}
	return c.seq, err
}

// next reads a message.
func (c *debugClient) next() (m debugMessage, err error) {
	data, err := dap.ReadBaseMessage(c.in)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, fmt.Errorf("the debug adapter: %w", err)
	}
	return m, nil
}

// until reads up to the message that is wanted; a request that is refused is an
// error.
func (c *debugClient) until(wanted func(debugMessage) bool) error {
	for {
		m, err := c.next()
		switch {
		case err != nil:
			return err
		case m.Type == "response" && !m.Success:
			return fmt.Errorf("%s: %s", m.Command, m.Message)
		case wanted(m):
			return nil
		}
	}
}

func answers(seq int) func(debugMessage) bool {
	return func(m debugMessage) bool { return m.Type == "response" && m.RequestSeq == seq }
}

// attach attaches, sets breakpoints and lets the app run.
func (c *debugClient) attach(breakpoints ...dap.SetBreakpointsArguments) error {
	seq, err := c.send("initialize", dap.InitializeRequestArguments{AdapterID: "go", LinesStartAt1: true, ColumnsStartAt1: true, PathFormat: "path"})
	if err == nil {
		err = c.until(answers(seq))
	}
	if err == nil {
		_, err = c.send("attach", map[string]string{"request": "attach", "mode": "remote"})
	}
	if err == nil {
		err = c.until(func(m debugMessage) bool { return m.Event == "initialized" })
	}
	for _, b := range breakpoints {
		if err == nil {
			seq, err = c.send("setBreakpoints", b)
		}
		if err == nil {
			err = c.until(answers(seq))
		}
	}
	if err == nil {
		seq, err = c.send("configurationDone", nil)
	}
	if err == nil {
		err = c.until(answers(seq))
	}
	return err
}

// breakpointAt returns a breakpoint at the first line of file that has text; one
// with a message only says that.
func breakpointAt(file, text, message string) (b dap.SetBreakpointsArguments, err error) {
	line, err := lineOf(file, text)
	b.Source.Path = file
	b.Breakpoints = []dap.SourceBreakpoint{{Line: line, LogMessage: message}}
	return b, err
}

// lineOf returns the number of the first line of file that has text.
func lineOf(file, text string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	before, _, found := strings.Cut(string(data), text)
	if !found {
		return 0, fmt.Errorf("%s has no %q", file, text)
	}
	return strings.Count(before, "\n") + 1, nil
}

// delve builds and starts by hand under dlv, with a client that sets the
// breakpoint anew: the floor of a reload with a debugger. The app in floor is
// Delve.
type delve struct {
	floor
	dlv, file string
	client    *debugClient
	ended     chan struct{} // closed at the end of the client's connection
}

func (d *delve) saved(ctx context.Context) error {
	socket := filepath.Join(d.dir, "dlv.sock")
	if err := d.build(ctx, "-gcflags=all=-N -l"); err != nil {
		return err
	}
	b, err := breakpointAt(d.file, armed, "")
	if err != nil {
		return err
	}
	d.stop()
	if err := os.RemoveAll(socket); err != nil {
		return err
	}
	d.app = exec.Command(d.dlv, "exec", "--headless", "--accept-multiclient", "--api-version=2", "--listen=unix:"+socket, d.bin())
	d.app.Dir, d.app.Env = d.dir, d.env
	if err := d.app.Start(); err != nil {
		return err
	}
	var conn net.Conn
	for tick := time.NewTicker(askEvery); ; {
		if conn, err = net.Dial("unix", socket); err == nil {
			tick.Stop()
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	d.client, d.ended = &debugClient{in: bufio.NewReader(conn), out: conn}, make(chan struct{})
	if err := d.client.attach(b); err != nil {
		return err
	}
	go func(c *debugClient, ended chan struct{}) {
		defer close(ended)
		_, _ = io.Copy(io.Discard, c.in)
		conn.Close()
	}(d.client, d.ended)
	return nil
}

func (d *delve) stop() {
	if d.app == nil {
		return
	}
	if _, err := d.client.send("disconnect", dap.DisconnectArguments{TerminateDebuggee: true}); err == nil {
		<-d.ended
	}
	_ = d.app.Process.Kill()
	d.floor.stop()
}

// debuggedHotdev is hotdev with a DAP client that has breakpoints. A goroutine
// reads what the client is told, and ends with the bridge.
type debuggedHotdev struct {
	driver
	bridge  *exec.Cmd
	stopped chan struct{} // gets a token for each stop at a breakpoint, if there is room
	logged  atomic.Int64  // lines of output of log points
}

func debugHotdev(ctx context.Context, a *app, env []string, bin string) (driver, error) {
	w, err := watching(ctx, a.dir, env, bin, "run")
	if err != nil {
		return nil, err
	}
	if err := awaitDaemon(ctx, a.dir, bin); err != nil {
		return nil, err
	}
	b, err := breakpointAt(a.armed, armed, "")
	if err != nil {
		return nil, err
	}
	return debugging(ctx, a.dir, env, bin, w, b)
}

// debugging attaches a client to the hotdev that is at work in dir.
func debugging(ctx context.Context, dir string, env []string, bin string, w driver, breakpoints ...dap.SetBreakpointsArguments) (*debuggedHotdev, error) {
	bridge, ends, err := startBridge(ctx, dir, env, bin, "dap")
	if err != nil {
		return nil, err
	}
	d := &debuggedHotdev{driver: w, bridge: bridge, stopped: make(chan struct{}, 1)}
	c := &debugClient{in: bufio.NewReader(ends), out: ends}
	if err := c.attach(breakpoints...); err != nil {
		return nil, err
	}
	go d.letRun(c)
	return d, nil
}

// letRun continues the app whenever it stops. What a reload has overtaken is
// refused.
func (d *debuggedHotdev) letRun(c *debugClient) {
	for {
		m, err := c.next()
		if err != nil {
			return
		}
		switch m.Event {
		case "output":
			d.logged.Add(1)
		case "stopped":
			select {
			case d.stopped <- struct{}{}:
			default: // the one before was not looked at yet
			}
			_, _ = c.send("continue", dap.ContinueArguments{ThreadId: 1}) // if it fails, so does the next read
		}
	}
}

func (d *debuggedHotdev) cpu() time.Duration { return d.driver.cpu() + treeCPU(d.bridge.Process.Pid) }

func (d *debuggedHotdev) stop() {
	_ = d.bridge.Process.Kill()
	_ = d.bridge.Wait()
	d.driver.stop()
}
