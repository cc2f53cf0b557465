package build_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// describeArg makes a program of these tests tell of itself and end.
const describeArg = "describe"

// textEdit is a kind of edit of an app whose files are there: in one of them,
// an old text becomes a new one, in which %[1]d stands for a number.
type textEdit struct {
	name, file string
	old, new   string // without old, the edit makes the file
	numbers    int    // 1..numbers may stand in the text, 0 is the file as it was
	falls      bool   // go build has to be used when the number changes
	breaks     bool   // the app does not compile with it
}

// textApp is an app with the number that each edit has by now.
type textApp struct {
	base    map[string]string
	edits   []textEdit
	numbers []int
	broken  int // index of the edit to undo next; -1: none
	seals   []string
}

// tagEdit is the name of the edit whose number decides about the tag extra.
const tagEdit = "tag"

func newTextApp(t *testing.T, base map[string]string, edits []textEdit, seals ...string) *textApp {
	t.Helper()
	for _, e := range edits {
		if e.old != "" && strings.Count(base[e.file], e.old) != 1 {
			t.Fatalf("%s: %s has not one %q", e.name, e.file, e.old)
		}
	}
	return &textApp{base: base, edits: edits, numbers: make([]int, len(edits)), broken: -1, seals: seals}
}

func (a *textApp) files() map[string]string {
	files := maps.Clone(a.base)
	for i, e := range a.edits {
		text := e.new
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(text, a.numbers[i])
		}
		if a.numbers[i] > 0 {
			files[e.file] = strings.Replace(files[e.file], e.old, text, 1)
		}
	}
	return files
}

func (a *textApp) tags() []string {
	if i := slices.IndexFunc(a.edits, func(e textEdit) bool { return e.name == tagEdit }); a.numbers[i] > 0 {
		return []string{"extra"}
	}
	return nil
}

func (a *textApp) sealed() []string { return a.seals }

// edit changes the number of an edit; after one that breaks the app, it is the
// one that mends it.
func (a *textApp) edit(rng *rand.Rand) change {
	i := a.broken
	if i < 0 {
		i = rng.IntN(len(a.edits))
	}
	e := a.edits[i]
	a.numbers[i] = (a.numbers[i] + 1 + rng.IntN(e.numbers)) % (e.numbers + 1)
	a.broken = -1
	if e.breaks {
		a.broken = i
		if a.numbers[i] == 0 {
			a.broken = -1
		}
	}
	return change{what: fmt.Sprintf("%s (%d)", e.name, a.numbers[i]), falls: e.falls}
}

// demoApp is the demo, with a command of its own that tells of its routes and of
// what a generic function makes.
func demoApp(t *testing.T) subject {
	t.Helper()
	base := map[string]string{}
	root := os.DirFS(filepath.Join("..", "..", "extensions", "demo"))
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		base[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(demoDescription)).Files {
		base[f.Name] = string(f.Data)
	}
	return newTextApp(t, base, demoEdits)
}

const demoDescription = `
-- settings/more.go --
package settings

import (
	"fmt"
	"runtime"
)

// Version differs by build tag.
var Version = "plain"

// First is generic.
func First[E comparable](list ...E) string {
	_, _, line, _ := runtime.Caller(0)
	var zero E
	for _, e := range list {
		if e != zero {
			return fmt.Sprint("first ", e, line)
		}
	}
	return "none"
}
-- settings/tagged.go --
//go:build extra

package settings

func init() { Version += " extra" }
-- describe.go --
package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/gin-gonic/gin"

	"example.com/demo/settings"
)

func init() {
	if len(os.Args) != 2 || os.Args[1] != "describe" {
		return
	}
	gin.SetMode(gin.ReleaseMode)
	gin.DefaultWriter, gin.DefaultErrorWriter = os.Stderr, os.Stderr
	s, err := settings.Load("settings.json")
	fmt.Printf("%+v %v %s %s %s %s\n", s, err, s.Address(), settings.First(0, 2), settings.First("", "x"), settings.Version)
	r := router(context.Background(), s)
	for _, route := range r.Routes() {
		fmt.Println(route.Method, route.Path, route.Handler)
	}
	for _, target := range []string{"GET /", "GET /motto", "GET /static/style.css", "GET /api/hello?name=gin", "POST /api/orders", "GET /api/slow?for=1us", "GET /api/panic"} {
		method, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader("{\"item\":\"tea\"}")))
		fmt.Println(target, w.Code, w.Body)
	}
	os.Exit(0)
}
`

