// Package watch turns what happens on the disk into settled, classified batches
// of changes. It watches the directories that the build graph names, looks at a
// file's content before it reports it, and polls where the system sends no
// events.
//
// It refuses to know what a change means: the graph classes each path, and the
// receiver of a batch decides what to do about it. An event is only ever a
// reason to look at a path; what is reported is the difference between what the
// disk holds now and what the receiver was told last, so that a lost, doubled
// or reordered event can't make a wrong report.
package watch

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/graph"
)

// Graph is what the watcher needs of the build graph; *graph.Graph has it.
type Graph interface {
	// Dirs returns the absolute paths of the directories to watch, with those
	// on the way to them; they need not exist any more.
	Dirs() []string
	// Watches reports whether a directory that appeared later should be watched
	// too.
	Watches(dir string) bool
	// Classify says what a change of the file at an absolute path means, with
	// the reason in one sentence.
	Classify(path string) (graph.Class, string)
}

// Options configure a Watcher.
type Options struct {
	// Poll is "auto" (or ""): poll only the directories whose file system sends
	// no events, or for which the system has no watch left; "always": poll
	// everything; "never": rely on events alone.
	Poll   string
	Logger *slog.Logger // nil: no log
}

// The values of Options.Poll.
const (
	pollAuto   = "auto"
	pollAlways = "always"
	pollNever  = "never"
)

// Op is what happened to a file.
type Op string

// The operations.
const (
	Created  Op = "created"
	Modified Op = "modified"
	Removed  Op = "removed"
)

// Change is one file whose content differs from what was last reported.
type Change struct {
	Path   string // absolute, as the graph names its directory
	Op     Op
	Class  graph.Class
	Reason string // the graph's sentence for Class
}

// Batch is what changed between two quiet moments. It holds each path once.
type Batch struct {
	First   time.Time // when the first event of the batch came
	Changes []Change  // sorted by path
	Flushed bool      // Flush was called: Changes may be empty
	// Expected is the set of Expect that Changes are, and nothing else was on the way;
	// nil: they are none.
	Expected map[string][]byte
}

// Problem tells people that watching is worse than it should be.
type Problem struct {
	Message string // what is the matter
	Mend    string // what to do about it
}

// Watcher watches the directories of a graph.
//
// Reported are the files of the classes rebuild, restart, reload and config,
// and of the classes test and outside those that a build could take in, such
// as .go files and go.mod. Editors' temporary files never are.
//
// Goroutines: the loop owns all state and ends when Close closes quit; the pump,
// which the loop starts and waits for, moves the system's events to the inbox
// and never waits for the loop. It ends when the loop closes the notifier, which
// waits for its own reader.
type Watcher struct {
	inbox    *inbox
	retarget chan retarget
	batches  chan Batch
	problems chan Problem
	quit     chan struct{}
	done     chan struct{} // closed when the loop has ended

	closing  sync.Once
	closeErr error // set by the loop before done
}

// retarget asks the loop to watch for another graph.
type retarget struct {
	graph   Graph
	applied chan struct{}
}

// New starts a Watcher, which reports nothing before its first SetGraph. It
// fails on an unknown Options.Poll, and with "never" when the system gives no
// event source.
func New(opt Options) (*Watcher, error) {
	return newWatcher(opt, system{newNotifier: newSystemNotifier, eventless: eventless})
}

// system is what the watcher asks of the operating system.
type system struct {
	newNotifier func() (notifier, error)
	eventless   func(dir string) string // name of dir's file system if it sends no events, else ""
}

func newWatcher(opt Options, sys system) (*Watcher, error) {
	switch opt.Poll {
	case "":
		opt.Poll = pollAuto
	case pollAuto, pollAlways, pollNever:
	default:
		return nil, fmt.Errorf("watch: poll = %q: want auto, always or never", opt.Poll)
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	t := newTree(opt, sys.eventless)
	if opt.Poll != pollAlways {
		n, err := sys.newNotifier()
		switch {
		case err == nil:
			t.notify = n
		case opt.Poll == pollNever:
			return nil, fmt.Errorf("watch: the system gives no event source, and polling is off: %w", err)
		default:
			t.problem(noNotifier(err))
		}
	}
	w := &Watcher{
		inbox:    newInbox(),
		retarget: make(chan retarget),
		batches:  make(chan Batch),
		problems: make(chan Problem),
		quit:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	go w.loop(t)
	return w, nil
}

// SetGraph watches what g needs from now on. When it returns, every directory
// of g is watched: a build that starts afterwards sees everything that was not
// reported, and everything later is reported. Directories that stay keep their
// watches and what is pending for them. After Close it does nothing.
func (w *Watcher) SetGraph(g Graph) {
	r := retarget{graph: g, applied: make(chan struct{})}
	select {
	case w.retarget <- r:
		<-r.applied
	case <-w.done:
	}
}

// Saved tells of saves that an editor has made, as absolute paths. It never
// blocks. A save that the system tells of too is reported once.
func (w *Watcher) Saved(paths ...string) {
	w.inbox.putSaved(paths, time.Now())
}

// Flush is Saved, and asks for a batch that says so: with it, the saves of paths
// and all events that came before the call have been reported. Before the first
// SetGraph it does nothing.
func (w *Watcher) Flush(paths ...string) {
	w.inbox.putFlush(paths, time.Now())
}

// Batches returns the channel of batches, which Close closes. A batch that
// nobody takes stays up to date: later changes are merged into it, and it goes
// away when everything in it was undone.
func (w *Watcher) Batches() <-chan Batch { return w.batches }

// Problems returns the channel of problems, which Close closes. Each is sent
// once; a receiver that doesn't come delays nothing.
func (w *Watcher) Problems() <-chan Problem { return w.problems }

// Close ends watching and waits until everything that the watcher started is
// gone. It may be called more than once.
func (w *Watcher) Close() error {
	w.closing.Do(func() { close(w.quit) })
	<-w.done
	return w.closeErr
}
