package diag_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/diag"
)

// TestRealCrashes runs testdata/apps/crash, built by the installed toolchain in
// the usual way and with -trimpath, in every way that it knows to end.
func TestRealCrashes(t *testing.T) {
	cases := []struct {
		way     string
		at      string // name of the mark in the source; "" for the main file, "-" for no diagnostic
		code    string
		message string
	}{
		{"panic", "panic", "panic", "panic: boom"},
		{"lines", "lines", "panic", "panic: first\nsecond"},
		{"value", "value", "panic", "panic: (*main.failure) 0x"},
		{"nil", "nil", "panic", "panic: runtime error: invalid memory address or nil pointer dereference"},
		{"index", "index", "panic", "panic: runtime error: index out of range [2] with length 1"},
		{"nested", "nested", "panic", "panic: first\npanic: second"},
		{"repanic", "repanic", "panic", "panic: again"},
		{"overflow", "overflow", "fatal-error", "fatal error: stack overflow"},
		{"deadlock", "deadlock", "fatal-error", "fatal error: all goroutines are asleep - deadlock!"},
		{"maps", "maps", "fatal-error", "fatal error: concurrent map"},
		{"goroutine", "goroutine", "panic", "panic: in a goroutine"},
		{"library", "library", "panic", "panic: sync: negative WaitGroup counter"},
		{"recovered", "recovered", "recovered-panic", "recovered: mended"},
		{"dump", "-", "", ""},
		{"fatal", "", "exit", "exit status 1: no database\nat all"},
		{"shortfile", "shortfile", "exit", "exit status 1: no database"},
		{"longfile", "longfile", "exit", "exit status 1: no database"},
		{"exit", "", "exit", "exit status 3"},
		{"fine", "-", "", ""},
	}
	source := appSource(t, "crash")
	marks := appMarks(t, source)
	for _, flags := range [][]string{nil, {"-trimpath"}} {
		exe := buildApp(t, "crash", flags...)
		for _, c := range cases {
			t.Run(strings.Join(append(flags, c.way), " "), func(t *testing.T) {
				t.Parallel()
				found, output := runApp(t, source, nil, exe, c.way)
				if c.at == "-" {
					if len(found) > 0 {
						t.Errorf("found %+v in:\n%s", found, output)
					}
					return
				}
				if len(found) != 1 {
					t.Fatalf("found %d diagnostics, want 1: %+v in:\n%s", len(found), found, output)
				}
				d := found[0]
				var line []int
				if c.at == "" {
					line = []int{0}
				} else if line = marks[c.at]; line == nil {
					t.Fatalf("no mark %q in %s", c.at, source)
				}
				if d.File != source || !slices.Contains(line, d.Line) || d.Code != c.code || d.Owner != diag.Panic || !strings.HasPrefix(d.Message, c.message) {
					t.Errorf("got %s:%d %s %q, want %s:%v %s %q; output:\n%s",
						d.File, d.Line, d.Code, d.Message, source, line, c.code, c.message, output)
				}
			})
		}
	}
}

// TestRealServer runs a net/http server whose handler panics, with each of the
// standard library's ways to log.
func TestRealServer(t *testing.T) {
	source := appSource(t, "serve")
	exe := buildApp(t, "serve")
	marks := appMarks(t, source)
	for _, way := range []string{"log", "json", "logfmt"} {
		t.Run(way, func(t *testing.T) {
			found, output := runApp(t, source, nil, exe, way)
			var got []string
			for _, d := range found {
				got = append(got, fmt.Sprintf("%s:%d severity %d %s %q", d.File, d.Line, d.Severity, d.Code, d.Message))
			}
			want := []string{
				fmt.Sprintf("%s:%d severity 1 recovered-panic %q", source, marks["panic"][0], "panic: in a handler"),
				fmt.Sprintf("%s:%d severity 2 superfluous-write-header %q", source, marks["superfluous"][0],
					"superfluous response.WriteHeader call: the status was sent before"),
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q; output:\n%s", got, want, output)
			}
		})
	}
}

// TestRealRace runs a program with a data race under the race detector.
func TestRealRace(t *testing.T) {
	source := appSource(t, "race")
	exe := buildApp(t, "race", "-race")
	found, output := runApp(t, source, []string{"GORACE=atexit_sleep_ms=0"}, exe)
	if len(found) != 1 {
		t.Fatalf("found %d diagnostics, want 1: %+v in:\n%s", len(found), found, output)
	}
	d, accesses := found[0], appMarks(t, source)["access"]
	if d.Owner != diag.Race || d.File != source || !slices.Contains(accesses, d.Line) {
		t.Errorf("got %+v, want a race at one of the lines %v of %s", d, accesses, source)
	}
	if len(d.Related) == 0 || !slices.Contains(accesses, d.Related[0].Line) || d.Related[0].Line == d.Line || !strings.HasPrefix(d.Related[0].Message, "previous ") {
		t.Errorf("related: %+v, want the other access first; lines %v", d.Related, accesses)
	}
}

