package watch

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// maxInbox bounds the distinct paths that wait for the loop; beyond it
// everything is scanned again, which costs less than to go on counting.
const maxInbox = 1 << 16

// inbox is where events wait for the loop, each path once. Any goroutine may
// put; only the loop takes.
type inbox struct {
	signal chan struct{} // holds one token while something waits

	mu   sync.Mutex
	mail mail // guarded by mu
}

// mail is what came in since the loop last looked.
type mail struct {
	first, last time.Time              // of the events; zero when there is none
	events      map[string]fsnotify.Op // by the path as the system names it
	saved       map[string]bool        // by the path as an editor names it
	overflow    bool                   // events were lost
	flush       bool                   // Flush was called
	expected    *expectation           // Expect was called, last with this
	written     expectation            // what Written was called with
}

// save notes files that an editor has saved.
func (m *mail) save(paths []string) {
	if m.saved == nil {
		m.saved = make(map[string]bool)
	}
	for _, path := range paths {
		m.saved[filepath.Clean(path)] = true
	}
}

func newInbox() *inbox {
	return &inbox{signal: make(chan struct{}, 1)}
}

func (in *inbox) putEvent(e fsnotify.Event, now time.Time) {
	in.put(now, func(m *mail) {
		if m.events == nil {
			m.events = make(map[string]fsnotify.Op)
		}
		m.events[e.Name] |= e.Op
		if len(m.events) > maxInbox {
			m.events = nil
			m.overflow = true
		}
	})
}

func (in *inbox) putSaved(paths []string, now time.Time) {
	if len(paths) == 0 {
		return
	}
	in.put(now, func(m *mail) { m.save(paths) })
}

func (in *inbox) putFlush(paths []string, now time.Time) {
	in.put(now, func(m *mail) {
		m.save(paths)
		m.flush = true
	})
}

func (in *inbox) putOverflow(now time.Time) {
	in.put(now, func(m *mail) { m.overflow = true })
}

func (in *inbox) put(now time.Time, change func(*mail)) {
	in.mu.Lock()
	change(&in.mail)
	if in.mail.first.IsZero() {
		in.mail.first = now
	}
	in.mail.last = now
	in.mu.Unlock()
	select {
	case in.signal <- struct{}{}:
	default:
	}
}

// take empties the inbox.
func (in *inbox) take() mail {
	in.mu.Lock()
	defer in.mu.Unlock()
	m := in.mail
	in.mail = mail{}
	return m
}
