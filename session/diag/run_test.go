package diag_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hotdev/hotdev/session/diag"
)

// TestRunOutput feeds each testdata/run/*.txtar to a scanner. The sections are
// taken in order: stdout and stderr are lines of output, exit is a status with
// an optional signal, and want describes the diagnostics and, for output named
// "log", each line's info. The app's own sources are those below /app.
func TestRunOutput(t *testing.T) {
	files, err := filepath.Glob("testdata/run/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := diag.NewScanner(appOptions(strings.Contains(string(ar.Comment), "#nomain")))
			var got strings.Builder
			want := -1
			for i, section := range ar.Files {
				data := strings.ReplaceAll(strings.TrimSuffix(string(section.Data), "\n"), "^[", "\x1b")
				switch section.Name {
				case "stdout":
					for line := range strings.SplitSeq(data, "\n") {
						_, found := s.Stdout(line)
						describe(&got, found)
					}
				case "stderr":
					for line := range strings.SplitSeq(data, "\n") {
						_, found := s.Stderr(line)
						describe(&got, found)
					}
				case "log":
					for line := range strings.SplitSeq(data, "\n") {
						info, found := s.Stdout(line)
						fmt.Fprintln(&got, infoText(info))
						describe(&got, found)
					}
				case "exit":
					var code int
					var signal string
					fmt.Sscan(data, &code, &signal)
					describe(&got, s.Exit(code, signal))
				case "want":
					want = i
				default:
					t.Fatalf("unknown section %s", section.Name)
				}
			}
			if want < 0 {
				t.Fatal("no section want")
			}
			if *update {
				ar.Files[want].Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != string(ar.Files[want].Data) {
				t.Errorf("got:\n%s\nwant:\n%s", got.String(), ar.Files[want].Data)
			}
		})
	}
}

// appOptions are those of an app in /app.
func appOptions(nomain bool) diag.ScanOptions {
	o := diag.ScanOptions{
		Own:      func(file string) bool { return strings.HasPrefix(file, "/app/") },
		MainFile: "/app/main.go",
		Resolve: diag.Resolver(
			map[string]string{"example.com/app": "/app", "example.com/app/users": "/app/users", "main": "/app"},
			[]string{"/app/main.go", "/app/users/api.go", "/app/users/store.go", "/app/pets/store.go"},
		),
	}
	if nomain {
		o.MainFile = ""
	}
	return o
}

// describe writes one line for each diagnostic, and below it one for each
// related place.
func describe(w *strings.Builder, list []diag.Diagnostic) {
	for _, d := range list {
		fmt.Fprintf(w, "%s:%d: %s/%s severity %d: %q\n", d.File, d.Line, d.Owner, d.Code, d.Severity, d.Message)
		for _, r := range d.Related {
			fmt.Fprintf(w, "\t%s:%d: %s\n", r.File, r.Line, r.Message)
		}
	}
}

func infoText(i diag.LineInfo) string {
	text := "level=" + i.Level
	if i.File != "" || i.Line != 0 {
		text += fmt.Sprintf(" at=%s:%d", i.File, i.Line)
	}
	if r := i.Request; r != nil {
		text += fmt.Sprintf(" request=%s %s %d %s", r.Method, r.Path, r.Status, r.Latency)
	}
	if r := i.Route; r != nil {
		text += fmt.Sprintf(" route=%s %s %s", r.Method, r.Path, r.Handler)
	}
	return text
}
