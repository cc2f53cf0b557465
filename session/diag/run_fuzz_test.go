package diag_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"github.com/hotdev/hotdev/session/diag"
)

// FuzzScanner feeds any output to a scanner, its lines to the streams in turn
// as the first byte says: whatever comes out must be sane and bounded.
func FuzzScanner(f *testing.F) {
	files, err := filepath.Glob("testdata/run/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range ar.Files {
			data := strings.ReplaceAll(string(section.Data), "^[", "\x1b")
			f.Add("\x00"+data, 0)
			f.Add("\x02"+data, 1)
		}
	}
	f.Fuzz(func(t *testing.T, output string, code int) {
		if output == "" {
			return
		}
		pattern, lines := output[0], strings.Split(output[1:], "\n")
		s := diag.NewScanner(appOptions(pattern&1 == 1))
		var found []diag.Diagnostic
		for i, line := range lines {
			feed := s.Stderr
			if pattern>>(1+i%7)&1 == 1 {
				feed = s.Stdout
			}
			info, list := feed(line)
			checkInfo(t, info)
			found = append(found, list...)
		}
		found = append(found, s.Exit(code, "")...)
		if len(found) > len(lines)+1 {
			t.Errorf("%d diagnostics for %d lines", len(found), len(lines))
		}
		for _, d := range found {
			checkDiagnostic(t, d)
		}
	})
}

func checkInfo(t *testing.T, i diag.LineInfo) {
	switch i.Level {
	case "", "debug", "info", "warn", "error":
	default:
		t.Errorf("level %q", i.Level)
	}
	checkSpan(t, i.File, i.Line, true)
	if i.Request != nil && i.Route != nil {
		t.Errorf("both request and route: %+v %+v", i.Request, i.Route)
	}
}

func checkDiagnostic(t *testing.T, d diag.Diagnostic) {
	checkSpan(t, d.File, d.Line, false)
	if d.Message == "" || len(d.Message) > 4<<10 || !utf8.ValidString(d.Message) || d.Code == "" {
		t.Errorf("bad diagnostic: %+v", d)
	}
	if d.Owner != diag.Panic && d.Owner != diag.Race {
		t.Errorf("owner %q", d.Owner)
	}
	if len(d.Related) > 32 {
		t.Errorf("%d related places", len(d.Related))
	}
	for _, r := range d.Related {
		checkSpan(t, r.File, r.Line, false)
		if r.File == d.File && r.Line == d.Line {
			t.Errorf("the place of the diagnostic is related to itself: %+v", d)
		}
	}
}

// checkSpan checks a position; only the main file may stand without a line.
func checkSpan(t *testing.T, file string, line int, optional bool) {
	if optional && file == "" && line == 0 {
		return
	}
	if !filepath.IsAbs(file) && (len(file) < 3 || file[1] != ':') || line < 0 || line == 0 && file != "/app/main.go" {
		t.Errorf("position %q:%d", file, line)
	}
}

// FuzzRecord compares the message of a record in JSON with what encoding/json
// put in, whatever other fields stand before it.
func FuzzRecord(f *testing.F) {
	f.Add("plain", "key", "value")
	f.Add("a \"b\" \\ \u2028 é", "source", "}{")
	f.Fuzz(func(t *testing.T, msg, key, value string) {
		msg = strings.ToValidUTF8(msg, "")
		if strings.ContainsAny(msg, "\r\n\x1b") || strings.Contains(msg, "goroutine ") || len(msg) > 1000 || msg == "" {
			t.Skip("cut, stripped or read as a trace")
		}
		other, err := json.Marshal(map[string]any{key: map[string]any{key: value}, "list": []string{value, key}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(msg)
		if err != nil {
			t.Fatal(err)
		}
		line := string(other[:len(other)-1]) + `,"level":"warn","msg":` + string(text) + "}"
		if len(line) > 32<<10 {
			t.Skip("cut off")
		}
		s := diag.NewScanner(appOptions(false))
		info, _ := s.Stderr(line)
		if info.Level != "warn" {
			t.Errorf("level %q of %s", info.Level, line)
		}
		found := s.Exit(1, "")
		if len(found) != 1 || found[0].Message != "exit status 1: "+msg {
			t.Errorf("got %+v of %s", found, line)
		}
	})
}
