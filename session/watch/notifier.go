package watch

import (
	"errors"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"
)

// notifier is a source of events for single directories, named by their real
// paths.
type notifier interface {
	Add(dir string) error
	Remove(dir string) error
	WatchList() []string
	Events() <-chan fsnotify.Event
	Errors() <-chan error
	Close() error // closes both channels
}

// systemNotifier is the notifier of the operating system.
type systemNotifier struct{ *fsnotify.Watcher }

func newSystemNotifier() (notifier, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return systemNotifier{w}, nil
}

func (n systemNotifier) Events() <-chan fsnotify.Event { return n.Watcher.Events }
func (n systemNotifier) Errors() <-chan error          { return n.Watcher.Errors }

// pump moves events from n to the inbox until n is closed. It must never wait
// for the loop: fsnotify sends some errors while it holds the lock that Add
// wants, and a queue that nobody reads overflows.
func pump(n notifier, in *inbox, log *slog.Logger) {
	events, errs := n.Events(), n.Errors()
	for events != nil || errs != nil {
		select {
		case e, ok := <-events:
			if !ok {
				events = nil
			} else if e.Op != fsnotify.Chmod {
				in.putEvent(e, time.Now())
			}
		case err, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			// What an error has cost is not known, so it counts as a loss.
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				log.Warn("watch: the system's event source failed; everything is scanned again", "err", err)
			}
			in.putOverflow(time.Now())
		}
	}
}
