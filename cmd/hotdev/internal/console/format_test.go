package console

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hotdev/hotdev/rpc/protocol"
)

var rewrite = flag.Bool("update", false, "write the golden parts of testdata")

// TestFormat renders the values in testdata/format/*.txtar. The comment of an
// archive holds options ("color", "width N"); a file NAME.status, .reload,
// .diagnostic or .log holds a value in JSON, and NAME.want how it must look,
// with ESC written as ␛. Further files are sources that diagnostics quote,
// below /src.
func TestFormat(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			testFormat(t, archive)
			if *rewrite {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func testFormat(t *testing.T, archive *txtar.Archive) {
	contents := map[string][]byte{}
	for _, f := range archive.Files {
		contents[f.Name] = f.Data
	}
	format := Format{Dir: "/src", ReadFile: func(name string) ([]byte, error) {
		if data, ok := contents[strings.TrimPrefix(name, "/src/")]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}}
	for _, line := range strings.Split(string(archive.Comment), "\n") {
		if line == "color" {
			format.Color = true
		}
		_, _ = fmt.Sscanf(line, "width %d", &format.Width)
	}
	rendered := 0
	for i, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".want")
		if !ok {
			continue
		}
		rendered++
		got := strings.ReplaceAll(render(t, format, name, contents), "\x1b", "␛") + "\n"
		if *rewrite {
			archive.Files[i].Data = []byte(got)
		} else if got != string(f.Data) {
			t.Errorf("%s:\n--- got\n%s--- want\n%s", name, got, f.Data)
		}
	}
	if rendered == 0 {
		t.Error("the archive has no .want")
	}
}

func render(t *testing.T, f Format, name string, contents map[string][]byte) string {
	for suffix, value := range map[string]any{
		".status": &protocol.Status{}, ".reload": &protocol.Reload{}, ".diagnostic": &protocol.Diagnostic{}, ".log": &protocol.LogEntry{},
	} {
		data, ok := contents[name+suffix]
		if !ok {
			continue
		}
		if err := json.Unmarshal(data, value); err != nil {
			t.Fatalf("%s%s: %v", name, suffix, err)
		}
		switch v := value.(type) {
		case *protocol.Status:
			return f.Status(*v)
		case *protocol.Reload:
			return f.Reload(*v)
		case *protocol.Diagnostic:
			return f.Diagnostic(*v)
		case *protocol.LogEntry:
			return f.Log(*v)
		}
	}
	t.Fatalf("no value for %s.want", name)
	return ""
}

func TestURL(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080":  "http://127.0.0.1:8080",
		"[::]:8080":       "http://localhost:8080",
		"0.0.0.0:8080":    "http://localhost:8080",
		":8080":           "http://localhost:8080",
		"[::1]:8080":      "http://[::1]:8080",
		"dev.local:80":    "http://dev.local:80",
		"":                "",
		"no port in here": "",
	} {
		if got := URL(address); got != want {
			t.Errorf("URL(%q) = %q, want %q", address, got, want)
		}
	}
}
