package main

import (
	"context"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// app is a copy of a web app, what is edited in it, and the statement that the
// debugged tools have a breakpoint on: no measured request comes to it.
type app struct {
	dir   string
	edits []edit
	armed string // file with the statement
}

// armed is a part of the statement.
const armed = "orders.Add(1)"

// edit is a kind of change of one file.
type edit struct {
	name   string
	file   string
	path   string // answers with what the expression says
	marker string // expression with the value "hello"
	pkg    string // import that comes and goes
	use    string // of that package, with %s for the expression
	above  string // line that another one is put above of, and taken away
	base   string // text of the file
}

// leafBody is the name of the edit that is measured where one is enough.
const leafBody = "leaf body"

// usualEdits are the edits that every app has, of its leaf package and of main.
func usualEdits(leaf, main edit) []edit {
	body, known, unknown := leaf, leaf, leaf
	body.name, main.name = leafBody, "main body"
	known.name, known.pkg, known.use = "import", "strings", "strings.TrimSpace(%s)"
	unknown.name, unknown.pkg, unknown.use = "import that is new to the app", "container/ring", "%s[:len(%[1]s)*ring.New(1).Len()]"
	return []edit{body, main, known, unknown}
}

// prepare makes a fresh copy of the named app in dir.
func prepare(ctx context.Context, name, dir string) (*app, error) {
	makers := map[string]func(context.Context, string) (*app, error){"demo": demoApp, "cgo": cgoApp, "many": manyApp}
	make, ok := makers[name]
	if !ok {
		return nil, fmt.Errorf("no app is named %q", name)
	}
	a, err := make(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("making the app %s: %w", name, err)
	}
	a.dir = dir
	for i := range a.edits {
		e := &a.edits[i]
		text, err := os.ReadFile(e.file)
		if err != nil {
			return nil, err
		}
		e.base = string(text)
		if !strings.Contains(e.base, e.marker) || !strings.Contains(e.base, e.above) {
			return nil, fmt.Errorf("%s lacks what is edited for %s", e.file, e.name)
		}
	}
	return a, nil
}

func (a *app) edit(name string) (edit, error) {
	for _, e := range a.edits {
		if e.name == name {
			return e, nil
		}
	}
	return edit{}, fmt.Errorf("the app has no edit named %q", name)
}

// text returns the file after the edit was made for the i-th time, as gofmt
// formats it: it says token, and every second time it has the import, or the
// line.
func (e edit) text(i int, token string) (string, error) {
	text, expression := e.base, strconv.Quote(token)
	if e.pkg != "" && i%2 == 0 {
		text = strings.Replace(text, "import (", "import (\n\t"+strconv.Quote(e.pkg), 1)
		expression = fmt.Sprintf(e.use, expression)
	}
	if e.above != "" && i%2 == 0 {
		text = strings.Replace(text, e.above, "// Moved.\n"+e.above, 1)
	}
	formatted, err := format.Source([]byte(strings.Replace(text, e.marker, expression, 1)))
	return string(formatted), err
}

// wrong returns the file with a type error.
func (e edit) wrong(i int) string {
	return strings.Replace(e.base, e.marker, fmt.Sprintf("%s(%d)", undefined, i), 1)
}

// undefined is the name that is not declared after edit.wrong.
const undefined = "undeclared"

func (e edit) save(text string) error { return os.WriteFile(e.file, []byte(text), 0o644) }

// demoApp copies the demo, and gives main something to say.
func demoApp(_ context.Context, dir string) (*app, error) {
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("extensions", "demo"))); err != nil {
		return nil, fmt.Errorf("copying the demo (run this from the root of the repository): %w", err)
	}
	api, main := filepath.Join(dir, "api", "api.go"), filepath.Join(dir, "main.go")
	data, err := os.ReadFile(main)
	if err != nil {
		return nil, err
	}
	const static = `r.Static("/static", "static")`
	text := strings.Replace(string(data), static, static+"\n\tr.GET(\"/main\", func(c *gin.Context) { c.String(http.StatusOK, \"hello\") })", 1)
	if err := os.WriteFile(main, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return &app{armed: api, edits: usualEdits(
		edit{file: api, path: "/api/hello", marker: `greeting + ", "`},
		edit{file: main, path: "/main", marker: `"hello"`},
	)}, nil
}

// newModule makes dir the module example.com/app with the given files, which
// require the given modules.
func newModule(ctx context.Context, dir string, files map[string]string, modules ...string) error {
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"mod", "init", "example.com/app"},
		append([]string{"get"}, modules...),
		{"mod", "tidy"},
	} {
		if _, err := command(ctx, dir, "go", args...); err != nil {
			return err
		}
	}
	return nil
}

// command runs a command in dir and returns the CPU time of it and its children;
// its output is part of the error.
func command(ctx context.Context, dir, name string, args ...string) (cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
