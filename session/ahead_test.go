package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

// told are the messages of a session's own log, as they come.
type told struct {
	slog.Handler
	messages chan string
}

func (told) Enabled(context.Context, slog.Level) bool { return true }

func (h told) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	h.messages <- text
	return nil
}

// typist is an editor in a workspace whose app runs.
type typist struct {
	*workspace
	told told
}

func openTypist(t *testing.T, files string, change ...func(*session.Options)) *typist {
	t.Helper()
	h := told{slog.DiscardHandler, make(chan string, 10_000)}
	w := open(t, files, append(change, func(o *session.Options) { o.Logger = slog.New(h) })...)
	w.reload(session.Swapped)
	w.running()
	return &typist{w, h}
}

// types changes a file, unsaved.
func (e *typist) types(name, text string) { e.Buffer(filepath.Join(e.dir, name), []byte(text)) }

// saves writes a file and tells so.
func (e *typist) saves(name, text string) {
	e.Helper()
	e.write(name, text)
	e.Written(filepath.Join(e.dir, name))
}

// atOnce does what takes no time in an editor: nothing is applied before all is
// done.
func (e *typist) atOnce(do func()) {
	e.Helper()
	release, err := e.Hold(e.Context())
	if err != nil {
		e.Fatal(err)
	}
	defer release()
	do()
	e.Apply()
}

// hears waits until the session says something that begins so.
func (e *typist) hears(prefix string) string {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), patience)
	defer cancel()
	for {
		select {
		case m := <-e.told.messages:
			if strings.HasPrefix(m, prefix) {
				return m
			}
		case <-ctx.Done():
			e.Fatalf("the session does not say %q", prefix)
		}
	}
}

// heard reports whether the session has said something that begins so since it
// was last listened to.
func (e *typist) heard(prefix string) (any bool) {
	for {
		select {
		case m := <-e.told.messages:
			any = any || strings.HasPrefix(m, prefix)
		default:
			return any
		}
	}
}

// built waits until files were built ahead.
func (e *typist) built() {
	e.Helper()
	if m := e.hears("built before the save"); !strings.HasSuffix(m, "err=<nil>") {
		e.Fatal(m)
	}
}

// allBuilt waits until all that may be saved next was built ahead.
func (e *typist) allBuilt() {
	e.Helper()
	e.hears("all that is unsaved was built")
}

const (
	greeting = "text/text.go"
	greets   = "package text\n\nconst Greeting = \"%s\"\n"
)

// TestAhead holds that a save finds built what an editor held.
func TestAhead(t *testing.T) {
	t.Parallel()
	e := openTypist(t, hello)
	for _, word := range []string{"typed", "typed more"} {
		e.types(greeting, fmt.Sprintf(greets, word))
		e.allBuilt()
		e.saves(greeting, fmt.Sprintf(greets, word))
		if r := e.reload(session.Swapped); !r.Ahead || r.Speculation.Builds != 1 || r.Speculation.CPU <= 0 || r.Speculation.Wall <= 0 {
			t.Errorf("the reload of what was built: %+v", r)
		}
		e.answers(word)
	}
	e.types(greeting, fmt.Sprintf(greets, "never saved"))
	e.allBuilt()
	e.saves(greeting, fmt.Sprintf(greets, "saved"))
	if r := e.reload(session.Swapped); r.Ahead || r.Speculation.Builds != 1 {
		t.Errorf("the reload of something else: %+v", r)
	}
	e.answers("saved")
	e.types(greeting, "package text\n\nvar Greeting = undefined\n")
	if m := e.hears("built before the save"); !strings.Contains(m, "undefined: undefined") {
		t.Errorf("a type error: %s", m)
	}
	if e.status.Diagnostics != 0 || len(e.byFile) != 0 {
		t.Errorf("an unsaved file has diagnostics: %v", e.byFile)
	}
}

// TestAheadOfFormatting holds that a file which the editor formats as it saves
// it is built so, first of all once it is known to.
func TestAheadOfFormatting(t *testing.T) {
	t.Parallel()
	const typed, formatted = "package text\n\n\n\n\nconst Greeting  =  \"%s\"\n", "package text\n\nconst Greeting = \"%s\"\n"
	e := openTypist(t, hello)
	e.types(greeting, fmt.Sprintf(typed, "one"))
	e.built()
	e.built()
	e.types(greeting, fmt.Sprintf(formatted, "one"))
	e.saves(greeting, fmt.Sprintf(formatted, "one"))
	if r := e.reload(session.Swapped); !r.Ahead {
		t.Errorf("the reload of what was built: %+v", r)
	}
	e.types(greeting, fmt.Sprintf(typed, "two"))
	e.built()
	e.types(greeting, fmt.Sprintf(formatted, "two"))
	e.saves(greeting, fmt.Sprintf(formatted, "two"))
	if r := e.reload(session.Swapped); !r.Ahead {
		t.Errorf("the reload of what was built first: %+v", r)
	}
	e.answers("two")
}

