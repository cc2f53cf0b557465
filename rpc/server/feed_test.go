package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

func finding(file string, line, col int, message string) diag.Diagnostic {
	return diag.Diagnostic{
		Span:     diag.Span{File: file, Line: line, Col: col},
		Severity: diag.Error, Owner: diag.Build, Code: "type-error", Message: message,
	}
}

func show(file string, list ...diag.Diagnostic) session.DiagnosticsChanged {
	return session.DiagnosticsChanged{File: file, Diagnostics: list}
}

// settle waits until the client has got everything that was told before.
func settle(f *fake, e *rpctest.Editor, mark string) {
	f.print(mark)
	e.ExpectLog("^" + mark + "$")
}

func TestDiagnosticsArePushedOnceAndCleared(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	a, b := "/ws/a.go", "/ws/b.go"
	f.tell(show(b)) // nothing was shown: nothing is cleared
	f.tell(show(a, finding(a, 3, 2, "undefined: x")))
	f.tell(show(a, finding(a, 3, 2, "undefined: x")))
	e.ExpectDiagnostics(a, rpctest.Finding{Line: 3, Message: "^undefined: x$"})
	f.tell(show(a))
	f.tell(show(a))
	settle(f, e, "done")
	e.Expect(rpctest.Expectation{What: "two publications", Check: func(s *rpctest.State) rpctest.Verdict {
		if len(s.Published) != 2 || len(s.Diagnostics[a]) != 0 || s.Published[1].Diagnostics == nil {
			return rpctest.Unmeetable
		}
		return rpctest.Met
	}})
}

func TestAClientThatJoinsLateGetsAllThatStands(t *testing.T) {
	f := newFake()
	a, b := "/ws/a.go", "/ws/with space/ü.go"
	f.tell(show(a, finding(a, 1, 1, "one")))
	f.tell(show(b, finding(b, 2, 1, "two")))
	for _, plain := range []bool{false, true} {
		e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws", Plain: plain})
		e.ExpectDiagnostics(a, rpctest.Finding{Line: 1, Message: "one"})
		e.ExpectDiagnostics(b, rpctest.Finding{Line: 2, Message: "two"})
	}
}

func TestALaggardIsBroughtUpToDate(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	a, b := "/ws/a.go", "/ws/b.go"
	f.tell(show(a, finding(a, 1, 1, "old")))
	settle(f, e, "before")
	f.lag()
	f.tell(show(a))
	f.tell(show(b, finding(b, 1, 1, "new")))
	f.print("while it was cut off")
	e.ExpectDiagnostics(a)
	e.ExpectDiagnostics(b, rpctest.Finding{Line: 1, Message: "new"})
	e.ExpectLog("while it was cut off")
	settle(f, e, "after")
	seen := map[uint64]int{}
	e.Expect(rpctest.Expectation{What: "each log entry once", Check: func(s *rpctest.State) rpctest.Verdict {
		for _, l := range s.Logs {
			seen[l.Seq]++
			if seen[l.Seq] > 1 {
				return rpctest.Unmeetable
			}
		}
		return rpctest.Met
	}})
}

