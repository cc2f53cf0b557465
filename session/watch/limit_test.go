package watch

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// When the system has no watch left, the directories that got none are polled,
// people are told once, and the next graph tries again.
func TestNoWatchesLeft(t *testing.T) {
	root := tempDir(t)
	for _, dir := range []string{"a", "b", "c"} {
		writeFile(t, filepath.Join(root, dir, "x.go"), "package x")
	}
	tp := newTap(t)
	synctest.Test(t, func(t *testing.T) {
		left := 2
		tp.addErr = func(string) error {
			if left == 0 {
				return fmt.Errorf("adding: %w", syscall.ENOSPC)
			}
			left--
			return nil
		}
		s := &script{root: root, w: startWatcher(t, pollAuto, tp), tap: tp, clock: time.Now()}
		g := newFakeGraph(root, ".", "a", "b", "c")
		s.w.SetGraph(g)
		p := <-s.w.Problems()
		if !strings.HasPrefix(p.Message, "2 of 4 directories") || !strings.Contains(p.Message, filepath.Join(root, "b")) {
			t.Errorf("Message = %q", p.Message)
		}
		if p.Mend == "" {
			t.Error("the problem has no mend")
		}
		for _, dir := range []string{"a", "b", "c"} {
			s.do(t, "write "+dir+"/x.go package x // edited")
		}
		want := []string{"modified rebuild a/x.go", "--", "modified rebuild b/x.go", "modified rebuild c/x.go"}
		if got := s.settle(t); !slices.Equal(got, want) {
			t.Errorf("reported %q, want %q", got, want)
		}

		left = 100
		s.w.SetGraph(g)
		if got := len(tp.WatchList()); got != 5 { // with the tap's own
			t.Errorf("%d watches after the limit was raised: %q", got, tp.WatchList())
		}
		s.do(t, "write b/x.go package x // by an event")
		if got := s.settle(t); !slices.Equal(got, []string{"modified rebuild b/x.go"}) {
			t.Errorf("after the limit was raised, reported %q", got)
		}
		select {
		case p := <-s.w.Problems():
			t.Errorf("another problem: %+v", p)
		default:
		}
	})
}

// With poll = "never" the loss is told, and nothing is polled.
func TestNoWatchesLeftNeverPolled(t *testing.T) {
	root := tempDir(t)
	tp := newTap(t)
	synctest.Test(t, func(t *testing.T) {
		tp.addErr = func(string) error { return syscall.ENOSPC }
		w := startWatcher(t, pollNever, tp)
		w.SetGraph(newFakeGraph(root, "."))
		if p := <-w.Problems(); !strings.Contains(p.Message, "not watched at all") {
			t.Errorf("Message = %q", p.Message)
		}
		writeFile(t, filepath.Join(root, "x.go"), "package x")
		select {
		case b := <-w.Batches():
			t.Errorf("reported %v", b)
		case <-time.After(time.Minute):
		}
		// The next graph finds that there is room, and what was missed.
		tp.addErr = nil
		w.SetGraph(newFakeGraph(root, "."))
		if b := <-w.Batches(); len(b.Changes) != 1 {
			t.Errorf("reported %v", b)
		}
	})
}

// With poll = "never", what an editor tells counts where no event comes.
func TestSavedWithoutWatches(t *testing.T) {
	root := tempDir(t)
	tp := newTap(t)
	synctest.Test(t, func(t *testing.T) {
		tp.addErr = func(string) error { return syscall.ENOSPC }
		w := startWatcher(t, pollNever, tp)
		w.SetGraph(newFakeGraph(root, "."))
		writeFile(t, filepath.Join(root, "x.go"), "package x")
		w.Saved(filepath.Join(root, "x.go"))
		<-w.Batches()
	})
}

func TestNoEventSource(t *testing.T) {
	root := tempDir(t)
	sys := system{
		newNotifier: func() (notifier, error) { return nil, fmt.Errorf("inotify: %w", syscall.EMFILE) },
		eventless:   func(string) string { return "" },
	}
	if _, err := newWatcher(Options{Poll: pollNever}, sys); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("with poll = never, New = %v", err)
	}
	if _, err := New(Options{Poll: "sometimes"}); err == nil {
		t.Error("New takes an unknown Options.Poll")
	}
	synctest.Test(t, func(t *testing.T) {
		w, err := newWatcher(Options{}, sys)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		w.SetGraph(newFakeGraph(root, "."))
		if p := <-w.Problems(); p.Mend == "" || !strings.Contains(p.Message, "polled") {
			t.Errorf("problem = %+v", p)
		}
		writeFile(t, filepath.Join(root, "x.go"), "package x")
		<-w.Batches()
	})
}