// TestAheadOfSeveral holds that several unsaved files are built as if the one that
// changed last, or as if all were saved.
func TestAheadOfSeveral(t *testing.T) {
	t.Parallel()
	e := openTypist(t, hello+"-- text/more.go --\npackage text\n\nvar more = 0\n")
	const more = "package text\n\nvar more = %d\n\nfunc init() { println(\"more\", more, Greeting) }\n"
	for i, both := range []bool{false, true} {
		e.types(greeting, fmt.Sprintf(greets, fmt.Sprint("greeting ", i)))
		e.types("text/more.go", fmt.Sprintf(more, i))
		e.built()
		e.built()
		if both {
			e.write(greeting, fmt.Sprintf(greets, fmt.Sprint("greeting ", i)))
		}
		e.write("text/more.go", fmt.Sprintf(more, i))
		if r := e.reload(session.Swapped); !r.Ahead {
			t.Errorf("both %v: %+v", both, r)
		}
	}
	e.answers("greeting 1")
}

// TestSavedAsBuilt holds when a save that was built ahead is waited for no longer.
func TestSavedAsBuilt(t *testing.T) {
	t.Parallel()
	const (
		asBuilt = "saved as it was built"
		second  = "text/more.go"
		more    = "package text\n\nvar more = %q\n\nfunc init() { println(more, Greeting) }\n"
		notes   = "notes.txt"
	)
	e := openTypist(t, hello+"-- "+second+" --\npackage text\n")
	e.write(notes, "")
	saves := func(what, name, text string, want bool) {
		t.Helper()
		e.heard(asBuilt)
		e.atOnce(func() { e.saves(name, text) })
		e.reload(session.Swapped)
		if e.heard(asBuilt) != want {
			t.Errorf("%s is saved as it was built: %v", what, !want)
		}
	}
	text := fmt.Sprintf(greets, "alone")
	e.types(greeting, text)
	e.allBuilt()
	saves("the only file", greeting, text, true)

	text = fmt.Sprintf(greets, "something")
	e.types(greeting, text)
	e.allBuilt()
	saves("another text", greeting, fmt.Sprintf(greets, "something else"), false)

	text = "package text\n\n\n\nconst Greeting  =  \"for gofmt\"\n"
	e.types(greeting, text)
	e.allBuilt() // as gofmt would have it
	saves("what may be formatted next", greeting, text, false)

	text = fmt.Sprintf(greets, "one of two")
	e.types(greeting, text)
	e.types(second, fmt.Sprintf(more, "two"))
	e.allBuilt()
	saves("one of two files", greeting, text, false)
	e.allBuilt()
	saves("the other one", second, fmt.Sprintf(more, "two"), true)

	text = fmt.Sprintf(greets, "beside notes")
	e.types(notes, "")
	e.types(greeting, text)
	e.allBuilt()
	e.types(notes, "not saved")
	saves("a file beside notes", greeting, text, false)
	text = fmt.Sprintf(greets, "after notes")
	e.types(greeting, text)
	e.allBuilt()
	e.saves(notes, "not saved")
	saves("a file after notes", greeting, text, true)
}

// TestAllSavedAsBuilt holds that several files which are saved at once are applied
// at once.
func TestAllSavedAsBuilt(t *testing.T) {
	t.Parallel()
	const second, more = "text/more.go", "package text\n\nvar more = 1\n\nfunc init() { println(more, Greeting) }\n"
	e := openTypist(t, hello+"-- "+second+" --\npackage text\n")
	text := fmt.Sprintf(greets, "all saved")
	e.types(greeting, text)
	e.types(second, more)
	e.allBuilt()
	e.atOnce(func() {
		e.write(greeting, text)
		e.write(second, more)
		e.Written(filepath.Join(e.dir, greeting))
		e.Written(filepath.Join(e.dir, second))
		e.hears("saved as it was built")
	})
	if r := e.reload(session.Swapped); !r.Ahead || len(r.Files) != 2 {
		t.Errorf("the reload of both: %+v", r)
	}
}

// TestSaveEndsAhead holds that a save in the middle of a build of something else
// is what serves in the end.
func TestSaveEndsAhead(t *testing.T) {
	t.Parallel()
	e := openTypist(t, hello)
	for i := range 3 {
		e.types(greeting, fmt.Sprintf(greets, fmt.Sprint("never saved ", i)))
		e.hears("building before the save")
		word := fmt.Sprint("saved ", i)
		e.saves(greeting, fmt.Sprintf(greets, word))
		if r := e.reload(session.Swapped); r.Ahead {
			t.Errorf("the reload of something else: %+v", r)
		}
		e.answers(word)
	}
}

