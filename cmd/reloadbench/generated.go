package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

const (
	ginModule    = "github.com/gin-gonic/gin@v1.12.0"
	sqliteModule = "github.com/mattn/go-sqlite3@v1.14.32"
)

// cgoApp makes an app with SQLite, which is linked by the C linker.
func cgoApp(ctx context.Context, dir string) (*app, error) {
	main, leaf := filepath.Join(dir, "main.go"), filepath.Join(dir, "words", "words.go")
	err := newModule(ctx, dir, map[string]string{
		"main.go": fmt.Sprintf(mainSource, `"database/sql"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/gin-gonic/gin"
	_ "github.com/mattn/go-sqlite3"

	"example.com/app/words"`, sqliteSource),
		"words/words.go": leafSource("words"),
	}, ginModule, sqliteModule)
	return &app{armed: main, edits: usualEdits(
		edit{file: leaf, path: "/leaf", marker: `"hello"`},
		edit{file: main, path: "/main", marker: `"hello"`},
	)}, err
}

const sqliteSource = `	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		panic(err)
	}
	r.GET("/leaf", func(c *gin.Context) {
		var text string
		if err := db.QueryRow("select ?", words.Say("")).Scan(&text); err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.String(http.StatusOK, text)
	})
`

const (
	packages   = 400 // of the app many
	dependents = 50  // of its package 1; package 0 has main alone
)

// manyApp makes an app of many packages. main imports all of them.
func manyApp(ctx context.Context, dir string) (*app, error) {
	files := map[string]string{}
	imports := "\"net/http\"\n\t\"os\"\n\t\"sync/atomic\"\n\n\t\"github.com/gin-gonic/gin\"\n"
	var calls strings.Builder
	for n := range packages {
		name := fmt.Sprintf("p%d", n)
		text := leafSource(name)
		for i := range 20 {
			text += fmt.Sprintf("\nfunc G%d(s string) string { return fmt.Sprint(s, %d) + Say(s) }\n", i, i)
		}
		if n > 1 && n <= 1+dependents {
			text = strings.Replace(text, "import (", "import (\n\t\"example.com/app/p1\"", 1) + "\nvar Shared = p1.Say(\"\")\n"
		}
		files[name+"/p.go"] = text
		imports += fmt.Sprintf("\t\"example.com/app/%s\"\n", name)
		fmt.Fprintf(&calls, "\t_ = %s.G1(\"x\")\n", name)
	}
	calls.WriteString("\tr.GET(\"/leaf\", func(c *gin.Context) { c.String(http.StatusOK, p0.Say(\"\")) })\n")
	calls.WriteString("\tr.GET(\"/shared\", func(c *gin.Context) { c.String(http.StatusOK, p2.Shared) })\n")
	files["main.go"] = fmt.Sprintf(mainSource, strings.TrimSpace(imports), calls.String())
	file := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	edits := usualEdits(
		edit{file: file("p0/p.go"), path: "/leaf", marker: `"hello"`},
		edit{file: file("main.go"), path: "/main", marker: `"hello"`},
	)
	shared := edit{name: fmt.Sprintf("body in a package with %d dependents", dependents), file: file("p1/p.go"), path: "/shared", marker: `"hello"`}
	moved := shared
	moved.name, moved.above = "a line more or less in it", "// Say says it."
	return &app{armed: file("main.go"), edits: append(edits, shared, moved)}, newModule(ctx, dir, files, ginModule)
}

// leafSource is a package whose Say has the expression "hello" in its body.
func leafSource(name string) string {
	return fmt.Sprintf(`package %s

import (
	"fmt"
)

// Say says it.
func Say(name string) string {
	defer func() { _ = recover() }()
	return fmt.Sprint("hello", name)
}
`, name)
}

// mainSource lacks the imports, and statements that add routes.
const mainSource = `package main

import (
	%s
)

var orders atomic.Int64

func main() {
	r := gin.New()
	r.GET("/main", func(c *gin.Context) { c.String(http.StatusOK, "hello") })
	r.POST("/orders", func(c *gin.Context) {
		c.JSON(http.StatusCreated, orders.Add(1))
	})
%s	if err := r.Run("localhost:" + os.Getenv("PORT")); err != nil {
		panic(err)
	}
}
`