// TestRealGin runs a gin app in debug and release mode, plain and coloured.
func TestRealGin(t *testing.T) {
	source := appSource(t, "gin")
	exe := buildApp(t, "gin")
	marks := appMarks(t, source)
	for _, c := range []struct {
		mode string
		args []string
	}{{"debug", nil}, {"debug", []string{"coloured"}}, {"release", nil}, {"release", []string{"coloured"}}} {
		t.Run(strings.Join(append(c.args, c.mode), " "), func(t *testing.T) {
			found, output := runApp(t, source, []string{"GIN_MODE=" + c.mode}, exe, c.args...)
			var got []string
			for _, d := range found {
				got = append(got, fmt.Sprintf("%s:%d %s %q", d.File, d.Line, d.Code, d.Message))
			}
			want := []string{
				fmt.Sprintf("%s:%d recovered-panic %q", source, marks["boom"][0], "panic: boom"),
				fmt.Sprintf("%s:%d recovered-panic %q", source, marks["error"][0], "panic: first\n\nthird"),
			}
			if !slices.Equal(got, want) {
				t.Fatalf("got %q, want %q; output:\n%s", got, want, output)
			}
			var requests, routes []string
			s := diag.NewScanner(diag.ScanOptions{Own: func(string) bool { return false }})
			for line := range strings.SplitSeq(output, "\n") {
				info, _ := s.Stdout(line)
				if r := info.Request; r != nil {
					requests = append(requests, fmt.Sprint(r.Method, " ", r.Path, " ", r.Status, " ", info.Level))
				}
				if r := info.Route; r != nil {
					routes = append(routes, r.Method+" "+r.Path+" "+r.Handler)
				}
			}
			wantRequests := []string{"GET /fine/7?a=b 200 info", "GET /missing 404 warn", "GET /boom 500 error", "GET /boom 500 error", "POST /error 500 error"}
			if !slices.Equal(requests, wantRequests) {
				t.Errorf("requests %q, want %q", requests, wantRequests)
			}
			wantRoutes := []string{"GET /fine/:id main.main.func1", "GET /boom main.main.func2", "POST /error main.failing"}
			if c.mode == "debug" && !slices.Equal(routes, wantRoutes) {
				t.Errorf("routes %q, want %q", routes, wantRoutes)
			}
		})
	}
}

// appSource is the absolute path of the main file of testdata/apps/name.
func appSource(t *testing.T, name string) string {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", "apps", name, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// appMarks finds the lines of the "// at NAME" comments.
func appMarks(t *testing.T, source string) map[string][]int {
	t.Helper()
	data, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	marks := map[string][]int{}
	for i, line := range strings.Split(string(data), "\n") {
		if _, name, ok := strings.Cut(line, "// at "); ok {
			marks[name] = append(marks[name], i+1)
		}
	}
	return marks
}

func buildApp(t *testing.T, name string, flags ...string) (exe string) {
	t.Helper()
	exe = filepath.Join(t.TempDir(), name+".exe")
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"build", "-o", exe}, flags, []string{"./" + name})...)
	cmd.Dir = filepath.Join("testdata", "apps")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", name, err, out)
	}
	return exe
}

// runApp runs exe to its end and feeds what it printed to a scanner.
func runApp(t *testing.T, source string, env []string, exe string, args ...string) (found []diag.Diagnostic, output string) {
	t.Helper()
	dir := filepath.Dir(source)
	s := diag.NewScanner(diag.ScanOptions{
		Own:      func(file string) bool { return file == source },
		MainFile: source,
		Resolve:  diag.Resolver(map[string]string{"main": dir, "example.com/apps/" + filepath.Base(dir): dir}, []string{source}),
	})
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(stdout.String(), "\n") {
		_, list := s.Stdout(line)
		found = append(found, list...)
	}
	for line := range strings.SplitSeq(stderr.String(), "\n") {
		_, list := s.Stderr(line)
		found = append(found, list...)
	}
	found = append(found, s.Exit(cmd.ProcessState.ExitCode(), "")...)
	return found, stdout.String() + stderr.String()
}
