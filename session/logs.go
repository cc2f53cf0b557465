package session

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what is kept of the output: the oldest entries go first.
const (
	maxLogEntries = 20_000
	maxLogBytes   = 8 << 20
	maxLogLine    = 64 << 10 // a longer line becomes several entries
)

// logRing keeps the newest output lines under ever growing sequence numbers.
// Writers never wait for readers: a reader that is too slow misses entries and
// can tell how many by their numbers.
type logRing struct {
	mu      sync.Mutex
	entries []LogEntry // entries[i] has number next-len(entries)+i
	start   int        // entries before it are dropped; compacted now and then
	next    uint64     // number of the next entry, from 1
	bytes   int
	added   func() // told, outside mu, after each append
}

func newLogRing(added func()) *logRing { return &logRing{next: 1, added: added} }

// append numbers the entries and keeps them.
func (r *logRing) append(entries ...LogEntry) {
	if len(entries) == 0 {
		return
	}
	r.mu.Lock()
	for _, e := range entries {
		e.Seq = r.next
		r.next++
		r.bytes += len(e.Text)
		r.entries = append(r.entries, e)
	}
	for len(r.entries)-r.start > maxLogEntries || r.bytes > maxLogBytes {
		r.bytes -= len(r.entries[r.start].Text)
		r.entries[r.start] = LogEntry{}
		r.start++
	}
	if r.start > maxLogEntries { // amortised: each entry moves at most once
		r.entries = append(r.entries[:0:0], r.entries[r.start:]...)
		r.start = 0
	}
	r.mu.Unlock()
	r.added()
}

// from returns the kept entries from number n on (0: the oldest kept) and how
// many from there on are gone; the caller holds mu and copies what it keeps.
func (r *logRing) from(n uint64) (kept []LogEntry, missed uint64) {
	kept = r.entries[r.start:]
	oldest := r.next - uint64(len(kept))
	switch {
	case n == 0:
		return kept, 0
	case n >= r.next:
		return nil, 0
	case n < oldest:
		return kept, oldest - n
	default:
		return kept[n-oldest:], 0
	}
}

// newest returns the kept entries from number n on, at most the newest limit
// (0: all), and how many from there on are gone.
func (r *logRing) newest(n uint64, limit int) (entries []LogEntry, missed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, missed := r.from(n)
	if limit > 0 && len(kept) > limit {
		kept = kept[len(kept)-limit:]
	}
	return slices.Clone(kept), missed
}

// oldest is newest with the oldest limit entries instead.
func (r *logRing) oldest(n uint64, limit int) (entries []LogEntry, missed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, missed := r.from(n)
	return slices.Clone(kept[:min(limit, len(kept))]), missed
}

// head is the number that the next entry will get.
func (r *logRing) head() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// say appends one line of hotdev's own.
func (r *logRing) say(level, text string) {
	r.append(LogEntry{Time: time.Now(), Stream: HotdevStream, Text: text, Level: level})
}
