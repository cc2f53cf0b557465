package build

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/session/diag"
)

// output collects what a build command prints, passes it on line by line, and
// tells early what was found.
//
// os/exec copies the command's two streams in a goroutine each, which end
// before the command's Wait returns; the mutex keeps them, and their calls of
// the request's functions, apart.
type output struct {
	r        *Request
	canceled func() bool              // what a killed compiler printed is of no use
	options  func() diag.BuildOptions // not needed while nothing fails

	mu      sync.Mutex
	streams []*lines
	events  []diag.BuildEvent
	printed map[string]*lines // by package
	early   []diag.Diagnostic
}

func newOutput(ctx context.Context, r *Request, dir string) *output {
	return &output{
		r:        r,
		canceled: func() bool { return ctx.Err() != nil },
		options:  sync.OnceValue(func() diag.BuildOptions { return parseOptions(r, dir) }),
		printed:  map[string]*lines{},
	}
}

// json returns the writer for the events of go build -json.
func (o *output) json() io.Writer { return o.stream(o.event) }

// text returns a writer for plain text.
func (o *output) text() io.Writer {
	return o.stream(func(line []byte) { o.add(diag.BuildEvent{Output: string(line) + "\n"}) })
}

// stream returns a writer that cuts what it gets into lines for take, which is
// called with the mutex held.
func (o *output) stream(take func(line []byte)) io.Writer {
	l := &lines{mu: &o.mu, take: take}
	o.streams = append(o.streams, l)
	return l
}

// event takes a line of JSON. What is none is text: go build -json writes such
// lines when it fails early (go help buildjson).
func (o *output) event(line []byte) {
	var e diag.BuildEvent
	if len(line) == 0 || line[0] != '{' || json.Unmarshal(line, &e) != nil {
		e = diag.BuildEvent{Output: string(line) + "\n"}
	}
	o.add(e)
	if e.Action == "build-fail" {
		o.failed(e.ImportPath)
	}
}

// add takes an event.
func (o *output) add(e diag.BuildEvent) {
	o.events = append(o.events, e)
	if o.r.Output == nil {
		return
	}
	l := o.printed[e.ImportPath]
	if l == nil {
		l = &lines{take: func(line []byte) { o.r.Output(string(line)) }}
		o.printed[e.ImportPath] = l
	}
	l.put([]byte(e.Output))
}

// failed tells what was found in a package, together with all before.
func (o *output) failed(pkg string) {
	if o.r.OnDiagnostics == nil || o.canceled() {
		return
	}
	var events []diag.BuildEvent
	for _, e := range o.events {
		if e.ImportPath == pkg {
			events = append(events, e)
		}
	}
	if found := diag.ParseBuild(events, o.options()); len(found) > 0 {
		o.early = append(o.early, found...)
		o.r.OnDiagnostics(slices.Clone(o.early))
	}
}

// finish returns all events. The command has ended.
func (o *output) finish() []diag.BuildEvent {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.streams {
		l.end()
	}
	for _, l := range o.printed {
		l.end()
	}
	return o.events
}

// lines cuts what is written to it into lines, without their ends.
type lines struct {
	mu   *sync.Mutex // held over take when this is a writer
	take func(line []byte)
	open []byte // line without an end
}

// Write never fails.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(p)
	return len(p), nil
}

func (l *lines) put(p []byte) {
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.open = append(l.open, p...)
			return
		}
		line := append(l.open, p[:i]...)
		l.open = l.open[:0]
		l.take(bytes.TrimSuffix(line, []byte("\r")))
		p = p[i+1:]
	}
}

// end takes a last line that has no end.
func (l *lines) end() {
	if len(l.open) > 0 {
		l.take(l.open)
		l.open = nil
	}
}
