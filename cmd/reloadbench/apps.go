package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// app is a copy of a web app and the line that a save changes.
type app struct {
	dir  string
	file string // the file that is edited
	text string // its text, with the greeting "hello"
	path string // answers with the greeting
}

// prepare makes a fresh copy of the named app in dir.
func prepare(ctx context.Context, name, dir string) (*app, error) {
	a := &app{dir: dir}
	switch name {
	case "demo":
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("extensions", "demo"))); err != nil {
			return nil, fmt.Errorf("copying the demo (run this from the root of the repository): %w", err)
		}
		a.file, a.path = filepath.Join(dir, "api", "api.go"), "/api/hello"
	case "cgo":
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		a.file, a.path = filepath.Join(dir, "main.go"), "/"
		if err := os.WriteFile(a.file, []byte(cgoMain), 0o644); err != nil {
			return nil, err
		}
		for _, args := range [][]string{
			{"mod", "init", "example.com/cgo"},
			{"get", "github.com/gin-gonic/gin@v1.12.0", "github.com/mattn/go-sqlite3@v1.14.32"},
			{"mod", "tidy"},
		} {
			if err := command(ctx, dir, "go", args...); err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("no app is named %q", name)
	}
	text, err := os.ReadFile(a.file)
	if err != nil {
		return nil, err
	}
	a.text = string(text)
	if !strings.Contains(a.text, `"hello"`) {
		return nil, fmt.Errorf(`%s has no "hello" to change`, a.file)
	}
	return a, nil
}

// save writes the app with the given greeting, as one write.
func (a *app) save(greeting string) error {
	return os.WriteFile(a.file, []byte(strings.Replace(a.text, `"hello"`, `"`+greeting+`"`, 1)), 0o644)
}

// command runs a command in dir; its output is part of the error.
func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

const cgoMain = `package main

import (
	"database/sql"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
	_ "github.com/mattn/go-sqlite3"
)

const greeting = "hello"

func main() {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		panic(err)
	}
	r := gin.New()
	r.GET("/", func(c *gin.Context) {
		var n int
		if err := db.QueryRow("select 1").Scan(&n); err != nil {
			c.String(http.StatusInternalServerError, err.Error())
			return
		}
		c.String(http.StatusOK, greeting)
	})
	if err := r.Run("localhost:" + os.Getenv("PORT")); err != nil {
		panic(err)
	}
}
`
