package session_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

// hello is a web app that answers / with a greeting, and writes down what is
// posted to /orders.
const hello = `
-- go.mod --
module example.com/hello

go 1.26
-- main.go --
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"example.com/hello/text"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, text.Greeting, os.Getenv("SUFFIX"))
	})
	http.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
		order, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		f, err := os.OpenFile("orders", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		fmt.Fprintf(f, "%s\n", order)
	})
	http.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) {
		var m map[string]int
		m["x"] = 1
	})
	http.HandleFunc("/exit", func(w http.ResponseWriter, r *http.Request) {
		os.Exit(3)
	})
	fmt.Println("listening")
	if err := http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil); err != nil {
		panic(err)
	}
}
-- text/text.go --
package text

// Greeting is what the app says.
var Greeting = "one"
-- page.html --
<p>page</p>
`

func TestASaveIsServed(t *testing.T) {
	w := open(t, hello)
	first := w.reload(session.Swapped)
	if first.Rev != 1 || first.Phases.Compile == 0 || first.Phases.Ready == 0 {
		t.Errorf("the first reload is %+v", first)
	}
	w.running()
	w.answers("one")
	if r := w.status.Running; r == nil || r.Address != "127.0.0.1:"+w.port || r.PID == 0 || r.Rev != 1 {
		t.Errorf("running is %+v, want port %s", r, w.port)
	}

	w.edit("text/text.go", "one", "two")
	second := w.reload(session.Swapped)
	w.running()
	w.answers("two")
	if want := filepath.Join(w.dir, "text/text.go"); second.Rev != 2 || len(second.Files) != 1 || second.Files[0] != want {
		t.Errorf("the second reload is %+v, want rev 2 because of %s", second, want)
	}
	if h := w.History(); len(h) != 2 || h[0].Rev != 2 {
		t.Errorf("history is %+v", h)
	}
}

func TestABrokenSaveLeavesTheOldVersionServing(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	pid := w.Status().Running.PID

	w.edit("text/text.go", `"one"`, `1 + "one"; var x int = "y"`)
	r := w.reload(session.BuildFailed)
	if len(r.Diagnostics) != 2 {
		t.Errorf("the record has %d diagnostics, want 2: %v", len(r.Diagnostics), r.Diagnostics)
	}
	list := w.byFile["text/text.go"]
	if len(list) != 2 || list[0].Line != 4 || list[0].Severity != diag.Error || list[0].Owner != diag.Build {
		t.Errorf("diagnostics are %v", list)
	}
	w.until("state failed", func() bool { return w.status.State == session.Failed })
	if w.status.Running == nil || w.status.Running.PID != pid {
		t.Errorf("running is %+v, want process %d still", w.status.Running, pid)
	}
	w.answers("one")

	w.edit("text/text.go", `1 + "one"; var x int = "y"`, `"mended"`)
	w.reload(session.Swapped)
	w.running()
	w.answers("mended")
	if len(w.byFile) != 0 || w.status.Diagnostics != 0 {
		t.Errorf("diagnostics stand after the mend: %v", w.byFile)
	}
}

// TestErrorsComeBeforeTheCompilerIsDone holds that a type error is shown while
// another package is still compiled.
func TestErrorsComeBeforeTheCompilerIsDone(t *testing.T) {
	slow := func(version int) string {
		var text strings.Builder
		text.WriteString("package slow\n\nimport \"fmt\"\n")
		for i := range 1000 {
			fmt.Fprintf(&text, "\nfunc F%d(x int) string {\n\tif x > %d {\n\t\treturn fmt.Sprint(x, %d)\n\t}\n\treturn \"\"\n}\n", i, i, version)
		}
		return text.String()
	}
	w := open(t, hello+"-- slow/slow.go --\n"+slow(0)+"-- slow.go --\npackage main\n\nimport _ \"example.com/hello/slow\"\n")
	w.reload(session.Swapped)
	w.running()
	w.write("slow/slow.go", slow(1))
	w.edit("text/text.go", `"one"`, "missing")
	w.until("a type error", func() bool { return len(w.byFile["text/text.go"]) > 0 })
	if len(w.reloads) > 0 {
		t.Error("the build was over before")
	}
	early := w.byFile["text/text.go"]
	w.reload(session.BuildFailed)
	if late := w.byFile["text/text.go"]; len(late) != 1 || !reflect.DeepEqual(early, late) {
		t.Errorf("first %v, at the end %v", early, late)
	}
	w.edit("text/text.go", "missing", `"two"`)
	w.reload(session.Swapped)
	w.answers("two")
	if len(w.byFile) != 0 {
		t.Errorf("diagnostics stand after the mend: %v", w.byFile)
	}
}

