package session_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/diag"
)

// develop goes through a save, a broken save and its mend; file says "hello",
// which the app answers at path.
func (w *workspace) develop(path, file string) {
	w.Helper()
	expect := func(want string) {
		w.Helper()
		if _, body := w.get(path); !strings.Contains(body, want) {
			w.Fatalf("%s answers %q, want %q in it", path, body, want)
		}
	}
	w.reload(session.Swapped)
	expect("hello")
	w.edit(file, `"hello"`, `"bonjour"`)
	w.reload(session.Swapped)
	expect("bonjour")
	w.edit(file, `"bonjour"`, `bonjour`)
	w.reload(session.BuildFailed)
	if list := w.byFile[file]; len(list) != 1 || list[0].Owner != diag.Build || !strings.Contains(list[0].Message, "undefined: bonjour") {
		w.Errorf("diagnostics are %v", w.byFile)
	}
	expect("bonjour")
	w.edit(file, `bonjour`, `"salut"`)
	w.reload(session.Swapped)
	expect("salut")
	if len(w.byFile) != 0 {
		w.Errorf("diagnostics stand: %v", w.byFile)
	}
}

func TestTheDemo(t *testing.T) {
	w := open(t, "", func(o *session.Options) {
		if err := os.CopyFS(o.Root, os.DirFS("../extensions/demo")); err != nil {
			t.Fatal(err)
		}
	})
	w.develop("/api/hello", "api/api.go")

	w.edit("settings.json", "hotdev demo", "another title")
	w.reload(session.Restarted)
	if _, body := w.get("/"); !strings.Contains(body, "another title") {
		t.Errorf("the page is %q", body)
	}
	w.edit("templates/index.html", "<h1>", "<h1>New: ")
	w.reload(session.Browser)
	if _, body := w.get("/"); !strings.Contains(body, "New: another title") {
		t.Errorf("the page is %q", body)
	}
	w.write("pages/motto.txt", "Embedded.\n")
	w.reload(session.Swapped)
	if _, body := w.get("/motto"); body != "Embedded.\n" {
		t.Errorf("the motto is %q", body)
	}
	_, routes := w.Routes()
	for _, r := range routes {
		if r.Path == "/motto" && (r.Hits != 1 || !strings.HasSuffix(r.File, "pages.go") || r.Line == 0) {
			t.Errorf("the route is %+v", r)
		}
	}
	if len(routes) < 10 {
		t.Errorf("routes are %+v", routes)
	}
}

// cgoApp keeps its greeting in SQLite's hands.
const cgoApp = `
-- go.mod --
module example.com/lite

go 1.26

require github.com/mattn/go-sqlite3 v1.14.32
-- main.go --
package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"

	_ "github.com/mattn/go-sqlite3"
)

const greeting = "hello"

func main() {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var text string
		if err := db.QueryRow("select ?", greeting).Scan(&text); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, text)
	})
	panic(http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}
`

func TestACgoApp(t *testing.T) {
	// SQLite is compiled once for each build cache, and that takes minutes.
	first := exec.Command("go", "build", "-mod=mod", "-o", os.DevNull, ".")
	first.Dir = t.TempDir()
	for _, f := range txtar.Parse([]byte(cgoApp)).Files {
		if err := os.WriteFile(filepath.Join(first.Dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := first.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w := open(t, cgoApp)
	w.develop("/", "main.go")
}

func TestVetWarnsWhenAsked(t *testing.T) {
	w := open(t, hello+"-- hotdev.toml --\n[build]\nvet = true\n")
	w.reload(session.Swapped)
	w.edit("main.go", `fmt.Println("listening")`, `fmt.Printf("listening %d\n", "x")`)
	w.reload(session.Swapped)
	w.until("the warning", func() bool {
		list := w.byFile["main.go"]
		return len(list) == 1 && list[0].Severity == diag.Warning && strings.Contains(list[0].Message, "%d")
	})
	w.edit("main.go", `fmt.Printf("listening %d\n", "x")`, `fmt.Println("listening")`)
	w.reload(session.Swapped)
	w.until("it to be gone", func() bool { return len(w.byFile) == 0 })
}
