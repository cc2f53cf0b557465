package diag_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotdev/hotdev/session/diag"
)

var update = flag.Bool("update", false, "write the diagnostics that come out into testdata/build")

// TestParseBuild runs the cases of testdata/build. Each is a txtar archive: the
// files of a module, which is built for real by go build -json, and a file
// "want" with the diagnostics that must come out. Its comment may hold the
// lines
//
//	env KEY=VALUE   add to the environment of the build
//	flags F G …     add to its flags
//	cgo             skip the case without gcc
//
// A case with a file "output" is not built: that is what the build printed, for
// what cannot be provoked here. $DIR stands for the directory, and … for any
// text.
func TestParseBuild(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join("testdata", "build", "*.txtar"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runBuildCase(t, path)
		})
	}
}

func runBuildCase(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "größe 2") // everything must work below such a path
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var output, want string
	recorded := false
	for _, f := range archive.Files {
		switch f.Name {
		case "output":
			output, recorded = strings.ReplaceAll(string(f.Data), "$DIR", filepath.ToSlash(dir)), true
		case "want":
			want = string(f.Data)
		default:
			name := filepath.Join(dir, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	var events []diag.BuildEvent
	if recorded {
		events = readEvents(t, output)
	} else {
		events = goBuild(t, dir, archive.Comment)
	}
	list := diag.ParseBuild(events, optionsFor(dir))
	got := render(list, dir)
	if !matches(want, got) {
		if *update {
			setWant(archive, got)
			if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Errorf("got:\n%s\nwant:\n%s\noutput:\n%s", got, want, showEvents(events))
	}
}

// optionsFor describes the module in dir.
func optionsFor(dir string) diag.BuildOptions {
	o := diag.BuildOptions{
		Dir:      dir,
		MainFile: filepath.Join(dir, "main.go"),
		ReadFile: os.ReadFile,
		ReadDir: func(dir string) ([]string, error) {
			entries, err := os.ReadDir(dir)
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return names, err
		},
	}
	if mod := filepath.Join(dir, "go.mod"); exists(mod) {
		o.GoMod = mod
	}
	if work := filepath.Join(dir, "go.work"); exists(work) {
		o.GoWork = work
	}
	return o
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// goBuild builds the module in dir, offline, and returns what was printed.
func goBuild(t *testing.T, dir string, comment []byte) []diag.BuildEvent {
	t.Helper()
	args := []string{"build", "-json", "-gcflags=-e", "-gcflags=./...=-e", "-buildvcs=false", "-o", filepath.Join(t.TempDir(), "app")}
	env := append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=", "LC_ALL=C.UTF-8", "PWD="+dir)
	for line := range strings.Lines(string(comment)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "env":
			env = append(env, rest)
		case "flags":
			args = append(args, strings.Fields(rest)...)
		case "cgo":
			if _, err := exec.LookPath("gcc"); err != nil || runtime.GOOS != "linux" {
				t.Skip("gcc is not here, or not for linux")
			}
			env = append(env, "CGO_ENABLED=1", "CC=gcc")
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, ".")...)
	cmd.Dir, cmd.Env = dir, env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return append(readEvents(t, stdout.String()), readEvents(t, stderr.String())...)
}

// readEvents reads the output of go build: events, and lines that are none.
func readEvents(t *testing.T, output string) []diag.BuildEvent {
	t.Helper()
	var events []diag.BuildEvent
	for line := range strings.Lines(output) {
		var e diag.BuildEvent
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &e) == nil {
			events = append(events, e)
			continue
		}
		events = append(events, diag.BuildEvent{Output: line})
	}
	return events
}

func showEvents(events []diag.BuildEvent) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString(e.Output)
	}
	return b.String()
}

// render writes diagnostics one below the other, with what belongs to each
// indented.
func render(list []diag.Diagnostic, dir string) string {
	var b strings.Builder
	severity := map[diag.Severity]string{diag.Error: "error", diag.Warning: "warning"}
	for _, d := range list {
		fmt.Fprintf(&b, "%s: %s %s: %s\n", place(d.Span), severity[d.Severity], d.Code, strings.ReplaceAll(d.Message, "\n\t", "\n    "))
		for _, r := range d.Related {
			fmt.Fprintf(&b, "    > %s: %s\n", place(r.Span), r.Message)
		}
		if d.Fix != nil {
			fmt.Fprintf(&b, "    fix: %s (in %s)\n", strings.Join(d.Fix.Command, " "), d.Fix.Dir)
		}
	}
	text := strings.ReplaceAll(b.String(), dir+string(filepath.Separator), "")
	return strings.ReplaceAll(text, dir, "$DIR")
}

func place(s diag.Span) string {
	text := s.File
	for _, n := range []int{s.Line, s.Col} {
		if n > 0 {
			text += fmt.Sprintf(":%d", n)
		}
	}
	if s.EndLine > 0 {
		text += fmt.Sprintf("-%d:%d", s.EndLine, s.EndCol)
	}
	return text
}

// matches reports whether got is want, in which … stands for any text.
func matches(want, got string) bool {
	re := strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*")
	return regexp.MustCompile("^" + re + "$").MatchString(got)
}

func setWant(a *txtar.Archive, want string) {
	for i := range a.Files {
		if a.Files[i].Name == "want" {
			a.Files[i].Data = []byte(want)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(want)})
}

// FuzzParseBuild feeds arbitrary output, as text and as an event, to the
// parser: whatever it is, every diagnostic is presentable.
func FuzzParseBuild(f *testing.F) {
	cases, _ := filepath.Glob(filepath.Join("testdata", "build", "*.txtar"))
	for _, path := range cases {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(string(file.Data))
		}
	}
	f.Add("0:0:")
	dir := f.TempDir()
	o := optionsFor(dir)
	o.GoMod = filepath.Join(dir, "go.mod")
	o.ReadFile = func(string) ([]byte, error) { return []byte("module example.com/app\ngo 1.26\n"), nil }
	f.Fuzz(func(t *testing.T, text string) {
		var events []diag.BuildEvent
		for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
			events = append(events, diag.BuildEvent{Output: s.Text() + "\n"})
		}
		events = append(events,
			diag.BuildEvent{ImportPath: "example.com/app/a", Action: "build-output", Output: text},
			diag.BuildEvent{ImportPath: "example.com/app/a", Action: "build-fail"})
		for _, d := range diag.ParseBuild(events, o) {
			windows := len(d.File) > 2 && d.File[1] == ':'
			if !filepath.IsAbs(d.File) && !windows || d.Line < 0 || d.Col < 0 || d.Owner != diag.Build || d.Severity == 0 || d.Code == "" || strings.TrimSpace(d.Message) == "" {
				t.Errorf("%+v from %q", d, text)
			}
		}
	})
}