// Directories on a file system without events are polled, the others are not.
func TestEventlessFileSystem(t *testing.T) {
	root := tempDir(t)
	for _, path := range []string{"x.go", "remote/x.go"} {
		writeFile(t, filepath.Join(root, path), "package x")
	}
	tp := newTap(t)
	synctest.Test(t, func(t *testing.T) {
		w, err := newWatcher(Options{}, system{
			newNotifier: tp.enter,
			eventless: func(dir string) string {
				if filepath.Base(dir) == "remote" {
					return "9p"
				}
				return ""
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		w.SetGraph(newFakeGraph(root, ".", "remote"))
		if got, want := tp.WatchList(), []string{root, tp.marker}; len(got) != 2 || !slices.Contains(got, root) {
			t.Errorf("watches = %q, want %q", got, want)
		}
		writeFile(t, filepath.Join(root, "remote", "x.go"), "package x // edited")
		if got := format(root, <-w.Batches()); !slices.Equal(got, []string{"modified rebuild remote/x.go"}) {
			t.Errorf("reported %q", got)
		}
	})
}

// After the system has lost events, everything is looked at.
func TestOverflow(t *testing.T) {
	root := tempDir(t)
	for _, path := range []string{"x.go", "a/x.go", "b/x.go", "b/old.go"} {
		writeFile(t, filepath.Join(root, path), "package x")
	}
	tp := newTap(t)
	synctest.Test(t, func(t *testing.T) {
		s := &script{root: root, w: startWatcher(t, pollNever, tp), tap: tp, clock: time.Now()}
		s.w.SetGraph(newFakeGraph(root, ".", "a", "b"))
		for _, line := range []string{
			"write x.go package x // edited",
			"rm a", "write a/x.go package x // replaced",
			"rm b/old.go",
			"write c/d/new.go package d",
		} {
			s.do(t, line)
		}
		tp.pass(t, func(fsnotify.Event) bool { return true })
		tp.errs <- fsnotify.ErrEventOverflow
		synctest.Wait()
		want := []string{"modified rebuild a/x.go", "removed rebuild b/old.go", "created outside c/d/new.go", "modified rebuild x.go"}
		if got := s.settle(t); !slices.Equal(got, want) {
			t.Errorf("reported %q, want %q", got, want)
		}
		// Everything is watched again.
		for _, path := range []string{"a/x.go", "b/x.go", "c/d/new.go", "x.go"} {
			s.do(t, "write "+path+" package x // once more")
		}
		if got := s.settle(t); len(got) != 4 {
			t.Errorf("after the overflow, reported %q", got)
		}
	})
}

// More different paths than the inbox holds count as an overflow.
func TestInboxBound(t *testing.T) {
	in := newInbox()
	for i := range maxInbox + 1 {
		in.putEvent(fsnotify.Event{Name: fmt.Sprint(i), Op: fsnotify.Write}, time.Now())
	}
	if m := in.take(); !m.overflow || len(m.events) > 0 {
		t.Errorf("overflow = %v with %d paths", m.overflow, len(m.events))
	}
	if m := in.take(); m.overflow {
		t.Error("the overflow is told twice")
	}
}

// Close ends a watcher that has something to say to nobody; afterwards nothing
// blocks.
func TestClose(t *testing.T) {
	root := tempDir(t)
	writeFile(t, filepath.Join(root, "x.go"), "package x")
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.SetGraph(newFakeGraph(root, "."))
	writeFile(t, filepath.Join(root, "x.go"), "package x // edited")
	w.Saved(filepath.Join(root, "x.go"))
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	for range w.Batches() {
	}
	for range w.Problems() {
	}
	w.Saved(filepath.Join(root, "x.go"))
	w.SetGraph(newFakeGraph(root, "."))
}
