package session

import (
	"context"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/target"
	"github.com/hotdev/hotdev/session/watch"
)

// event is the closed type of everything that can happen to a session; the
// loop handles one at a time.
type event interface{ event() }

type (
	changed struct{ batch watch.Batch } // files changed on disk
	problem struct{ watch.Problem }     // the watcher can't do all of its work
	saved   struct {                    // an editor saved files
		paths  []string
		text   []byte // of the only one, if an editor holds it; nil if that is not known
		change uint64 // the newest one in text
	}

	breakpointsSet struct{ published chan<- struct{} } // the debugger has new ones

	holdRequested   struct{ done chan<- struct{} }
	released        struct{} // a hold has ended
	applyRequested  struct{ files []string }
	reloadRequested struct{ result chan<- Reload }
	startRequested  struct {
		options StartOptions
		done    chan<- error
	}
	stopRequested     struct{ done chan<- error }
	rollbackRequested struct {
		rev     int
		result  chan<- Reload // gets the outcome if refused got nil
		refused chan<- error  // gets nil when the rollback begins
	}

	graphLoaded struct {
		work    *work
		graph   *graph.Graph
		guessed bool // the package was the one found before, not one that was asked for
		err     error
	}
	diagnosed struct { // findings of a build that still runs
		work *work
		list []diag.Diagnostic
	}
	buildEnded struct {
		work    *work
		result  build.Result
		sources *sources // as they were when it began; nil: nobody can debug
	}

	differed struct{ why string } // what was built last is not what go build makes
	guessed  struct {             // what was built before the save has come to its end
		spent  Speculation
		costly bool                // not only compilers that soon found an error
		likely *target.Binary      // the likeliest that was built; nil: none was
		files  map[string][]byte   // what it was built of
		whole  []map[string][]byte // what was built, by path, if it is all that was unsaved
	}

	prepared struct { // a process waits for the save
		ctx   context.Context   // of the wait
		files map[string][]byte // that are to be saved
		letGo func()
	}

	judged struct { // a save of what was guessed was built
		asTyped, asFormatted bool // it was the guess, or that as gofmt has it
		ready                bool // a build before the save had done it
		foreseeable          bool // the guess had stood for as long as a build takes
	}

	twinEnded struct{} // debug information was made ahead, or is not

	unsavedChecked struct { // errors in what editors hold
		rev  int // of what was saved before
		list []diag.Diagnostic
	}

	vetted struct { // warnings about a version that was built
		work *work
		list []diag.Diagnostic
	}

	launched struct { // a transition has come to its end
		t    *transition
		proc target.Process // nil: none was started
		err  error          // why not
	}
	ready    struct{ app *instance }
	notReady struct {
		app *instance
		err error
	}
	exited   struct{ app *instance }
	answered struct { // a version has answered its first request
		app  *instance
		at   time.Time
		took time.Duration
	}
	measured struct{} // the numbers of requests or the listeners have changed
	found    struct { // the app's output told of a panic or a race
		app  *instance
		list []diag.Diagnostic
	}
	routed struct { // the app's output told of a route
		app   *instance
		route diag.Route
	}
)

func (changed) event()           {}
func (problem) event()           {}
func (saved) event()             {}
func (judged) event()            {}
func (prepared) event()          {}
func (breakpointsSet) event()    {}
func (holdRequested) event()     {}
func (released) event()          {}
func (applyRequested) event()    {}
func (reloadRequested) event()   {}
func (startRequested) event()    {}
func (stopRequested) event()     {}
func (rollbackRequested) event() {}
func (graphLoaded) event()       {}
func (diagnosed) event()         {}
func (buildEnded) event()        {}
func (launched) event()          {}
func (ready) event()             {}
func (notReady) event()          {}
func (answered) event()          {}
func (exited) event()            {}
func (routed) event()            {}
func (measured) event()          {}
func (differed) event()          {}
func (vetted) event()            {}
func (guessed) event()           {}
func (twinEnded) event()         {}
func (unsavedChecked) event()    {}
func (found) event()             {}
