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
	"time"

	"github.com/google/go-dap"
)

// armed is a part of the statement that the debugged tools have a breakpoint on;
// no measured request comes to it.
const armed = "orders.Add(1)"

// debugClient speaks DAP, no more than it takes to have a breakpoint.
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

// until reads up to the message that is wanted.
func (c *debugClient) until(wanted func(debugMessage) bool) error {
	for {
		data, err := dap.ReadBaseMessage(c.in)
		if err != nil {
			return fmt.Errorf("the debug adapter: %w", err)
		}
		var m debugMessage
		if err := json.Unmarshal(data, &m); err != nil {
			return fmt.Errorf("the debug adapter: %w", err)
		}
		if m.Type == "response" && !m.Success {
			return fmt.Errorf("%s: %s", m.Command, m.Message)
		}
		if wanted(m) {
			return nil
		}
	}
}

func answers(seq int) func(debugMessage) bool {
	return func(m debugMessage) bool { return m.Type == "response" && m.RequestSeq == seq }
}

// attach attaches, sets a breakpoint and lets the app run.
func (c *debugClient) attach(file string, line int) error {
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
	for _, step := range []struct {
		command   string
		arguments any
	}{
		{"setBreakpoints", dap.SetBreakpointsArguments{Source: dap.Source{Path: file}, Breakpoints: []dap.SourceBreakpoint{{Line: line}}}},
		{"configurationDone", nil},
	} {
		if err == nil {
			seq, err = c.send(step.command, step.arguments)
		}
		if err == nil {
			err = c.until(answers(seq))
		}
	}
	return err
}

// lineOf returns the number of the first line of file that has text.
func lineOf(file, text string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	before, _, found := strings.Cut(string(data), text)
	if !found {
		return 0, fmt.Errorf("%s has no %q: only the demo can be debugged here", file, text)
	}
	return strings.Count(before, "\n") + 1, nil
}

// delve builds and starts by hand under dlv, with a client that sets the
// breakpoint anew: the floor of a reload with a debugger.
type delve struct {
	dlv, dir, file string
	env            []string
	host           *exec.Cmd
	client         *debugClient
	ended          chan struct{} // closed at the end of the client's connection
}

func (d *delve) saved(ctx context.Context) error {
	bin, socket := filepath.Join(d.dir, "floor.bin"), filepath.Join(d.dir, "dlv.sock")
	if err := command(ctx, d.dir, "go", "build", "-gcflags=all=-N -l", "-o", bin, "."); err != nil {
		return err
	}
	line, err := lineOf(d.file, armed)
	if err != nil {
		return err
	}
	d.stop()
	if err := os.RemoveAll(socket); err != nil {
		return err
	}
	d.host = exec.Command(d.dlv, "exec", "--headless", "--accept-multiclient", "--api-version=2", "--listen=unix:"+socket, bin)
	d.host.Dir, d.host.Env = d.dir, d.env
	if err := d.host.Start(); err != nil {
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
	if err := d.client.attach(d.file, line); err != nil {
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
	if d.host == nil {
		return
	}
	if _, err := d.client.send("disconnect", dap.DisconnectArguments{TerminateDebuggee: true}); err == nil {
		<-d.ended
	}
	_ = d.host.Process.Kill()
	_ = d.host.Wait()
}

// debuggedHotdev is hotdev with a DAP client that has the breakpoint.
type debuggedHotdev struct {
	driver
	bridge *exec.Cmd
}

func debugHotdev(ctx context.Context, dir, file string, env []string, bin string) (driver, error) {
	line, err := lineOf(file, armed)
	if err != nil {
		return nil, err
	}
	w, err := watching(ctx, dir, env, bin, "run")
	if err != nil {
		return nil, err
	}
	d := &debuggedHotdev{driver: w, bridge: exec.CommandContext(ctx, bin, "dap")}
	d.bridge.Dir, d.bridge.Env = dir, env
	in, err := d.bridge.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := d.bridge.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.bridge.Start(); err != nil {
		return nil, err
	}
	c := &debugClient{in: bufio.NewReader(out), out: in}
	if err := c.attach(file, line); err != nil {
		return nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, c.in) }() // ends with the bridge
	return d, nil
}

func (d *debuggedHotdev) stop() {
	_ = d.bridge.Process.Kill()
	_ = d.bridge.Wait()
	d.driver.stop()
}
