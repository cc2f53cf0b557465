package server_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"

	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

// fake is a backend that does what a test tells it to.
type fake struct {
	reload  func(ctx context.Context) (session.Reload, error) // of Reload; nil: the zero Reload at once
	begun   func(request string)                              // called when a request that counts in order has begun; nil: nothing
	dropped chan string                                       // gets the path of each buffer that is dropped
	asked   func()                                            // called by Breakpoints when it knows them; nil: nothing
	setting func(list []session.Breakpoint)                   // called by SetBreakpoints before it sets them; nil: nothing
	answer  func(list []session.Breakpoint)                   // called by its answer; nil: nothing

	mu      sync.Mutex
	status  session.Status
	diags   map[string][]diag.Diagnostic
	logs    []session.LogEntry
	routes  []session.Route
	points  []session.Breakpoint
	saved   []string
	written []string
	held    map[string]string // text by path
	saves   chan string       // what is asked about saves, in order
	input   string
	args    []string // of the last Start
	subs    map[*fakeSub]bool
	opened  int // subscriptions ever made
}

func newFake() *fake {
	return &fake{
		dropped: make(chan string, 8),
		status:  session.Status{State: session.Idle, Root: "/ws"},
		diags:   map[string][]diag.Diagnostic{},
		held:    map[string]string{},
		subs:    map[*fakeSub]bool{},
		saves:   make(chan string, 16),
	}
}

// fakeSub hands out notices as a session's subscription does.
type fakeSub struct {
	fake *fake
	wake chan struct{}

	queue []session.Notice // guarded by fake.mu, as err
	err   error
}

func (f *fake) Subscribe(from uint64) (session.Snapshot, server.Subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sub := &fakeSub{fake: f, wake: make(chan struct{}, 1)}
	f.subs[sub] = true
	f.opened++
	snap := session.Snapshot{Status: f.status, Diagnostics: maps.Clone(f.diags)}
	for _, e := range f.logs {
		if e.Seq >= from {
			snap.Logs = append(snap.Logs, e)
		}
	}
	return snap, sub
}

func (s *fakeSub) Next(ctx context.Context) ([]session.Notice, error) {
	for {
		s.fake.mu.Lock()
		queue, err := s.queue, s.err
		s.queue = nil
		s.fake.mu.Unlock()
		if len(queue) > 0 {
			return queue, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (s *fakeSub) Close() { s.fail(session.ErrClosed) }

func (s *fakeSub) fail(err error) {
	s.fake.mu.Lock()
	defer s.fake.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	delete(s.fake.subs, s)
	s.signal()
}

func (s *fakeSub) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// tell changes the state as n says and tells all subscribers.
func (f *fake) tell(n session.Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch n := n.(type) {
	case session.StatusChanged:
		f.status = n.Status
	case session.DiagnosticsChanged:
		if len(n.Diagnostics) == 0 {
			delete(f.diags, n.File)
		} else {
			f.diags[n.File] = n.Diagnostics
		}
	case session.LogAppended:
		f.logs = append(f.logs, n.Entries...)
	}
	for s := range f.subs {
		s.queue = append(s.queue, n)
		s.signal()
	}
}

// lag cuts off all subscriptions, as a session does with slow ones.
func (f *fake) lag() {
	f.mu.Lock()
	subs := maps.Clone(f.subs)
	for s := range subs {
		s.queue = nil
	}
	f.mu.Unlock()
	for s := range subs {
		s.fail(session.ErrLagged)
	}
}

// print adds a log entry.
func (f *fake) print(text string) {
	f.mu.Lock()
	seq := uint64(len(f.logs) + 1)
	f.mu.Unlock()
	f.tell(session.LogAppended{Entries: []session.LogEntry{{Seq: seq, Stream: session.Stdout, Text: text}}})
}

func (f *fake) Status() session.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *fake) Diagnostics() (all []diag.Diagnostic) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range f.diags {
		all = append(all, list...)
	}
	return all
}

func (f *fake) Logs(from uint64, limit int) (entries []session.LogEntry, missed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.logs {
		if e.Seq >= from {
			entries = append(entries, e)
		}
	}
	if limit > 0 && len(entries) > limit {
		entries = entries[len(entries)-limit:]
	}
	return entries, 3
}

func (f *fake) History() []session.Reload {
	return []session.Reload{{Rev: 2, Outcome: session.Swapped, Reason: "main.go was saved", Files: []string{"/ws/main.go"}}}
}

func (f *fake) Routes() (int, []session.Route) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return 2, f.routes
}