func TestTheSameProgramIsNotRestarted(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	pid := w.Status().Running.PID
	w.edit("text/text.go", "what the app says", "what the app SAYS")
	w.reload(session.Unchanged)
	if got := w.Status().Running.PID; got != pid {
		t.Errorf("process %d runs, want %d still", got, pid)
	}
}

func TestAnAppThatCrashesWaitsForTheNextSave(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	w.running()
	_, _ = w.tryGet("/exit")
	w.until("state crashed", func() bool { return w.status.State == session.Crashed })
	if !strings.Contains(w.status.Message, "exit status 3") || w.status.Running != nil {
		t.Errorf("status is %+v", w.status)
	}
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
}

func TestAVersionThatFailsToStartIsReplacedByTheOneBefore(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	w.edit("text/text.go", `"one"`, `func() string { panic("no greeting") }()`)
	r := w.reload(session.StartFailed)
	if !strings.Contains(r.Message, "rev 2 failed to start") {
		t.Errorf("the message is %q", r.Message)
	}
	w.until("the panic at its line", func() bool {
		list := w.byFile["text/text.go"]
		return len(list) == 1 && list[0].Owner == diag.Panic && list[0].Line == 4 && strings.Contains(list[0].Message, "no greeting")
	})
	w.until("rev 1 serving again", func() bool {
		return w.status.State == session.Running && w.status.Running.Rev == 1 && strings.Contains(w.status.Message, "rev 2 failed to start")
	})
	w.answers("one")
	w.edit("text/text.go", `func() string { panic("no greeting") }()`, `"three"`)
	w.until("rev 3", func() bool { return w.status.State == session.Running && w.status.Running.Rev == 3 })
	w.answers("three")
	if len(w.byFile) != 0 || w.status.Message != "" {
		t.Errorf("the mend left %v and %q", w.byFile, w.status.Message)
	}
}

func TestAPanicInAHandlerIsADiagnosticUntilItsFileChanges(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	_, _ = w.tryGet("/panic")
	w.until("the panic", func() bool {
		list := w.byFile["main.go"]
		return len(list) == 1 && list[0].Owner == diag.Panic && strings.Contains(list[0].Message, "assignment to entry in nil map")
	})
	w.edit("main.go", "var m map[string]int", "m := map[string]int{}")
	w.reload(session.Swapped)
	w.until("it to be cleared", func() bool { return len(w.byFile) == 0 })
}

func TestClassesOfChanges(t *testing.T) {
	w := open(t, hello+`
-- hotdev.toml --
[app]
env_files = [".env"]
-- .env --
SUFFIX=!
`)
	w.reload(session.Swapped)
	w.answers("one!")

	w.write(".env", "SUFFIX=?\n")
	w.reload(session.Restarted)
	w.answers("one?")

	w.write("page.html", "<p>changed</p>\n")
	w.reload(session.Browser)

	w.write("hotdev.toml", "[app]\nenv_files = [\".env\"]\n[proxy]\ninject = false\n")
	w.reload(session.ConfigRead)

	w.write("hotdev.toml", "[app]\nenv_file = [\".env\"]\n")
	w.until("the error in hotdev.toml", func() bool {
		list := w.byFile["hotdev.toml"]
		return len(list) == 1 && list[0].Owner == diag.Config && list[0].Line == 2 && strings.Contains(list[0].Message, "env_files")
	})
	w.reload(session.ConfigRead)
	w.answers("one?")

	w.write("hotdev.toml", "[app]\nenv = { SUFFIX = \"+\" }\nenv_files = [\".env\"]\n")
	w.reload(session.Restarted)
	w.answers("one+")
	if len(w.byFile) != 0 {
		t.Errorf("diagnostics stand: %v", w.byFile)
	}
}

