package watch

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// inBubble runs a test on a tree with one file, main.go, inside of a bubble.
// save writes the file anew and sends the event of it.
func inBubble(t *testing.T, root string, test func(t *testing.T, w *Watcher, save func())) {
	path := filepath.Join(root, "main.go")
	writeFile(t, path, "package main")
	tp := newTap(t)
	synctest.Test(t, func(t *testing.T) {
		w := startWatcher(t, pollNever, tp)
		w.SetGraph(newFakeGraph(root, "."))
		n := 0
		test(t, w, func() {
			n++
			writeFile(t, path, fmt.Sprint("package main // ", n))
			tp.events <- fsnotify.Event{Name: path, Op: fsnotify.Create}
		})
	})
}

// writeFile writes a file at one stroke, for the watcher may look at any
// moment.
func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"~", []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

// arrivals takes batches until the watcher is closed, and passes on when they
// came.
func arrivals(w *Watcher) <-chan time.Time {
	times := make(chan time.Time, 1000)
	go func() {
		for range w.Batches() {
			times <- time.Now()
		}
	}()
	return times
}

func TestLoneSaveWaitsShortly(t *testing.T) {
	inBubble(t, tempDir(t), func(t *testing.T, w *Watcher, save func()) {
		for range 3 {
			start := time.Now()
			save()
			b := <-w.Batches()
			if wait := time.Since(start); wait > 15*time.Millisecond {
				t.Errorf("a lone save waited %v", wait)
			}
			if !b.First.Equal(start) {
				t.Errorf("First = %v, want %v", b.First, start)
			}
			<-time.After(time.Second)
		}
	})
}

// The quiet period grows with a burst and is bounded.
func TestBurstSettles(t *testing.T) {
	inBubble(t, tempDir(t), func(t *testing.T, w *Watcher, save func()) {
		times := arrivals(w)
		for range 50 {
			save()
			<-time.After(20 * time.Millisecond)
		}
		end := time.Now()
		<-time.After(quietMax)
		synctest.Wait()
		n := len(times)
		if n == 0 || n > 8 {
			t.Errorf("50 saves in a second gave %d batches", n)
		}
		var last time.Time
		for range n {
			last = <-times
		}
		if last.Before(end) {
			t.Errorf("the last batch came %v before the end of the burst", end.Sub(last))
		}
	})
}

// A disk that is never quiet delays a batch by maxHold at most.
func TestEndlessBurst(t *testing.T) {
	inBubble(t, tempDir(t), func(t *testing.T, w *Watcher, save func()) {
		times := arrivals(w)
		start := time.Now()
		for time.Since(start) < 10*time.Second {
			save()
			<-time.After(20 * time.Millisecond)
		}
		synctest.Wait()
		for last := start; len(times) > 0; {
			at := <-times
			if gap := at.Sub(last); gap > maxHold+quietMax {
				t.Errorf("no batch for %v", gap)
			}
			last = at
		}
	})
}