var demoEdits = []textEdit{
	{name: "body", file: "api/api.go", old: `greeting + ", "`, new: `greeting + "%[1]d, "`, numbers: 9},
	{name: "body of main", file: "main.go", old: `r.Static("/static", "static")`, new: "r.Static(\"/static\", \"static\")\n\tr.GET(\"/added%[1]d\", func(*gin.Context) {})", numbers: 9},
	{name: "inlinable body", file: "settings/settings.go", old: `"localhost:" + cmp`, new: `"localhost%[1]d:" + cmp`, numbers: 9},
	{name: "generic body", file: "settings/more.go", old: `"first "`, new: `"first %[1]d "`, numbers: 9},
	{name: "constant", file: "api/api.go", old: `"hello"`, new: `"hello%[1]d"`, numbers: 9},
	{name: "signature", file: "api/api.go", old: "Register(g gin.IRouter)", new: "Register(g gin.IRouter, _ ...[%[1]d]int)", numbers: 3},
	{name: "signature of a method", file: "settings/settings.go", old: "(s Settings) Address()", new: "(s Settings) Address(_ ...[%[1]d]int)", numbers: 3},
	{name: "field", file: "settings/settings.go", old: "\tTitle ", new: "\tAdded%[1]d int\n\tTitle ", numbers: 3},
	{name: "embedded field", file: "settings/settings.go", old: "type Settings struct {", new: "type Base%[1]d struct{ Origin int }\n\ntype Settings struct {\n\tBase%[1]d", numbers: 3},
	{name: "comment", file: "settings/settings.go", old: "// Load reads", new: "// Load %[1]d reads", numbers: 9},
	{name: "move", file: "settings/settings.go", old: "// Load reads", new: "// Above.\n\n// Load reads", numbers: 1},
	{name: "move of bodies", file: "chat/chat.go", old: "// Register adds", new: "// Above.\n\n// Register adds", numbers: 1},
	{name: "type error", file: "settings/settings.go", old: "return s, nil", new: "return s + %[1]d, undefined", numbers: 3, breaks: true},
	{name: "syntax error", file: "chat/chat.go", old: "defer socket", new: "defer )%[1]d socket", numbers: 3, breaks: true},
	{name: "embedded text", file: "pages/motto.txt", old: "Save", new: "Save %[1]d", numbers: 9},
	{name: "embed directive", file: "pages/pages.go", old: "var motto string", new: "var motto string\n\n//go:embed pages.go\nvar Source string", numbers: 1, falls: true},
	{name: "file", file: "feed/more.go", new: "package feed\n\nfunc init() { println(%[1]d) }\n", numbers: 1, falls: true},
	{name: "test file", file: "feed/feed_test.go", new: "package feed\n\nconst added = %[1]d\n", numbers: 3},
	{name: "static file", file: "static/style.css", old: "h1", new: "h%[1]d", numbers: 5},
	{name: "import", file: "feed/feed.go", old: "import (", new: "import (\n\t_ \"example.com/demo/settings\"", numbers: 1},
	{name: "import of a package of another module", file: "api/api.go", old: "import (", new: "import (\n\t_ \"github.com/gin-contrib/sse\"", numbers: 1},
	{name: "import of a new package", file: "api/api.go", old: "\t\"sync/atomic\"", new: "\t_ \"container/ring\"\n\t\"sync/atomic\"", numbers: 1},
	{name: "import of a new package of another module", file: "chat/chat.go", old: "import (", new: "import (\n\t_ \"golang.org/x/text/width\"", numbers: 1, falls: true},
	{name: "build constraint", file: "settings/tagged.go", old: "//go:build extra", new: "//go:build !extra", numbers: 1, falls: true},
	{name: tagEdit, file: "settings/tagged.go", old: "package settings", new: "package settings", numbers: 1, falls: true},
	{name: "go.mod", file: "go.mod", old: "go 1.26\n", new: "go 1.26 // %[1]d\n", numbers: 9, falls: true},
	{name: "godebug in go.mod", file: "go.mod", old: "module example.com/demo\n", new: "module example.com/demo\n\ngodebug panicnil=1\n", numbers: 1, falls: true},
	{name: "go:debug", file: "main.go", old: "// Command demo", new: "//go:debug http2client=0\n\n// Command demo", numbers: 1, falls: true},
}
