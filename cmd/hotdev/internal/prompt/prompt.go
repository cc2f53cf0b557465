// Package prompt is a debugger's command line with the commands of Delve's, on
// the debugger that is shared with the editors: a client of the DAP front, which
// stays over reloads of the app. It knows nothing else of hotdev.
package prompt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/google/go-dap"
)

// Options says what Run works with.
type Options struct {
	Conn net.Conn // to the DAP front; Run closes it
	In   *os.File // commands: a terminal, which is put into raw mode meanwhile, or a script
	Out  io.Writer
	Dir  string // absolute; files are shown and found relative to it
	// History is the file that keeps the lines that were typed; "" keeps none.
	History string
}

// Run reads commands and executes them until exit, the end of the input (nil
// for both), the end of the debug session, or that of ctx (its cause). In a
// script, commands that resume the program wait until it stops again, and a
// command that fails does not end it. In a terminal, Ctrl-C stops the program
// while one of them waits.
func Run(ctx context.Context, o Options) error {
	defer o.Conn.Close()
	c := newClient(o.Conn)
	defer c.close()
	defer context.AfterFunc(ctx, func() { o.Conn.Close() })() // a front that does not read must not hold us
	in, err := newInput(o)
	if err != nil {
		return err
	}
	defer in.close()

	s := &session{client: c, in: in, out: in.out, dir: o.Dir, done: ctx.Done()}
	if err := s.begin(); err != nil {
		return fmt.Errorf("join the debugger: %w", s.cause(ctx, err))
	}
	if err := s.serve(); err != nil {
		return s.cause(ctx, err)
	}
	return nil
}

// errExit ends a session from within a command.
var errExit = errors.New("exit")

// ErrEnded is why Run ends when the other side has ended the session.
var ErrEnded = errors.New("the debug session has ended")

// session is one run of the prompt. It has one goroutine, Run's caller; the
// client's reader and the input's goroutines only hand it what came.
type session struct {
	client *client
	in     *input
	out    io.Writer
	dir    string
	done   <-chan struct{} // closed when all is to end

	pending []message // what came while a response was awaited

	stop      *dap.StoppedEventBody // where the program stands; nil while it runs
	goroutine int                   // that commands look at
	frame     int
	frames    []dap.StackFrame // of goroutine, as far as they are known

	points   []*point
	displays []string
	last     string // the command that an empty line repeats
	lines    int64  // that have come
	early    bool   // Ctrl-C came before the line that it was typed after
}

// cause is why the session ended with err: for the end of ctx, its cause.
func (s *session) cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// begin becomes a client of the front, which then tells how things are.
func (s *session) begin() error {
	if err := s.request("initialize", dap.InitializeRequestArguments{
		ClientID: "hotdev-prompt", ClientName: "hotdev attach --dlv", AdapterID: "hotdev",
		LinesStartAt1: true, ColumnsStartAt1: true, PathFormat: "path", SupportsVariableType: true,
	}, nil); err != nil {
		return err
	}
	if err := s.request("attach", map[string]any{"mode": "remote", "hotdevEvents": true}, nil); err != nil {
		return err
	}
	return s.request("configurationDone", nil, nil)
}

// serve executes commands until there are no more.
func (s *session) serve() error {
	fmt.Fprintln(s.out, "Type 'help' for list of commands.")
	s.in.ask()
	for {
		err := s.settle()
		if err == nil {
			err = s.step()
		}
		switch {
		case errors.Is(err, errExit):
			return s.leave()
		case err != nil:
			return err
		}
	}
}

// step waits for a line, and executes it, or for a message.
func (s *session) step() error {
	select {
	case line, ok := <-s.in.lines:
		if !ok {
			return errExit
		}
		if line = strings.TrimSpace(line); line == "" && s.in.terminal {
			line = s.last
		}
		s.last = line
		if s.lines++; s.early {
			s.early = false
			s.in.interrupt()
		}
		if err := s.failed(s.execute(line)); err != nil {
			return err
		}
		if err := s.settle(); err != nil { // before the next prompt
			return err
		}
		s.in.ask()
	case m, ok := <-s.client.messages:
		if !ok {
			return ErrEnded
		}
		s.pending = append(s.pending, m)
	case <-s.in.interrupts: // at the prompt it only clears the line, unless one is on its way, whose command it is for
		s.early = s.in.entered.Load() > s.lines
	case <-s.done:
		return ErrEnded
	}
	return nil
}

// failed shows what a command has failed with; what ends the session it returns.
func (s *session) failed(err error) error {
	if err == nil || errors.Is(err, errExit) || errors.Is(err, ErrEnded) {
		return err
	}
	fmt.Fprintf(s.out, "Command failed: %v\n", err)
	return nil
}

// execute runs a line.
func (s *session) execute(line string) error {
	name, args, _ := strings.Cut(strings.TrimSpace(line), " ")
	if name == "" || strings.HasPrefix(name, "#") {
		return nil
	}
	cmd, ok := lookUp(name)
	if !ok {
		return fmt.Errorf("command not available: %s (help lists the commands)", name)
	}
	if cmd.stopped && s.stop == nil {
		return errors.New("the program is running: stop it with halt, or wait for a breakpoint with continue")
	}
	return cmd.run(s, strings.TrimSpace(args))
}

// leave ends this client's session only.
func (s *session) leave() error {
	if err := s.request("disconnect", dap.DisconnectArguments{}, nil); err != nil && !errors.Is(err, ErrEnded) {
		return fmt.Errorf("leave the debugger: %w", err)
	}
	return nil
}

// request asks the front, waits for the response and decodes its body into the
// value that body points to, unless that is nil. What else comes meanwhile waits.
func (s *session) request(command string, args, body any) error {
	seq, err := s.client.send(command, args)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return s.response(command, seq, body)
}

// response waits for the response to a request that was sent.
func (s *session) response(command string, seq int, body any) error {
	for {
		select {
		case m, ok := <-s.client.messages:
			if !ok {
				return ErrEnded
			}
			if m.Type == "response" && m.RequestSeq == seq {
				return m.decode(command, body)
			}
			s.pending = append(s.pending, m)
		case <-s.done:
			return ErrEnded
		}
	}
}

// decode takes a response's body out of it, or the error that it is.
func (m message) decode(command string, body any) error {
	if !m.Success {
		return m.reason()
	}
	if body == nil || len(m.Body) == 0 {
		return nil
	}
	if err := json.Unmarshal(m.Body, body); err != nil {
		return fmt.Errorf("the response to %s: %w", command, err)
	}
	return nil
}