func TestStartStopReload(t *testing.T) {
	w := open(t, hello, func(o *session.Options) { o.Autostart = false })
	w.reload(session.Built)
	if w.status.State != session.Idle {
		w.until("state idle", func() bool { return w.status.State == session.Idle })
	}
	w.gone()
	ctx := context.Background()
	if s, err := w.Start(ctx, session.StartOptions{}); err != nil || s.Running == nil {
		t.Fatalf("Start = %+v, %v", s, err)
	}
	w.answers("one")
	pid := w.Status().Running.PID
	if r, err := w.Reload(ctx, true); err != nil || r.Outcome != session.Restarted {
		t.Errorf("Reload = %+v, %v", r, err)
	}
	if now := w.Status().Running; now == nil || now.PID == pid {
		t.Errorf("running is %+v, want another process than %d", now, pid)
	}
	if s, err := w.Stop(ctx); err != nil || s.Running != nil {
		t.Errorf("Stop = %+v, %v", s, err)
	}
	w.gone()
	w.until("state stopped", func() bool { return w.status.State == session.Stopped })
	if s, err := w.Stop(ctx); err != nil || s.Running != nil {
		t.Errorf("a second Stop = %+v, %v", s, err)
	}
}

func TestRollback(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	ctx := context.Background()
	if _, err := w.Rollback(ctx, 0); err == nil || !strings.Contains(err.Error(), "kept are: 1") {
		t.Errorf("a rollback to nothing = %v", err)
	}
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	if r, err := w.Rollback(ctx, 0); err != nil || r.Outcome != session.RolledBack || r.Rev != 2 || r.BackTo != 1 {
		t.Fatalf("Rollback = %+v, %v", r, err)
	}
	w.answers("one")
	w.reload(session.RolledBack)
	w.edit("text/text.go", "two", "three")
	w.reload(session.Swapped)
	w.answers("three")
	if r, err := w.Rollback(ctx, 2); err != nil || r.Outcome != session.RolledBack {
		t.Fatalf("Rollback to 2 = %+v, %v", r, err)
	}
	w.reload(session.RolledBack)
	w.answers("two")

	// The last five stay, and a rollback loses no request.
	old := "three"
	for i := range 3 {
		next := fmt.Sprint("more ", i)
		w.edit("text/text.go", old, next)
		w.reload(session.Swapped)
		old = next
	}
	if _, err := w.Rollback(ctx, 1); err == nil || !strings.Contains(err.Error(), "rev 1 is not kept; kept are: ") {
		t.Errorf("a rollback to what has gone = %v", err)
	}
	l := w.load(4)
	if r, err := w.Rollback(ctx, 3); err != nil || r.Outcome != session.RolledBack {
		t.Fatalf("Rollback to 3 = %+v, %v", r, err)
	}
	l.allServed()
	w.answers("three")
}

func TestSeveralMainPackages(t *testing.T) {
	w := open(t, `
-- go.mod --
module example.com/two

go 1.26
-- a/main.go --
package main

func main() { println("a") }
-- b/main.go --
package main

func main() { println("b") }
`)
	r := w.reload(session.BuildFailed)
	if !strings.Contains(r.Message, "example.com/two/a") || !strings.Contains(r.Message, "example.com/two/b") {
		t.Errorf("the message is %q", r.Message)
	}
	if _, err := w.Start(context.Background(), session.StartOptions{Package: "./b"}); err != nil {
		t.Fatal(err)
	}
	w.until("the output of b", func() bool { return len(w.log) > 0 && w.log[len(w.log)-1].Text == "b" || w.said("b") })
}

