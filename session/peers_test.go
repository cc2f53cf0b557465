package session_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
)

// These are the defects that users of today's tools meet, each as a test.

func TestFiftySavesInASecondEndWithTheLast(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	const saves = 50
	text := func(i int) string {
		if i < saves && random.IntN(4) == 0 {
			return fmt.Sprintf("package text\n\nvar Greeting = %d // broken\n", i) + "var x string = Greeting\n"
		}
		return fmt.Sprintf("package text\n\nvar Greeting = \"save %d\"\n", i)
	}
	for i := 1; i <= saves; i++ {
		w.write("text/text.go", text(i))
		if random.IntN(2) == 0 {
			<-tick.C
		}
	}
	last := fmt.Sprintf("save %d", saves)
	built := 0
	w.until("the last save to be served", func() bool {
		for _, r := range w.reloads {
			if r.Outcome != session.Superseded {
				built++
			}
		}
		w.reloads = nil
		if w.status.State != session.Running {
			return false
		}
		_, body := w.get("/")
		return body == last
	})
	recorded := map[int]bool{}
	for _, r := range w.History() {
		if recorded[r.Rev] {
			t.Errorf("rev %d has two records", r.Rev)
		}
		recorded[r.Rev] = true
	}
	if built > 3 {
		t.Errorf("%d builds ran to their end, want at most 3", built)
	}
	if w.status.Diagnostics != 0 {
		t.Errorf("diagnostics stand: %v", w.byFile)
	}
}

func TestASaveDuringABuildIsNotLost(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	for i := range 8 {
		first, second := fmt.Sprintf("first %d", i), fmt.Sprintf("second %d", i)
		w.write("text/text.go", "package text\n\nvar Greeting = \""+first+"\"\n")
		w.until("a build", func() bool { return w.status.State == session.Building })
		w.write("text/text.go", "package text\n\nvar Greeting = \""+second+"\"\n")
		w.until("the save of meanwhile to be served", func() bool {
			if w.status.State != session.Running {
				return false
			}
			_, body := w.get("/")
			return body == second
		})
	}
}

func TestASlowShutdownDelaysTheNextVersionButLosesNothing(t *testing.T) {
	w := open(t, strings.Replace(hello, `	fmt.Println("listening")`, `	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		<-time.After(time.Second)
		os.Exit(0)
	}()`, 1)+"-- hotdev.toml --\n[run]\nstop_timeout = \"30s\"\n")
	w.edit("main.go", `"os"`, "\"os\"\n\t\"os/signal\"\n\t\"syscall\"\n\t\"time\"")
	w.until("rev 2", func() bool { return w.status.State == session.Running })
	w.edit("text/text.go", "one", "two")
	w.until("the new version", func() bool {
		return w.status.State == session.Running && w.status.Running.Rev == w.status.Rev && w.status.Rev > 1
	})
	w.answers("two")
}

func TestANewPackageInANewDirectoryIsSeen(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	w.write("deep/er/still/words.go", "package still\n\nconst Word = \"deep\"\n")
	w.edit("text/text.go", "// Greeting is what the app says.\nvar Greeting = \"one\"",
		"import \"example.com/hello/deep/er/still\"\n\nvar Greeting = still.Word")
	w.until("the package", func() bool {
		if w.status.State != session.Running {
			return false
		}
		_, body := w.get("/")
		return body == "deep"
	})
	w.write("deep/er/still/words.go", "package still\n\nconst Word = \"deeper\"\n")
	w.until("its edit", func() bool {
		if w.status.State != session.Running {
			return false
		}
		_, body := w.get("/")
		return body == "deeper"
	})
}

func TestEditsOfModuleAndSettingsCount(t *testing.T) {
	w := open(t, hello+`
-- config.yaml --
a: 1
-- .env --
A=1
`)
	w.reload(session.Swapped)
	w.write("config.yaml", "a: 2\n")
	w.reload(session.Restarted)
	w.write(".env", "A=2\n")
	w.reload(session.Restarted)
	w.edit("go.mod", "go 1.26", "go 1.26\n\ngodebug panicnil=1")
	w.reload(session.Swapped)
	w.edit("go.mod", "godebug", "nonsense")
	w.reload(session.BuildFailed)
	if len(w.byFile["go.mod"]) == 0 {
		t.Errorf("no diagnostic in go.mod: %v", w.byFile)
	}
	w.edit("go.mod", "nonsense panicnil=1", "godebug panicnil=0")
	w.reload(session.Swapped)
	w.answers("one")
}

func TestDeletedAndRestoredFiles(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	text := w.read("text/text.go")
	if err := os.RemoveAll(filepath.Join(w.dir, "text")); err != nil {
		t.Fatal(err)
	}
	w.until("the missing package", func() bool {
		return w.status.State == session.Failed && len(w.byFile["main.go"]) > 0
	})
	w.answers("one")
	w.write("text/text.go", text)
	w.until("the mend", func() bool { return w.status.State == session.Running && len(w.byFile) == 0 })
	w.write("text/text.go", strings.Replace(text, "one", "two", 1))
	w.until("an edit in the restored directory", func() bool {
		if w.status.State != session.Running {
			return false
		}
		_, body := w.get("/")
		return body == "two"
	})
}
