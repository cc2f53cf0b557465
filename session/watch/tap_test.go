package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/fsnotify/fsnotify"
)

// tap stands between the system's notifier, which lives outside of a synctest
// bubble, and a watcher inside of it: the events are real, and they come when
// the test passes them on.
//
// Goroutines: collect, which ends when the system's notifier is closed.
type tap struct {
	real   notifier
	marker string        // a directory that only the tap watches
	some   chan struct{} // holds one token while something is collected
	ended  chan struct{}

	mu        sync.Mutex
	collected []any // fsnotify.Event or error; guarded by mu

	events chan fsnotify.Event // of the bubble
	errs   chan error
	marks  int
	addErr func(dir string) error // makes Add fail; nil: never
}

// newTap is called outside of the bubble.
func newTap(t *testing.T) *tap {
	t.Helper()
	real, err := newSystemNotifier()
	if err != nil {
		t.Fatal(err)
	}
	tp := &tap{real: real, marker: t.TempDir(), some: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := real.Add(tp.marker); err != nil {
		t.Fatal(err)
	}
	go tp.collect()
	t.Cleanup(func() {
		real.Close()
		<-tp.ended
	})
	return tp
}

// enter makes what belongs to the bubble.
func (tp *tap) enter() (notifier, error) {
	tp.events, tp.errs = make(chan fsnotify.Event), make(chan error)
	return tp, nil
}

func (tp *tap) collect() {
	defer close(tp.ended)
	events, errs := tp.real.Events(), tp.real.Errors()
	for events != nil || errs != nil {
		var item any
		select {
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			item = e
		case err, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			item = err
		}
		tp.mu.Lock()
		tp.collected = append(tp.collected, item)
		tp.mu.Unlock()
		select {
		case tp.some <- struct{}{}:
		default:
		}
	}
}

// settle passes on everything that has happened on the disk so far, and what
// the watcher's own new watches make happen.
func (tp *tap) settle(t *testing.T) {
	t.Helper()
	for tp.pass(t, nil) {
		synctest.Wait()
	}
}

// pass passes on the events up to now, those that drop wants excepted, and
// reports whether there was one.
func (tp *tap) pass(t *testing.T, drop func(fsnotify.Event) bool) (some bool) {
	t.Helper()
	tp.marks++
	mark := filepath.Join(tp.marker, fmt.Sprint(tp.marks))
	if err := os.WriteFile(mark, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for {
		<-tp.some
		tp.mu.Lock()
		items := tp.collected
		tp.collected = nil
		tp.mu.Unlock()
		ended := false
		for _, item := range items {
			switch item := item.(type) {
			case error:
				some = true
				tp.errs <- item
			case fsnotify.Event:
				if strings.HasPrefix(item.Name, tp.marker) {
					ended = ended || item.Name == mark
				} else if drop == nil || !drop(item) {
					some = true
					tp.events <- item
				}
			}
		}
		if ended {
			return some
		}
	}
}

func (tp *tap) Add(dir string) error {
	if tp.addErr != nil {
		if err := tp.addErr(dir); err != nil {
			return err
		}
	}
	return tp.real.Add(dir)
}

func (tp *tap) Remove(dir string) error       { return tp.real.Remove(dir) }
func (tp *tap) WatchList() []string           { return tp.real.WatchList() }
func (tp *tap) Events() <-chan fsnotify.Event { return tp.events }
func (tp *tap) Errors() <-chan error          { return tp.errs }

func (tp *tap) Close() error {
	close(tp.events)
	close(tp.errs)
	return nil
}
