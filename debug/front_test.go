//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-dap"

	"github.com/hotdev/hotdev/debug"
)

// front is a Front with one client that sets breakpoints at the lines with
// certain marks in the app's text.
type front struct {
	t     testing.TB
	marks []string
	fail  error  // Begin's result, if any
	log   string // what the breakpoints log instead of stopping the app; "": they stop it
	deaf  bool   // reads nothing after Begin
	begun chan *session
}

func newFront(t testing.TB, marks ...string) *front {
	return &front{t: t, marks: marks, begun: make(chan *session, 100)}
}

// session is one generation.
type session struct {
	debug.Generation
	t   testing.TB
	in  *bufio.Reader
	mu  sync.Mutex
	seq int
	log string

	answers chan dap.Message
	stopped chan *dap.StoppedEvent
	ended   chan struct{} // closed at the end of the connection
}

// Begin implements debug.Front.
func (f *front) Begin(ctx context.Context, g debug.Generation) error {
	if f.fail != nil {
		return f.fail
	}
	s := &session{
		Generation: g,
		log:        f.log,
		t:          f.t,
		in:         bufio.NewReader(g.Conn),
		answers:    make(chan dap.Message, 100),
		stopped:    make(chan *dap.StoppedEvent, 1000),
		ended:      make(chan struct{}),
	}
	initialized := make(chan struct{}, 1)
	go s.read(initialized, f.deaf)
	stop := context.AfterFunc(ctx, func() { g.Conn.Close() })
	defer stop()
	if err := s.call("initialize", &dap.InitializeRequestArguments{AdapterID: "go", PathFormat: "path", LinesStartAt1: true, ColumnsStartAt1: true}); err != nil {
		return err
	}
	if err := s.call("attach", map[string]any{"mode": "remote"}); err != nil {
		return err
	}
	select {
	case <-initialized:
	case <-s.ended:
		return fmt.Errorf("no initialized event")
	}
	if len(f.marks) > 0 {
		if err := s.setBreakpoints(f.marks...); err != nil {
			return err
		}
	}
	if err := s.call("configurationDone", nil); err != nil {
		return err
	}
	f.begun <- s
	return nil
}

// read reads until the end of the connection or, if deaf, of the configuration.
func (s *session) read(initialized chan<- struct{}, deaf bool) {
	for {
		m, err := dap.ReadProtocolMessage(s.in)
		if err != nil {
			close(s.ended)
			return
		}
		switch m := m.(type) {
		case *dap.StoppedEvent:
			select {
			case s.stopped <- m:
			default: // the app is being hammered
			}
		case *dap.InitializedEvent:
			initialized <- struct{}{}
		case *dap.ConfigurationDoneResponse:
			s.answers <- m
			if deaf {
				return
			}
		case dap.ResponseMessage:
			s.answers <- m
		}
	}
}

// send sends a request.
func (s *session) send(command string, args any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	text, err := json.Marshal(map[string]any{"seq": s.seq, "type": "request", "command": command, "arguments": args})
	if err != nil {
		return err
	}
	return dap.WriteBaseMessage(s.Conn, text)
}

// call sends a request and waits for the answer.
func (s *session) call(command string, args any) error {
	if err := s.send(command, args); err != nil {
		return err
	}
	select {
	case m := <-s.answers:
		r := m.(dap.ResponseMessage).GetResponse()
		if r.Command != command || !r.Success {
			return fmt.Errorf("%s: answer %+v", command, r)
		}
		return nil
	case <-s.ended:
		return fmt.Errorf("%s: the connection ended", command)
	case <-time.After(20 * time.Second):
		return fmt.Errorf("%s: no answer", command)
	}
}

func (s *session) setBreakpoints(marks ...string) error {
	breakpoints := []dap.SourceBreakpoint{}
	for _, mark := range marks {
		breakpoints = append(breakpoints, dap.SourceBreakpoint{Line: lineOf(s.t, mark), LogMessage: s.log})
	}
	return s.call("setBreakpoints", &dap.SetBreakpointsArguments{
		Source:      dap.Source{Path: appSource(s.t)},
		Breakpoints: breakpoints,
	})
}

// stop waits until the app stands at a breakpoint.
func (s *session) stop() {
	s.t.Helper()
	select {
	case m := <-s.stopped:
		if m.Body.Reason != "breakpoint" {
			s.t.Fatalf("stopped: %+v, want a breakpoint", m.Body)
		}
	case <-s.ended:
		s.t.Fatal("the connection ended before a breakpoint was hit")
	case <-time.After(20 * time.Second):
		s.t.Fatal("no breakpoint was hit")
	}
}

// resume lets the app go on.
func (s *session) resume() {
	s.t.Helper()
	if err := s.call("continue", &dap.ContinueArguments{ThreadId: 1}); err != nil {
		s.t.Fatal(err)
	}
}

// generation waits for the next one.
func (f *front) generation() *session {
	f.t.Helper()
	select {
	case s := <-f.begun:
		return s
	case <-time.After(20 * time.Second):
		f.t.Fatal("no generation was begun")
		return nil
	}
}
