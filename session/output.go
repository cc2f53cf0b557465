package session

import (
	"bytes"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/diag"
)

// partialAfter is how long an unfinished line waits for its end before it is
// shown as it is: a prompt has no line end.
const partialAfter = 100 * time.Millisecond

// output takes what an app writes on one stream, cuts it into lines and gives
// them to the log and to the scanner. Write never blocks on a reader.
type output struct {
	stream Stream
	logs   *logRing
	scan   func(line string) diag.LineInfo

	mu      sync.Mutex
	line    []byte // the unfinished line
	shown   int    // how much of it is in the log already
	pending *time.Timer
}

func newOutput(stream Stream, logs *logRing, scan func(string) diag.LineInfo) *output {
	return &output{stream: stream, logs: logs, scan: scan}
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending != nil {
		o.pending.Stop()
		o.pending = nil
	}
	now, n := time.Now(), len(p)
	var entries []LogEntry
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		part := p
		if end >= 0 {
			part = p[:end]
		}
		if room := maxLogLine - len(o.line); len(part) > room {
			part, end = part[:room], room-1 // cut here; no byte is skipped
		}
		o.line = append(o.line, part...)
		if end < 0 {
			break
		}
		if e, ok := o.finish(now); ok {
			entries = append(entries, e)
		}
		p = p[end+1:]
	}
	o.logs.append(entries...)
	if len(o.line) > o.shown {
		o.pending = time.AfterFunc(partialAfter, o.showPartial)
	}
	return n, nil
}

// finish makes an entry of the line that has come to its end, unless all of it
// was shown before.
func (o *output) finish(now time.Time) (e LogEntry, ok bool) {
	line := bytes.TrimSuffix(o.line, []byte{'\r'})
	text := string(line)
	info := o.scan(text)
	rest := text[min(o.shown, len(text)):]
	ok = rest != "" || o.shown == 0
	o.line, o.shown = o.line[:0], 0
	return LogEntry{Time: now, Stream: o.stream, Text: rest, Level: info.Level, File: info.File, Line: info.Line}, ok
}

// showPartial logs what is there of the unfinished line.
func (o *output) showPartial() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) > o.shown {
		o.logs.append(LogEntry{Time: time.Now(), Stream: o.stream, Text: string(o.line[o.shown:])})
		o.shown = len(o.line)
	}
}

// close logs the last line if it had no end; nothing is written after it.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending != nil {
		o.pending.Stop()
		o.pending = nil
	}
	if len(o.line) > 0 {
		if e, ok := o.finish(time.Now()); ok {
			o.logs.append(e)
		}
	}
}