// TestAheadIsGivenUp holds that builds which are of no use end, and begin again
// with a save that they would have been of use to.
func TestAheadIsGivenUp(t *testing.T) {
	t.Parallel()
	e := openTypist(t, hello)
	for i := 0; ; i++ {
		e.types(greeting, fmt.Sprintf(greets, fmt.Sprint("never saved ", i)))
		m := e.hears("")
		for !strings.HasPrefix(m, "built before the save") && !strings.HasPrefix(m, "nothing is built before the save") {
			m = e.hears("")
		}
		if strings.HasPrefix(m, "nothing") {
			break
		}
		if i == 20 {
			t.Fatal("builds go on, though they are of no use")
		}
	}
	const notice = "unsaved files are not built any more"
	said := func(text string) bool {
		for _, entry := range e.log {
			if strings.HasPrefix(entry.Text, text) {
				return true
			}
		}
		return false
	}
	e.until("the notice that builds are given up", func() bool { return said(notice) })
	for n := 1; !said("unsaved files are built again"); n *= 2 {
		text := fmt.Sprintf(greets, fmt.Sprint("stands ", n))
		e.types(greeting, text)
		e.hears("nothing is built before the save")
		for i := range n { // time passes
			e.saves("main.go", e.read("main.go")+fmt.Sprintf("\nfunc init() { println(%d, %d) }\n", n, i))
			e.reload(session.Swapped)
		}
		e.saves(greeting, text)
		if r := e.reload(session.Swapped); r.Ahead {
			t.Errorf("it was built all the same: %+v", r)
		}
	}
	e.types(greeting, fmt.Sprintf(greets, "again"))
	e.built()
	e.saves(greeting, fmt.Sprintf(greets, "again"))
	if r := e.reload(session.Swapped); !r.Ahead {
		t.Errorf("the reload of what was built: %+v", r)
	}
}

// TestNothingAhead holds when nothing is built before the save.
func TestNothingAhead(t *testing.T) {
	t.Parallel()
	e := openTypist(t, hello+"-- hotdev.toml --\n[build]\nbefore_save = false\n")
	e.types(greeting, fmt.Sprintf(greets, "typed"))
	e.hears("nothing is built before the save because=[build] before_save = false")
	e.saves(greeting, fmt.Sprintf(greets, "typed"))
	if r := e.reload(session.Swapped); r.Ahead || r.Speculation != (session.Speculation{}) {
		t.Errorf("the reload: %+v", r)
	}
	e.saves("hotdev.toml", "[build]\nbefore_save = true\n")
	e.reload(session.Unchanged)
	if _, err := e.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.types(greeting, fmt.Sprintf(greets, "stopped"))
	e.hears("nothing is built before the save because=the app is not started")
	e.types("text/text_test.go", "package text\n")
	e.types(greeting, strings.Repeat(" ", 65<<20)) // there is no room for it
	e.types("main.go", "package main // unfinished {")
	e.hears("nothing is built before the save because=the app is not started")
}

// TestUnsavedTypeErrors holds that they are shown where that is asked for, until
// they are mended or saved, and then as the build's.
func TestUnsavedTypeErrors(t *testing.T) {
	e := openTypist(t, hello+"-- hotdev.toml --\n[build]\nbefore_save = false\ncheck_unsaved = true\n")
	shows := func(owner diag.Owner) {
		t.Helper()
		e.until("an error of "+string(owner), func() bool {
			list := e.byFile["text/text.go"]
			return len(list) == 1 && list[0].Owner == owner && list[0].Line == 4 && list[0].Message == "undefined: missing"
		})
	}
	gone := func() {
		t.Helper()
		e.until("no errors", func() bool { return len(e.byFile) == 0 })
	}
	text := func(value string) string {
		return "package text\n\n// Greeting is what the app says.\nvar Greeting = " + value + "\n"
	}
	e.types("text/text.go", text("missing"))
	shows(diag.Unsaved)
	e.types("text/text.go", text(`"mended"`))
	gone()
	e.types("text/text.go", text("missing"))
	shows(diag.Unsaved)
	e.Buffer(filepath.Join(e.dir, "text/text.go"), nil) // closed
	gone()
	e.types("text/text.go", text("missing"))
	shows(diag.Unsaved)
	e.saves("text/text.go", text("missing"))
	e.reload(session.BuildFailed)
	shows(diag.Build)
	e.types("text/text.go", text(`"mended"`))
	e.saves("text/text.go", text(`"mended"`))
	e.reload(session.Swapped)
	gone()
}

// TestWritten holds that a save that an editor tells of is not waited for any longer
// when editors have nothing else to save.
func TestWritten(t *testing.T) {
	t.Parallel()
	const quiet = 10 * time.Millisecond // what other saves are waited for
	e := openTypist(t, hello+"-- hotdev.toml --\n[build]\nbefore_save = false\n")
	n := 0
	save := func() time.Duration {
		t.Helper()
		n++
		text := fmt.Sprintf(greets, fmt.Sprint("told ", n))
		e.types(greeting, text)
		e.saves(greeting, text)
		r := e.reload(session.Swapped)
		e.answers(fmt.Sprint("told ", n))
		return r.Phases.Queue
	}
	for save() >= quiet { // a busy machine can take as long for it
		if n == 50 {
			t.Fatal("no save went at once")
		}
	}
	e.types("main.go", "package main // opened\n")
	e.types("main.go", "package main // changed\n")
	for range 3 {
		if queued := save(); queued < quiet {
			t.Errorf("with another file to save, a save waited %v", queued)
		}
	}
}