func TestColumnsAreUTF16(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ü 😀.go")
	lines := []string{
		`package main`,
		"\tx := \"ä😀\" + undefinedName // end",
		"\twhole line",
		"crlf 😀 here\r",
		"tail",
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	column := func(line int, text string) int { return strings.Index(lines[line-1], text) + 1 }
	at := func(line, col, endLine, endCol int) diag.Diagnostic {
		d := finding(file, line, col, "m")
		d.EndLine, d.EndCol = endLine, endCol
		return d
	}
	rng := func(l1, c1, l2, c2 int) protocol.Range {
		return protocol.Range{Start: protocol.Position{Line: l1, Character: c1}, End: protocol.Position{Line: l2, Character: c2}}
	}
	for name, c := range map[string]struct {
		d    diag.Diagnostic
		want protocol.Range
	}{
		"a word after wide characters": {at(2, column(2, "undefinedName"), 0, 0), rng(1, 14, 1, 27)},
		"one character":                {at(2, column(2, "+"), 0, 0), rng(1, 12, 1, 13)},
		"a wide character":             {at(2, column(2, "😀"), 0, 0), rng(1, 8, 1, 10)},
		"an end":                       {at(2, 2, 2, column(2, " + ")), rng(1, 1, 1, 11)},
		"over lines":                   {at(2, 2, 4, column(4, " here")), rng(1, 1, 3, 7)},
		"a whole line":                 {at(3, 0, 0, 0), rng(2, 1, 2, 11)},
		"a whole line with CRLF":       {at(4, 0, 0, 0), rng(3, 0, 3, 12)},
		"the whole file":               {at(0, 0, 0, 0), rng(0, 0, 0, 0)},
		"behind the end of a line":     {at(5, 5, 0, 0), rng(4, 4, 4, 4)},
		"behind the end of the file":   {at(9, 3, 0, 0), rng(8, 2, 8, 2)},
		"an end before the start":      {at(2, 5, 1, 1), rng(1, 4, 1, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.tell(show(file, c.d))
			e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: dir})
			shown := e.ExpectDiagnostics(file, rpctest.Finding{Line: c.want.Start.Line + 1, Message: "m"})
			if shown[0].Range != c.want {
				t.Errorf("range %+v, want %+v", shown[0].Range, c.want)
			}
		})
	}
}

func TestRelatedPlacesReachEveryClient(t *testing.T) {
	f := newFake()
	d := finding("/ws/a.go", 1, 1, "panic: oh")
	d.Related = []diag.Related{{Span: diag.Span{File: "/ws/b.go", Line: 7}, Message: "called from here"}}
	f.tell(show("/ws/a.go", d))
	dial := serve(t, f)

	e := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	related := e.ExpectDiagnostics("/ws/a.go", rpctest.Finding{Line: 1, Message: "^panic: oh$"})[0].RelatedInformation
	if len(related) != 1 || related[0].Location.URI != "file:///ws/b.go" || related[0].Location.Range.Start.Line != 6 || related[0].Message != "called from here" {
		t.Errorf("related information %+v", related)
	}

	bare := rpctest.Attach(t, dial(), rpctest.Options{Root: "/ws"})
	bare.MustCall(protocol.MethodInitialize, protocol.InitializeParams{}, nil) // without that capability
	bare.Notify(protocol.MethodInitialized, nil)
	bare.ExpectDiagnostics("/ws/a.go", rpctest.Finding{Line: 1, Message: `panic: oh\n/ws/b.go:7: called from here`})
}

