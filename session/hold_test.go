package session_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session"
)

// serving opens a session on an app that is quiet once it serves.
func serving(t *testing.T) *workspace {
	t.Helper()
	w := open(t, hello)
	w.reload(session.Swapped)
	w.running()
	return w
}

// hold withholds saves until release is called.
func (w *workspace) hold() (release func()) {
	w.Helper()
	release, err := w.Hold(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return release
}

// waits waits until n saved files are withheld.
func (w *workspace) waits(n int) {
	w.Helper()
	w.until("saves to be withheld", func() bool { return w.status.Hold.Withheld == n })
}

// A reload applies what was withheld, and says so.
func TestHeldSavesWaitForAReload(t *testing.T) {
	w := serving(t)
	defer w.hold()()
	w.edit("text/text.go", "one", "two")
	w.waits(1)
	if w.status.Message != "1 saved file waits for a reload" || w.status.Rev != 1 || w.status.State != session.Running {
		t.Errorf("the state is %+v", w.status)
	}
	w.edit("main.go", "listening", "LISTENING")
	w.waits(2)
	w.answers("one")

	if _, err := w.Reload(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r := w.reload(session.Swapped)
	if want := []string{filepath.Join(w.dir, "main.go"), filepath.Join(w.dir, "text/text.go")}; !slices.Equal(r.Files, want) || r.Rev != 2 {
		t.Errorf("the reload is %+v, want rev 2 because of %v", r, want)
	}
	w.running()
	w.answers("two")
	if w.status.Hold != (session.HoldStatus{Holds: 1}) || w.status.Message != "" {
		t.Errorf("after the reload the state is %+v", w.status)
	}
}

// Apply takes a save that was just made with those that wait, and without one
// only these. A save after it waits again.
func TestApplyTakesWhatWaits(t *testing.T) {
	w := serving(t)
	defer w.hold()()
	w.edit("main.go", "listening", "LISTENING")
	w.waits(1)
	w.edit("text/text.go", "one", "two")
	w.Apply(filepath.Join(w.dir, "text/text.go"))
	if r := w.reload(session.Swapped); len(r.Files) != 2 {
		t.Errorf("the reload is because of %v, want both files", r.Files)
	}
	w.running()
	w.answers("two")

	w.edit("text/text.go", "two", "three")
	w.waits(1)
	w.answers("two")
	w.Apply()
	w.reload(session.Swapped)
	w.running()
	w.answers("three")
}

// Holds end with those who hold, the last one with no effect on what waits.
func TestEachOfSeveralHoldsSuffices(t *testing.T) {
	w := serving(t)
	first, second := w.hold(), w.hold()
	w.until("two holds", func() bool { return w.status.Hold.Holds == 2 })
	first()
	first()
	w.until("one hold", func() bool { return w.status.Hold.Holds == 1 })
	w.edit("text/text.go", "one", "two")
	w.waits(1)
	second()
	w.until("no hold", func() bool { return w.status.Hold.Holds == 0 })
	if w.status.Hold.Withheld != 1 {
		t.Errorf("the end of the last hold leaves %+v", w.status.Hold)
	}
	w.answers("one")
	w.edit("main.go", "listening", "LISTENING")
	if r := w.reload(session.Swapped); len(r.Files) != 2 {
		t.Errorf("the next save applies %v, want both files", r.Files)
	}
	w.running()
	w.answers("two")
}

// hotdev.toml is not withheld; a restart for it leaves the sources that wait
// alone, a build takes them in.
func TestTheConfigurationIsNotHeld(t *testing.T) {
	w := serving(t)
	defer w.hold()()
	w.edit("text/text.go", "one", "two")
	w.waits(1)
	w.write("hotdev.toml", "[app]\nenv = { SUFFIX = \"!\" }\n")
	w.reload(session.Restarted)
	w.running()
	w.answers("one!")
	if w.status.Hold.Withheld != 1 {
		t.Errorf("after the restart %+v", w.status.Hold)
	}
	w.edit("hotdev.toml", "[app]", "[build]\ntags = [\"x\"]\n[app]")
	if r := w.reload(session.Swapped); len(r.Files) != 2 {
		t.Errorf("the build is because of %v, want both files", r.Files)
	}
	w.running()
	w.answers("two!")
}

// An app that starts is built of everything that was saved; one that runs is
// left alone.
func TestStartTakesWhatWaits(t *testing.T) {
	w := open(t, hello, func(o *session.Options) { o.Autostart = false })
	w.reload(session.Built)
	defer w.hold()()
	w.edit("text/text.go", "one", "two")
	w.waits(1)
	start := func() {
		t.Helper()
		if _, err := w.Start(context.Background(), session.StartOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	start()
	w.reload(session.Swapped)
	w.running()
	w.answers("two")
	w.edit("text/text.go", "two", "three")
	w.waits(1)
	start()
	w.answers("two")
	if !strings.Contains(w.status.Message, "1 saved file waits") {
		t.Errorf("the state is %+v", w.status)
	}
}
