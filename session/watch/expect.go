package watch

import (
	"bytes"
	"maps"
	"os"
	"time"
)

// expectation is what saves may write, after which nothing is waited for.
type expectation struct {
	sets []map[string][]byte
	more func(files map[string][]byte) bool
}

// Expect tells what the next save is likely to write: one of several sets of
// files, by path as the graph names them, with their texts. When that is on the
// disk, it makes a batch at once, unless something else has just changed, git is
// at work, or more reports that editors have something else to save. What was
// expected before is not any more. more is called by the watcher's goroutine;
// neither it nor the sets may change.
func (w *Watcher) Expect(sets []map[string][]byte, more func(files map[string][]byte) bool) {
	w.inbox.put(time.Now(), func(m *mail) { m.expected = &expectation{sets, more} })
}

// Written tells that an editor has saved a file, by path as the graph names it, with
// this text: it is Saved, and makes a batch at once when that, and what Written told
// of since the batch before, is all that has changed. What holds up what Expect was
// told of holds up this, too. The text must not change any more.
func (w *Watcher) Written(path string, text []byte, more func(files map[string][]byte) bool) {
	w.inbox.put(time.Now(), func(m *mail) {
		m.save([]string{path})
		m.written.add(map[string][]byte{path: text}, more)
	})
}

// add adds files to the one set of e.
func (e *expectation) add(files map[string][]byte, more func(files map[string][]byte) bool) {
	if len(e.sets) == 0 {
		e.sets = []map[string][]byte{{}}
	}
	maps.Copy(e.sets[0], files)
	e.more = more
}

// met returns what was expected if that is what is to be looked at; nil if not.
func (e *expectation) met(t *tree) map[string][]byte {
	for _, files := range e.sets {
		if onlyDirty(t, files) && AreWritten(files) && !e.more(files) {
			return files
		}
	}
	return nil
}

// AreWritten reports whether files, by path, hold these texts on the disk.
func AreWritten(files map[string][]byte) bool {
	for path, text := range files {
		if is, err := os.ReadFile(path); err != nil || !bytes.Equal(is, text) {
			return false
		}
	}
	return true
}