func TestInput(t *testing.T) {
	w := open(t, `
-- go.mod --
module example.com/echo

go 1.26
-- main.go --
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		fmt.Printf("<%s>\n", in.Text())
	}
	fmt.Print("end")
}
`)
	if err := w.Input(t.Context(), "first\nsecond\n", true); err != nil {
		t.Fatal(err)
	}
	w.until("the echo", func() bool { return w.said("<first>") && w.said("<second>") && w.said("end") })
	w.until("state stopped", func() bool { return w.status.State == session.Stopped })
}

func TestMuchInputIsNotLost(t *testing.T) {
	w := open(t, `
-- go.mod --
module example.com/count

go 1.26
-- main.go --
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	n, err := io.Copy(io.Discard, os.Stdin)
	fmt.Println(n, err)
}
`)
	const size = 5 << 20 // more than is kept
	if err := w.Input(t.Context(), strings.Repeat("x", size), true); err != nil {
		t.Fatal(err)
	}
	w.until("the count", func() bool { return w.said("5242880 <nil>") })
}

// TestInputKeepsItsOrder holds that input that waits for room comes before what
// was written after it, and that what is given up leaves the rest its turn.
func TestInputKeepsItsOrder(t *testing.T) {
	const size = 3 << 20 // more than is kept
	w := open(t, `
-- go.mod --
module example.com/order

go 1.26
-- main.go --
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	data, err := io.ReadAll(os.Stdin)
	fmt.Println(strings.TrimLeft(string(data), "x"), err)
}
`, func(o *session.Options) { o.Autostart = false })
	first := w.BeginInput(strings.Repeat("x", size), false)
	lost := w.BeginInput("lost", false)
	rest := []session.Answer[struct{}]{w.BeginInput("a", false), w.BeginInput("b", false), w.BeginInput("", true)}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lost(ended); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "4 bytes of it are lost") {
		t.Errorf("what was given up: %v", err)
	}
	if _, err := w.Start(t.Context(), session.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, answer := range append(rest, first) {
		if _, err := answer(t.Context()); err != nil {
			t.Error(err)
		}
	}
	w.until("the rest", func() bool { return w.said("ab <nil>") })
}

func TestWhoWaitsForAVersionThatIsReplacedBeforeItIsReadyIsAnswered(t *testing.T) {
	w := open(t, strings.Replace(hello, `	fmt.Println("listening")`, `	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		select {} // replaced: wait to be stopped
	}`, 1), func(o *session.Options) { o.Autostart = false })
	w.reload(session.BuildFailed) // bufio is not imported yet
	w.edit("main.go", `import (`, "import (\n\t\"bufio\"")
	w.reload(session.Built)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answered := make(chan error, 1) // patience ends Start with an error
	go func() {
		_, err := w.Start(ctx, session.StartOptions{})
		answered <- err
	}()
	w.until("the start of rev 2", func() bool { return w.status.State == session.Starting })
	w.edit("text/text.go", "one", "two")
	if err := <-answered; err != nil {
		t.Fatalf("Start, after its version was replaced: %v", err)
	}
	w.until("the start of rev 3", func() bool { return w.status.State == session.Starting && w.status.Rev == 3 })
	if err := w.Input(ctx, "go\n", false); err != nil {
		t.Fatal(err)
	}
	w.running()
	w.answers("two")
	var outcomes []session.Outcome
	for _, r := range w.History() {
		outcomes = append(outcomes, r.Outcome)
	}
	if want := []session.Outcome{session.Swapped, session.Superseded, session.Built, session.BuildFailed}; !slices.Equal(outcomes, want) {
		t.Errorf("the outcomes are %v, want %v", outcomes, want)
	}
}
