package incremental_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// program is a module on the disk.
type program struct {
	*testing.T
	config  incremental.Config
	state   string             // directory of builder
	cutoff  incremental.Cutoff // for resume
	builder *incremental.Builder
	runs    func(*exec.Cmd) // called before each command; nil: nothing
	ran     func(*exec.Cmd) // called after each command; nil: nothing
}

func newProgram(t *testing.T) *program {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &program{T: t}
	p.config = configIn(dir)
	p.write("go.mod", "module example.com/app\n\ngo 1.26\n")
	p.write("main.go", "package main\n\nimport \"example.com/app/words\"\n\nfunc main() { print(words.Hello()) }\n")
	p.write("words/words.go", "package words\n\nfunc Hello() string { return \"hello\" }\n")
	p.state = filepath.Join(t.TempDir(), "state")
	p.builder = newBuilder(t, p.state, p.run)
	return p
}

// run runs a command of the builder.
func (p *program) run(cmd *exec.Cmd) error {
	if p.runs != nil {
		p.runs(cmd)
	}
	err := cmd.Run()
	if p.ran != nil {
		p.ran(cmd)
	}
	return err
}

func newBuilder(t *testing.T, dir string, run func(*exec.Cmd) error) *incremental.Builder {
	t.Helper()
	b, err := incremental.New(incremental.Options{Dir: dir, Run: run, Background: run})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func (p *program) write(name, text string) {
	p.Helper()
	path := filepath.Join(p.config.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

func (p *program) capture() {
	p.Helper()
	if err := p.builder.Capture(p.Context(), p.config, incremental.Made{}); err != nil {
		p.Fatal(err)
	}
}

// build builds and returns what the program prints.
func (p *program) build() (string, incremental.Report, error) {
	p.Helper()
	out := filepath.Join(p.TempDir(), "program")
	report, err := p.builder.Build(p.Context(), incremental.Request{Config: p.config, Cutoff: incremental.Interface, Output: out})
	if err != nil {
		return "", report, err
	}
	printed, err := exec.CommandContext(p.Context(), out).CombinedOutput()
	if err != nil {
		p.Fatal(err)
	}
	return string(printed), report, nil
}

// TestStandardPackagesComeAndGo holds that a new import of one is no reason to ask
// how the program is built, nor one that is gone, and that the program is the same
// as before then.
func TestStandardPackagesComeAndGo(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	plain := "package words\n\nfunc Hello() string { return \"hello\" }\n"
	with := "package words\n\nimport (\n\t\"text/tabwriter\"\n\t\"strings\"\n)\n\nfunc Hello() string { var b strings.Builder; w := tabwriter.NewWriter(&b, 8, 8, 0, '.', 0); w.Write([]byte(\"a\\tb\")); w.Flush(); return b.String() }\n"
	ids := map[string]string{}
	for _, text := range []string{plain, with, plain, with} {
		p.write("words/words.go", text)
		prints, report, err := p.build()
		want := "hello"
		if text == with {
			want = "a.......b"
		}
		if err != nil || prints != want {
			t.Errorf("it prints %q, error %v", prints, err)
		}
		if id, ok := ids[text]; ok && id != report.ID {
			t.Errorf("the same program has another ID: %s", want)
		}
		ids[text] = report.ID
	}
}

func tool(cmd *exec.Cmd) string { return filepath.Base(cmd.Path) }

// TestCaptureOfWhatDoesNotCompile holds that an error that is saved right after a
// build is no reason not to learn from the next one, and is told.
func TestCaptureOfWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for text, says := range map[string]string{
		"package words\n\nfunc Hello() string { return undefined }\n": "words.go:3",
		"package words\n\nimport \"example.com/app/none\"\n":          "example.com/app/none",
	} {
		p.write("words/words.go", text)
		if err := p.builder.Capture(t.Context(), p.config, incremental.Made{}); !errors.Is(err, incremental.ErrChanged) || !strings.Contains(err.Error(), says) {
			t.Errorf("the error is %v", err)
		}
	}
}

// TestCompiled holds which packages are compiled.
func TestCompiled(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	for _, tc := range []struct{ name, words, prints, compiled string }{
		{"nothing changed", "package words\n\nfunc Hello() string { return \"hello\" }\n", "hello", ""},
		{"an inlinable body", "package words\n\nfunc Hello() string { return \"again\" }\n", "again", "example.com/app example.com/app/words"},
		{"it is no longer inlinable", "package words\n\nfunc Hello() string { defer print(1); return \"again\" }\n", "1again", "example.com/app example.com/app/words"},
		{"a body", "package words\n\nfunc Hello() string { defer print(2); return \"again\" }\n", "2again", "example.com/app/words"},
		{"a line above", "package words\n\n\nfunc Hello() string { defer print(2); return \"again\" }\n", "2again", "example.com/app/words"},
		{"a change undone", "package words\n\nfunc Hello() string { defer print(2); return \"again\" }\n", "2again", ""},
		{"a test", "package words\n\nfunc Hello() string { defer print(2); return \"again\" }\n", "2again", ""},
	} {
		p.write("words/words.go", tc.words)
		p.write("words/words_test.go", "package words // "+tc.name)
		prints, report, err := p.build()
		if err != nil || prints != tc.prints || strings.Join(report.Compiled, " ") != tc.compiled {
			t.Errorf("%s: it prints %q, compiled are %v, error %v", tc.name, prints, report.Compiled, err)
		}
	}
}

// TestSourcesChangeMeanwhile holds that no program comes of sources that change
// while they are compiled, or of a capture that they changed in.
func TestSourcesChangeMeanwhile(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	n := 0
	edit := func() {
		n++
		p.write("words/words.go", "package words\n\nfunc Hello() string { return \""+strings.Repeat("x", n)+"\" }\n")
	}
	p.ran = func(cmd *exec.Cmd) {
		if tool(cmd) == "go" && cmd.Args[1] == "list" {
			edit()
		}
	}
	if err := p.builder.Capture(t.Context(), p.config, incremental.Made{}); err == nil || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Errorf("a capture in which sources changed: %v", err)
	}
	p.ran = nil
	p.capture()
	edits := 1
	p.ran = func(cmd *exec.Cmd) {
		if tool(cmd) == "compile" && edits > 0 {
			edits--
			edit()
		}
	}
	edit()
	if prints, _, err := p.build(); err != nil || prints != strings.Repeat("x", n) {
		t.Errorf("it prints %q after %d edits, error %v", prints, n, err)
	}
	edits = 100
	edit()
	if _, _, err := p.build(); !isFallback(err, "faster than they are built") {
		t.Errorf("sources that change all the time: %v", err)
	}
}

// TestCheckIsFirst holds that a type check tells of errors while compilers have
// not begun, that the compilers' word counts after that, and that nothing is told
// of a program without errors.
func TestCheckIsFirst(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	p.builder.Warm(t.Context())
	told := make(chan incremental.Failures, 10)
	r := incremental.Request{Config: p.config, Cutoff: incremental.Interface, OnCheck: func(f incremental.Failures) { told <- f }}
	var early incremental.Failures
	p.runs = func(cmd *exec.Cmd) {
		if tool(cmd) != "compile" || early != nil {
			return
		}
		select {
		case early = <-told:
		case <-time.After(30 * time.Second):
			t.Error("the compiler waits in vain for a type check")
		}
	}
	p.write("words/words.go", "package words\n\nfunc Hello() string { return 1 }\n")
	_, err := p.builder.Build(t.Context(), r)
	failures := (incremental.Failures)(nil)
	if !errors.As(err, &failures) || len(failures) != 1 || len(early) != 1 || early[0].Package != failures[0].Package {
		t.Fatalf("told early: %v; at the end: %v", early, err)
	}
	if early[0].Output != failures[0].Output {
		t.Errorf("the type check says\n%s\nthe compiler says\n%s", early[0].Output, failures[0].Output)
	}
	p.runs = nil
	p.write("words/words.go", "package words\n\nfunc Hello() string { return \"mended\" }\n")
	r.Output = filepath.Join(t.TempDir(), "program")
	if _, err := p.builder.Build(t.Context(), r); err != nil || len(told) > 0 {
		t.Errorf("after the mend: %v, told %d times", err, len(told))
	}
}

func isFallback(err error, reason string) bool {
	f := (*incremental.Fallback)(nil)
	return errors.As(err, &f) && strings.Contains(f.Reason, reason)
}

// TestFallbacks holds what the go command is asked for again.
func TestFallbacks(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	if err := p.builder.Capture(t.Context(), incremental.Config{Dir: p.config.Dir, Package: "./words", Env: p.config.Env}, incremental.Made{}); err == nil {
		t.Error("a package that is no program was captured")
	}
	if _, _, err := p.build(); !isFallback(err, "not known yet") {
		t.Errorf("after a capture that failed: %v", err)
	}
	for _, tc := range []struct{ file, text, reason string }{
		{"words/other.go", "package words\n", "other.go is new"},
		{"words/asm.s", "", "asm.s is new"},
		{"words/go.mod", "module example.com/other\n", "go.mod changed"},
		{"go.work", "go 1.26\n\nuse .\n", "go.work changed"},
		{"go.mod", "module example.com/app\n\ngo 1.26\n\n// more\n", "go.mod changed"},
		{"words/words.go", "//go:build linux\n\npackage words\n\nfunc Hello() string { return \"hello\" }\n", "build constraint"},
		{"words/words.go", "package words\n\nimport \"example.com/other\"\n\nfunc Hello() string { return other.Hello() }\n", "new to the program"},
		{"words/words.go", "package words\n\nimport \"example.com/app/words\"\n\nfunc Hello() string { return words.Hello() }\n", "which imports it"},
		{"words/words.go", "package words\n\nimport _ \"internal/abi\"\n\nfunc Hello() string { return \"hello\" }\n", "special case"},
		{"words/words.go", "package words\n\nimport _ \"no/such/package\"\n\nfunc Hello() string { return \"hello\" }\n", "new to the program"},
		{"words/words.go", "package words\n\nimport _ \"plugin\"\n\nfunc Hello() string { return \"hello\" }\n", "new to the program"},
		{"words/words.go", "package words\n\nimport _ \"net\"\n\nfunc Hello() string { return \"hello\" }\n", "new to the program"},
		{"words/words.go", "package words\n\nimport _ \"C\"\n\nfunc Hello() string { return \"hello\" }\n", "new to the program"},
		{"words/words.go", "package\n", "cannot be read"},
		{"main.go", "package main\n\nfunc main() {}\n", "nothing imports package example.com/app/words"},
		{"main.go", "package main\n\nimport \"example.com/app/words\"\n\nfunc missing()\n\nfunc main() { missing(); print(words.Hello()) }\n", ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			p := newProgram(t)
			p.capture()
			p.write(tc.file, tc.text)
			_, _, err := p.build()
			if tc.reason == "" {
				if failures := (incremental.Failures)(nil); !errors.As(err, &failures) || len(failures) != 1 || failures[0].Package != "example.com/app" {
					t.Errorf("a function without a body: %v", err)
				}
			} else if !isFallback(err, tc.reason) {
				t.Errorf("%v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.builder.Build(ctx, incremental.Request{Config: p.config}); !errors.Is(err, context.Canceled) {
		t.Errorf("a build whose context has ended: %v", err)
	}
}

func TestSupported(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		goos, version string
		ok            bool
	}{
		{"linux", "go1.26", true},
		{"linux", "go1.26.8", true},
		{"linux", "go1.27.0", false},
		{"linux", "go1.260", false},
		{"linux", "", false},
		{"darwin", "go1.26.8", false},
	} {
		if why := incremental.Supported(tc.goos, tc.version); (why == "") != tc.ok {
			t.Errorf("%s on %s: %q", tc.version, tc.goos, why)
		}
	}
}