func (f *fake) Why(file string) (session.Explanation, error) {
	if file == "/ws/none" {
		return session.Explanation{}, errors.New("not known yet")
	}
	return session.Explanation{Class: "rebuild", Reason: file + " is compiled in"}, nil
}

// begin is the answer to a request whose outcome is not more than value.
func begin[T any](f *fake, request string, value T) session.Answer[T] {
	if f.begun != nil {
		f.begun(request)
	}
	return func(context.Context) (T, error) { return value, nil }
}

func (f *fake) BeginReload(_ context.Context, wait bool) session.Answer[session.Reload] {
	answer := begin(f, "reload", session.Reload{})
	if f.reload == nil || !wait {
		return answer
	}
	return f.reload
}

func (f *fake) BeginStart(_ context.Context, o session.StartOptions) session.Answer[session.Status] {
	f.mu.Lock()
	f.args = o.Args
	f.mu.Unlock()
	return begin(f, "start", f.Status())
}

func (f *fake) BeginStop(context.Context) session.Answer[session.Status] {
	return begin(f, "stop", f.Status())
}

func (f *fake) BeginRollback(_ context.Context, rev int) session.Answer[session.Reload] {
	return begin(f, "rollback", session.Reload{Rev: rev + 2, BackTo: max(rev, 1), Outcome: session.RolledBack})
}

func (f *fake) Saved(paths ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saved = append(f.saved, paths...)
}

func (f *fake) Written(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written = append(f.written, path)
}

func (f *fake) Buffer(path string, text []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if text == nil {
		delete(f.held, path)
		f.dropped <- path
		return
	}
	f.held[path] = string(text)
}

// holds returns the texts that clients hold, by path.
func (f *fake) holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.held)
}

func (f *fake) BeginHold(context.Context) (release func(), inForce session.Answer[struct{}]) {
	f.saves <- "hold"
	return func() { f.saves <- "release" }, begin(f, "hold", struct{}{})
}

func (f *fake) Apply(files ...string) {
	f.saves <- "apply " + strings.Join(files, " ")
	begin(f, "apply", struct{}{})
}

func (f *fake) BeginInput(text string, _ bool) session.Answer[struct{}] {
	f.mu.Lock()
	f.input += text
	f.mu.Unlock()
	return begin(f, "stdin", struct{}{})
}

func (f *fake) Breakpoints() []session.Breakpoint {
	f.mu.Lock()
	points := f.points
	f.mu.Unlock()
	if f.asked != nil {
		f.asked()
	}
	return points
}

func (f *fake) SetBreakpoints(file string, list []session.Breakpoint) (session.Answer[[]session.Breakpoint], error) {
	f.mu.Lock()
	off := f.status.Debug.Endpoint == ""
	f.mu.Unlock()
	if off {
		return nil, session.ErrNoDebugger
	}
	if f.setting != nil {
		f.setting(list)
	}
	for i := range list {
		list[i].ID, list[i].File, list[i].Owner = i+1, file, "hotdev"
	}
	f.mu.Lock()
	f.points = list
	f.mu.Unlock()
	f.tell(session.BreakpointsChanged{})
	return func(context.Context) ([]session.Breakpoint, error) {
		if f.answer != nil {
			f.answer(list)
		}
		return list, nil
	}, nil
}