func TestGitAtWork(t *testing.T) {
	t.Run("held until the lock goes", func(t *testing.T) {
		root := tempDir(t)
		lock := filepath.Join(root, ".git", "index.lock")
		inBubble(t, root, func(t *testing.T, w *Watcher, save func()) {
			times := arrivals(w)
			writeFile(t, lock, "")
			w.SetGraph(newFakeGraph(root, ".")) // finds .git
			for range 10 {
				save()
				<-time.After(time.Second)
			}
			synctest.Wait()
			if len(times) > 0 {
				t.Fatal("a batch came while git was at work")
			}
			if err := os.Remove(lock); err != nil {
				t.Fatal(err)
			}
			<-time.After(2 * quietMax)
			synctest.Wait()
			if len(times) != 1 {
				t.Fatalf("git's work gave %d batches, want 1", len(times))
			}
		})
	})
	t.Run("held while the disk stalls", func(t *testing.T) {
		root := tempDir(t)
		writeFile(t, filepath.Join(root, ".git", "index.lock"), "")
		tp := newTap(t)
		synctest.Test(t, func(t *testing.T) {
			w := startWatcher(t, pollNever, tp)
			w.SetGraph(newFakeGraph(root, "."))
			for i := range gitFew + 1 {
				writeFile(t, filepath.Join(root, fmt.Sprintf("f%d.go", i)), "package main")
			}
			tp.settle(t)
			select {
			case b := <-w.Batches():
				t.Fatalf("a batch of %d came in the middle of a checkout", len(b.Changes))
			case <-time.After(5 * gitIdle):
			}
		})
	})
	t.Run("not for ever", func(t *testing.T) {
		root := tempDir(t)
		writeFile(t, filepath.Join(root, ".git", "index.lock"), "")
		inBubble(t, root, func(t *testing.T, w *Watcher, save func()) {
			times := arrivals(w)
			for start := time.Now(); time.Since(start) < maxGitHold; {
				save()
				<-time.After(time.Second)
			}
			<-time.After(2 * quietMax)
			synctest.Wait()
			if len(times) == 0 {
				t.Fatalf("no batch for %v while git is at work", maxGitHold)
			}
		})
	})
	t.Run("waiting for a person", func(t *testing.T) {
		root := tempDir(t)
		writeFile(t, filepath.Join(root, ".git", "index.lock"), "")
		inBubble(t, root, func(t *testing.T, w *Watcher, save func()) {
			save()
			select {
			case <-w.Batches():
			case <-time.After(gitIdle + 2*quietMax):
				t.Fatal("a git that does nothing holds a save up")
			}
		})
	})
	t.Run("a stale lock", func(t *testing.T) {
		root := tempDir(t)
		lock := filepath.Join(root, ".git", "index.lock")
		writeFile(t, lock, "")
		// The bubble's clock starts at 2000.
		if err := os.Chtimes(lock, time.Time{}, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		inBubble(t, root, func(t *testing.T, w *Watcher, save func()) {
			save()
			select {
			case <-w.Batches():
			case <-time.After(15 * time.Millisecond):
				t.Fatal("a stale lock holds a save up")
			}
		})
	})
	t.Run("linked work tree", func(t *testing.T) {
		top := tempDir(t)
		root := filepath.Join(top, "tree")
		writeFile(t, filepath.Join(root, ".git"), "gitdir: ../repo/worktrees/tree\n")
		writeFile(t, filepath.Join(top, "repo", "worktrees", "tree", "index.lock"), "")
		inBubble(t, root, func(t *testing.T, w *Watcher, save func()) {
			save()
			select {
			case <-w.Batches():
				t.Fatal("a batch came while git was at work")
			case <-time.After(time.Second):
			}
		})
	})
}

// What polling finds comes soon after a change, and within a bounded time at
// rest.
func TestPollPauses(t *testing.T) {
	root := tempDir(t)
	path := filepath.Join(root, "main.go")
	writeFile(t, path, "package main")
	synctest.Test(t, func(t *testing.T) {
		w := startWatcher(t, pollAlways, nil)
		w.SetGraph(newFakeGraph(root, "."))
		for i, rest := range []time.Duration{0, time.Hour, 0} {
			<-time.After(rest)
			start := time.Now()
			writeFile(t, path, strings.Repeat("/", i+1))
			<-w.Batches()
			limit := pollMin + quietPoll
			if rest > 0 {
				limit = pollRest + quietPoll
			}
			if wait := time.Since(start); wait > limit+quietMax {
				t.Errorf("after %v of rest a save was noticed after %v", rest, wait)
			}
		}
	})
}

// Sweeps that find a directory still missing don't hold its batch up.
func TestPollRemovedDirectory(t *testing.T) {
	root := tempDir(t)
	writeFile(t, filepath.Join(root, "a", "x.go"), "package x")
	synctest.Test(t, func(t *testing.T) {
		w := startWatcher(t, pollAlways, nil)
		w.SetGraph(newFakeGraph(root, ".", "a"))
		if err := os.RemoveAll(filepath.Join(root, "a")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		<-w.Batches()
		if wait := time.Since(start); wait > time.Second {
			t.Errorf("the removal was noticed after %v", wait)
		}
	})
}

// A file system whose time stamps are coarse gives two saves the same one.
func TestPollCoarseTimeStamps(t *testing.T) {
	root := tempDir(t)
	path := filepath.Join(root, "main.go")
	stamp := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(content string) {
		writeFile(t, path, content)
		if err := os.Chtimes(path, time.Time{}, stamp); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	stamp = stamp.Add(time.Hour)
	synctest.Test(t, func(t *testing.T) {
		w := startWatcher(t, pollAlways, nil)
		w.SetGraph(newFakeGraph(root, "."))
		for _, content := range []string{"two", "six", "ten"} {
			write(content)
			select {
			case <-w.Batches():
			case <-time.After(time.Minute):
				t.Fatalf("the save of %q, with an old time stamp, was lost", content)
			}
			<-time.After(time.Second)
		}
	})
}

// inBatches makes, in a bubble, batches of saves in two files, and says what is wrong
// with how long they waited and what they are.
func inBatches(t *testing.T, test func(w *Watcher, b *batches)) {
	root := tempDir(t)
	b := &batches{main: filepath.Join(root, "main.go"), other: filepath.Join(root, "other.go"), edited: map[string]bool{}}
	inBubble(t, root, func(t *testing.T, w *Watcher, save func()) {
		b.T, b.w, b.event = t, w, save
		test(w, b)
	})
}

type batches struct {
	*testing.T
	w           *Watcher
	main, other string // the files
	event       func() // saves main, of which there is an event

	mu     sync.Mutex
	edited map[string]bool // what is to be saved
}

func (b *batches) more(files map[string][]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for path := range b.edited {
		if files[path] == nil {
			return true
		}
	}
	return false
}

// edits says whether a file is to be saved.
func (b *batches) edits(path string, is bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.edited[path] = is
	if !is {
		delete(b.edited, path)
	}
}

// saves writes a file, and tells of it as an event would.
func (b *batches) saves(path, text string) {
	writeFile(b.T, path, text)
	b.w.Saved(path)
}

// tells writes files, then tells of each that it was written.
func (b *batches) tells(files map[string][]byte) {
	for path, text := range files {
		b.edits(path, true)
		writeFile(b.T, path, string(text))
	}
	for path, text := range files {
		b.w.Written(path, text, b.more)
		b.edits(path, false)
	}
}

// row is a row of saves, which begins what is to be waited for longer.
func (b *batches) row() {
	for range 100 / 5 {
		b.event()
		<-time.After(5 * time.Millisecond)
	}
}

// waits holds that what do does is one batch after a time.
func (b *batches) waits(what string, least, most time.Duration, as map[string][]byte, do func()) {
	b.Helper()
	start := time.Now()
	do()
	is := <-b.w.Batches()
	if wait := time.Since(start); wait < least || wait > most || len(is.Changes) == 0 || is.Flushed {
		b.Errorf("%s waited %v: %+v", what, wait, is)
	}
	if (is.Expected == nil) != (as == nil) || !maps.EqualFunc(is.Expected, as, bytes.Equal) {
		b.Errorf("%s is %s", what, is.Expected)
	}
	select {
	case is := <-b.w.Batches():
		b.Errorf("%s: one batch more: %+v", what, is)
	case <-time.After(time.Second):
	}
}

// What was expected waits for nothing; anything else does.
func TestExpectedWaitsForNothing(t *testing.T) {
	inBatches(t, func(w *Watcher, b *batches) {
		alone, both := map[string][]byte{b.main: []byte("package main // alone")}, map[string][]byte{b.main: []byte("package main // one"), b.other: []byte("package main // two")}
		w.Expect([]map[string][]byte{alone, both}, b.more)
		b.waits("what was expected", 0, 0, alone, func() { b.saves(b.main, "package main // alone") })
		b.waits("another text", quietMin, quietMin, nil, func() { b.saves(b.main, "package main // something") })
		b.waits("what is told of twice", 0, 0, alone, func() {
			b.saves(b.main, "package main // alone")
			w.Saved(b.main)
		})
		b.waits("one of two", quietMin, quietMin, nil, func() { b.saves(b.main, "package main // one") })
		b.waits("the other one", 0, 0, both, func() { b.saves(b.other, "package main // two") })
		b.waits("something beside", quietMin, quietMin, nil, func() {
			b.saves(filepath.Join(filepath.Dir(b.main), "more.go"), "package main")
			b.saves(b.main, "package main // alone")
		})
		b.edits("elsewhere.html", true)
		b.waits("with more to save", quietMin, quietMin, nil, func() { b.saves(b.main, "package main // one") })
		b.edits("elsewhere.html", false)
		b.waits("the end of a row", quietMin+1, quietMax, alone, func() {
			b.row()
			b.saves(b.main, "package main // alone")
		})
		w.Expect(nil, nil)
		b.waits("what is not expected any more", quietMin, quietMin, nil, func() { b.saves(b.main, "package main // one") })
	})
}

// What an editor told of waits for nothing, if nothing else has changed and there is
// nothing more to save.
func TestWrittenWaitsForNothing(t *testing.T) {
	inBatches(t, func(w *Watcher, b *batches) {
		text := func(s string) []byte { return []byte("package main // " + s) }
		b.waits("a save", 0, 0, nil, func() { b.tells(map[string][]byte{b.main: text("told")}) })
		b.waits("a save that an event told of", 5*time.Millisecond, 5*time.Millisecond, nil, func() {
			b.event()
			<-time.After(5 * time.Millisecond)
			b.tells(map[string][]byte{b.main: text("told later")})
		})
		b.waits("another text than the editor's", quietMin, quietMin, nil, func() {
			writeFile(t, b.main, "package main // formatted")
			w.Written(b.main, text("typed"), b.more)
		})
		b.waits("two files", 0, 0, nil, func() { b.tells(map[string][]byte{b.main: text("1"), b.other: text("2")}) })
		b.waits("a file beside", quietMin, quietMin, nil, func() {
			b.saves(b.other, "package main // unknown")
			b.tells(map[string][]byte{b.main: text("known")})
		})
		b.waits("a file that was told of before", quietMin, quietMin, nil, func() { b.saves(b.main, "package main // 3") })
		b.edits("elsewhere.html", true)
		b.waits("with more to save", quietMin, quietMin, nil, func() { b.tells(map[string][]byte{b.main: text("one of two")}) })
		b.edits("elsewhere.html", false)
		b.waits("the end of a row", quietMin+1, quietMax, nil, func() {
			b.row()
			b.tells(map[string][]byte{b.main: text("the last one")})
		})
		expected := map[string][]byte{b.main: text("expected")}
		w.Expect([]map[string][]byte{expected}, b.more)
		b.waits("what was expected, too", 0, 0, expected, func() { b.tells(expected) })
	})
}

// Git holds up what was expected or told of, too.
func TestExpectedWaitsForGit(t *testing.T) {
	inBatches(t, func(w *Watcher, b *batches) {
		root := filepath.Dir(b.main)
		writeFile(b, filepath.Join(root, ".git", "index.lock"), "")
		w.SetGraph(newFakeGraph(root, ".")) // finds .git
		saved := map[string][]byte{b.main: []byte("package main // 1")}
		w.Expect([]map[string][]byte{saved}, b.more)
		b.tells(saved)
		select {
		case <-w.Batches():
			b.Error("a batch came while git was at work")
		case <-time.After(time.Second):
		}
	})
}

// What joins a batch that nobody has taken is not what was expected, unless that
// was the same.
func TestExpectedJoinsABatch(t *testing.T) {
	root := tempDir(t)
	path := filepath.Join(root, "main.go")
	inBubble(t, root, func(t *testing.T, w *Watcher, _ func()) {
		w.Expect([]map[string][]byte{{path: []byte("package main // expected")}}, func(map[string][]byte) bool { return false })
		for first, joins := range map[string]bool{path: true, filepath.Join(root, "other.go"): false} {
			for _, path := range []string{first, path} {
				writeFile(t, path, "package main // "+fmt.Sprint(joins))
				writeFile(t, path, "package main // expected")
				w.Saved(path)
				<-time.After(time.Second)
			}
			if b := <-w.Batches(); (b.Expected != nil) != joins || len(b.Changes) == 0 {
				t.Errorf("%s joined: %+v", first, b)
			}
			writeFile(t, path, "package main")
			w.Saved(path)
			<-w.Batches()
		}
	})
}
