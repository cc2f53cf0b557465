package prompt

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-dap"
)

// cont lets the program run, and waits for its next stop.
func (s *session) cont(string) error {
	if s.stop != nil {
		if err := s.resume("continue", dap.ContinueArguments{ThreadId: s.goroutine}); err != nil {
			return err
		}
	}
	return s.wait(nil)
}

// stepping makes a command that steps.
func stepping(request string) func(*session, string) error {
	return func(s *session, _ string) error {
		if err := s.resume(request, dap.NextArguments{ThreadId: s.goroutine}); err != nil {
			return err
		}
		return s.wait(nil)
	}
}

func (s *session) instruction(string) error {
	args := dap.StepInArguments{ThreadId: s.goroutine, Granularity: "instruction"}
	if err := s.resume("stepIn", args); err != nil {
		return err
	}
	return s.wait(nil)
}

func (s *session) halt(string) error {
	if s.stop != nil {
		return fmt.Errorf("the program stands already")
	}
	if err := s.request("pause", dap.PauseArguments{ThreadId: 1}, nil); err != nil {
		return err
	}
	return s.wait(nil)
}

// restart waits until the new version runs, or stops before it is ready.
func (s *session) restart(string) error {
	seq, err := s.client.send("hotdev/reload", nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return s.wait(func(m message) (bool, error) {
		if m.Type != "response" || m.RequestSeq != seq {
			return false, nil
		}
		return true, m.decode("hotdev/reload", nil)
	})
}

// call may stop in the function that it calls: then it is answered later.
func (s *session) call(expr string) error {
	if expr == "" {
		return fmt.Errorf("call what? call <function>(<arguments>)")
	}
	frame, err := s.frameID()
	if err != nil {
		return err
	}
	seq, err := s.client.send("evaluate", dap.EvaluateArguments{Expression: "call " + expr, FrameId: frame, Context: "repl"})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return s.wait(func(m message) (bool, error) {
		if m.Type != "response" || m.RequestSeq != seq {
			return false, nil
		}
		var body dap.EvaluateResponseBody
		if err := m.decode("evaluate", &body); err != nil {
			return true, err
		}
		s.frames = nil // the function may have changed what they show
		if body.Result != "" {
			fmt.Fprintf(s.out, "Values returned:\n\t%s\n", body.Result)
		}
		return true, nil
	})
}

// resume sends a request after which the program runs.
func (s *session) resume(request string, args any) error {
	if err := s.request(request, args, nil); err != nil {
		return err
	}
	s.running()
	return nil
}

// running forgets where the program stood.
func (s *session) running() { s.stop, s.goroutine, s.frame, s.frames = nil, 0, 0, nil }

// wait handles what comes until the program stops, or until done says so. In a
// terminal the first Ctrl-C stops the program, the second one the waiting.
func (s *session) wait(done func(message) (bool, error)) error {
	pausing := false
	for {
		for len(s.pending) > 0 {
			m := s.pending[0]
			s.pending = s.pending[1:]
			if err := s.event(m); err != nil || m.Event == "stopped" {
				return err
			}
		}
		select {
		case m, ok := <-s.client.messages:
			if !ok {
				return ErrEnded
			}
			if done != nil {
				if is, err := done(m); is {
					return err
				}
			}
			s.pending = append(s.pending, m)
		case <-s.in.interrupts:
			if pausing {
				return nil
			}
			pausing = true
			if err := s.request("pause", dap.PauseArguments{ThreadId: 1}, nil); err != nil {
				return err
			}
		case <-s.done:
			return ErrEnded
		}
	}
}

// settle handles the events that have come.
func (s *session) settle() error {
	for len(s.pending) > 0 {
		m := s.pending[0]
		s.pending = s.pending[1:]
		if err := s.event(m); err != nil {
			return err
		}
	}
	return nil
}

// event handles one event, or a response that nobody waits for any more; the
// error is that of the session's end.
func (s *session) event(m message) error {
	switch m.Event {
	case "":
		if m.Type == "response" && !m.Success {
			fmt.Fprintf(s.out, "%s has failed: %v\n", m.Command, m.reason())
		}
	case "stopped":
		var body dap.StoppedEventBody
		if err := json.Unmarshal(m.Body, &body); err != nil {
			return fmt.Errorf("the event stopped: %w", err)
		}
		s.running()
		s.stop, s.goroutine = &body, body.ThreadId
		return s.stopped()
	case "continued":
		s.running()
	case "process":
		var body dap.ProcessEventBody
		_ = json.Unmarshal(m.Body, &body) // what it lacks is not shown
		s.running()
		fmt.Fprintf(s.out, "Process %d runs\n", body.SystemProcessId)
	case "output":
		var body dap.OutputEventBody
		_ = json.Unmarshal(m.Body, &body) // what it lacks is not shown
		fmt.Fprint(s.out, strings.TrimSuffix(body.Output, "\n")+"\n")
	case "breakpoint":
		var body dap.BreakpointEventBody
		if err := json.Unmarshal(m.Body, &body); err == nil {
			s.pointChanged(body.Breakpoint)
		}
	case "hotdev/reloaded", "hotdev/buildFailed":
		s.reloaded(m.Body)
	case "terminated":
		return ErrEnded
	}
	return nil
}

// reloaded shows what became of a save.
func (s *session) reloaded(raw json.RawMessage) {
	var body struct {
		Rev         int     `json:"rev"`
		BackTo      int     `json:"backTo"`
		Outcome     string  `json:"outcome"`
		Message     string  `json:"message"`
		Total       float64 `json:"total"` // ms
		Diagnostics []struct {
			File    string `json:"file"`
			Line    int    `json:"line"`
			Col     int    `json:"col"`
			Message string `json:"message"`
		} `json:"diagnostics"`
	}
	_ = json.Unmarshal(raw, &body) // what it lacks is not shown
	name := fmt.Sprintf("rev %d", body.Rev)
	if body.BackTo != 0 {
		name = fmt.Sprintf("back to rev %d", body.BackTo)
	}
	text := fmt.Sprintf("hotdev: %s: %s", name, body.Outcome)
	if body.Message != "" {
		text += ": " + body.Message
	}
	fmt.Fprintf(s.out, "%s (%.0f ms)\n", text, body.Total)
	for _, d := range body.Diagnostics {
		fmt.Fprintf(s.out, "%s:%d:%d: %s\n", s.short(d.File), d.Line, d.Col, d.Message)
	}
}

// stopped shows where the program stands, and does what is to be done at each
// stop and at the breakpoints that were hit.
func (s *session) stopped() error {
	s.showPosition(s.reason())
	for i, expr := range s.displays {
		s.showDisplay(i, expr)
	}
	for _, p := range s.points {
		if !slices.Contains(s.stop.HitBreakpointIds, p.id) {
			continue
		}
		for _, line := range p.on {
			if err := s.failed(s.execute(line)); err != nil {
				return err
			}
			if s.stop == nil {
				return nil
			}
		}
	}
	return nil
}

// reason is why the program stands, as it is shown before the place.
func (s *session) reason() string {
	var names []string
	for _, id := range s.stop.HitBreakpointIds {
		name := strconv.Itoa(id)
		if i := slices.IndexFunc(s.points, func(p *point) bool { return p.id == id && p.name != "" }); i >= 0 {
			name = s.points[i].name
		}
		names = append(names, name)
	}
	switch {
	case len(names) > 0:
		return "[Breakpoint " + strings.Join(names, ", ") + "] "
	case s.stop.Reason == "exception":
		return "[" + strings.Trim(s.stop.Description+": "+s.stop.Text, ": ") + "] "
	case s.stop.Reason == "step":
		return ""
	}
	return "[" + s.stop.Reason + "] "
}