func TestSubscribersGetTheStateThenEvents(t *testing.T) {
	f := newFake()
	for i := range 5 {
		f.print(fmt.Sprintf("line %d", i+1))
	}
	e := rpctest.Attach(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	e.MustCall(protocol.MethodInitialize, protocol.InitializeParams{}, nil) // does not ask for events
	e.Notify(protocol.MethodInitialized, nil)
	e.MustCall(protocol.MethodStatus, nil, nil)
	f.tell(session.StatusChanged{Status: session.Status{State: session.Building, Rev: 1}})
	var got protocol.SubscribeResult
	e.MustCall(protocol.MethodSubscribe, protocol.SubscribeParams{LogsFrom: 4}, &got)
	if got.Status.State != protocol.StateBuilding || len(got.Logs) != 2 || got.Logs[0].Text != "line 4" {
		t.Errorf("answer %+v", got)
	}
	f.tell(session.StatusChanged{Status: session.Status{State: session.Running, Rev: 1}})
	f.tell(session.Reloaded{Reload: session.Reload{Rev: 1, Outcome: session.Swapped}})
	f.print("line 6")
	if s := e.ExpectState(protocol.StateRunning); s.Rev != 1 {
		t.Errorf("status %+v", s)
	}
	e.ExpectReloaded(protocol.OutcomeSwapped)
	if l := e.ExpectLog("line 6"); l.Seq != 6 {
		t.Errorf("log entry %+v", l)
	}
	// Nothing that the answer held came again.
	for _, m := range e.Transcript() {
		if strings.Contains(string(m.JSON), "line 4") && m.Kind == rpctest.Notification && m.Method == protocol.MethodLog {
			t.Errorf("%s came again: %s", m.Method, m.JSON)
		}
	}
}

func TestNoEventIsOlderThanTheAnswerToSubscribe(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	told := make(chan struct{})
	go func() {
		defer close(told)
		for rev := range 2000 {
			f.tell(session.StatusChanged{Status: session.Status{State: session.Running, Rev: rev}})
		}
	}()
	for asking := true; asking; {
		e.MustCall(protocol.MethodSubscribe, nil, nil)
		select {
		case <-told:
			asking = false
		default:
		}
	}
	settle(f, e, "done")
	answered := 0
	for _, m := range e.Transcript() {
		var rev int
		switch m.Method {
		case protocol.MethodSubscribe:
			rev = decode[protocol.SubscribeResult](t, m.JSON).Status.Rev
			answered = max(answered, rev)
		case protocol.MethodStatus:
			rev = decode[protocol.Status](t, m.JSON).Rev
		default:
			continue
		}
		if rev < answered {
			t.Fatalf("%s of rev %d after an answer of rev %d", m.Method, rev, answered)
		}
	}
}

func TestPlainEditorsGetLogsAndCrashesAsMessages(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws", Plain: true})
	f.tell(session.LogAppended{Entries: []session.LogEntry{
		{Seq: 1, Text: "\x1b[32mgreen\x1b[0m"},
		{Seq: 2, Text: "caf\xe9"},
		{Seq: 3, Text: "bad", Level: "error"},
	}})
	f.tell(session.StatusChanged{Status: session.Status{State: session.Crashed, Message: "exit status 2"}})
	f.tell(session.StatusChanged{Status: session.Status{State: session.Crashed, Message: "exit status 2"}})
	f.tell(session.Reloaded{Reload: session.Reload{Outcome: session.StartFailed, Message: "it ended at once"}})
	e.ExpectMessage("crashed: exit status 2")
	e.ExpectMessage("it ended at once")
	e.Expect(rpctest.Expectation{What: "two log messages and two others", Check: func(s *rpctest.State) rpctest.Verdict {
		switch {
		case len(s.Status)+len(s.Logs)+len(s.Reloads) > 0 || len(s.Shown) > 2 || len(s.Logged) > 2:
			return rpctest.Unmeetable // hotdev/* was not asked for
		case len(s.Logged) == 2 &&
			s.Logged[0] == protocol.MessageParams{Type: protocol.MessageLog, Message: "green\ncaf\uFFFD"} &&
			s.Logged[1] == protocol.MessageParams{Type: protocol.MessageError, Message: "bad"}:
			return rpctest.Met
		}
		return rpctest.Unmet
	}})
}

func TestProgressIsShownWhereItIsAllowed(t *testing.T) {
	f := newFake()
	dial := serve(t, f)
	e := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	bare := rpctest.Attach(t, dial(), rpctest.Options{Root: "/ws"})
	bare.MustCall(protocol.MethodInitialize, protocol.InitializeParams{}, nil)
	bare.Notify(protocol.MethodInitialized, nil)
	for i, state := range []session.State{session.Building, session.Starting, session.Running} {
		f.tell(session.StatusChanged{Status: session.Status{State: state}})
		e.Expect(rpctest.Expectation{What: "one more step of progress", Check: func(s *rpctest.State) rpctest.Verdict {
			if len(s.Progress) == i+1 {
				return rpctest.Met
			}
			return rpctest.Unmet
		}})
	}
	kinds := ""
	e.Expect(rpctest.Expectation{What: "begin, report, end", Check: func(s *rpctest.State) rpctest.Verdict {
		for _, p := range s.Progress {
			kinds += p.Value.Kind + " "
		}
		if kinds != "begin report end " {
			return rpctest.Unmeetable
		}
		return rpctest.Met
	}})
	bare.MustCall(protocol.MethodStatus, nil, nil)
	for _, m := range bare.Transcript() {
		if m.Method == protocol.MethodProgress || m.Method == protocol.MethodProgressCreate {
			t.Errorf("%s, which was not allowed", m.Method)
		}
	}
}
