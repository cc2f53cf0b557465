package session

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lockedOut returns the line of app's output that tells of a lock; "" for none.
// An address that the front door could not get is no lock of another version.
func (l *loop) lockedOut(app *instance) string {
	if app.refused.Load() != nil {
		return ""
	}
	entries, _ := l.s.hub.logs.newest(app.firstLog, 0)
	return saysLocked(entries)
}

// locked are words by which programs say that another process has what they
// need.
var locked = []string{"already in use", "resource temporarily unavailable", "is locked", "lock held", "another process", "another instance", "could not acquire", "cannot acquire", "unable to lock", "failed to lock"}

// saysLocked reports whether the last lines of app's output tell of a lock.
func saysLocked(entries []LogEntry) string {
	for _, e := range entries {
		text := strings.ToLower(e.Text)
		if slices.ContainsFunc(locked, func(w string) bool { return strings.Contains(text, w) }) {
			return e.Text
		}
	}
	return ""
}

// Learned returns why versions of an app can't run at once, as a session with
// this Options.CacheDir has found out; "" if nothing is known to be in the way.
// It stays in file over restarts: without the file the next session tries again.
func Learned(cacheDir string) (why, file string, err error) {
	file = learnedFile(cacheDir)
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return strings.TrimSpace(string(data)), file, err
}

func learnedFile(cacheDir string) string { return filepath.Join(cacheDir, "exclusive") }

// recall reads what was learned before.
func (l *loop) recall() {
	why, _, err := Learned(l.s.opt.CacheDir)
	if err != nil {
		l.s.opt.Logger.Warn("reading what was learned about the app", "err", err)
	}
	l.learned = why
}

// learn remembers why this app's versions can't run at once.
func (l *loop) learn(why string) {
	l.learned = why
	l.s.hub.logs.say("info", "from now on the old version stops before the new one starts, because "+why)
	file := learnedFile(l.s.opt.CacheDir)
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(why+"\n"), 0o600)
	}
	if err != nil {
		l.s.opt.Logger.Warn("remembering what was learned about the app", "err", err)
	}
}
