package incremental_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// ahead builds as if the file name held text.
func (p *program) ahead(name, text string) (incremental.Report, error) {
	p.Helper()
	path, out := filepath.Join(p.config.Dir, filepath.FromSlash(name)), filepath.Join(p.TempDir(), "program")
	return p.builder.Build(p.Context(), incremental.Request{Config: p.config, Cutoff: incremental.Interface, Output: out, Overlay: incremental.Overlay{path: []byte(text)}})
}

// noCommands fails the test when a command runs from now on.
func (p *program) noCommands() {
	p.ran = func(cmd *exec.Cmd) { p.Errorf("%s was run", tool(cmd)) }
}

// bytes builds with builder and returns the program's bytes.
func (p *program) bytes(builder *incremental.Builder) ([]byte, incremental.Report) {
	p.Helper()
	out := filepath.Join(p.TempDir(), "program")
	report, err := builder.Build(p.Context(), incremental.Request{Config: p.config, Cutoff: incremental.Interface, Output: out})
	if err != nil {
		p.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		p.Fatal(err)
	}
	return data, report
}

// TestAhead holds that a save of what was built ahead needs no command, and that
// the program is the one that is built of the saved files, byte for byte.
func TestAhead(t *testing.T) {
	t.Parallel()
	const where = `package words

import (
	"path/filepath"
	"runtime"
)

// A second file of the package comes before and after this one.
func where() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Base(file)
}

//line generated.y:7
func Line() (string, int) {
	_, file, line, _ := runtime.Caller(0)
	return file, line
}
`
	for _, flags := range [][]string{nil, {"-trimpath"}, {"-gcflags=-N -l"}, {"-ldflags=-compressdwarf=false -B=none"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			p.config.Flags = append(p.config.Flags, flags...)
			p.write("words/a.go", "package words\n\nvar a = where() + z\n")
			p.write("words/where.go", where)
			p.write("words/z.go", "package words\n\nvar z = \"z\"\n\nfunc init() { z += a }\n")
			p.capture()
			other := newBuilder(t, filepath.Join(t.TempDir(), "other"), func(cmd *exec.Cmd) error { return cmd.Run() })
			if err := other.Capture(t.Context(), p.config, incremental.Made{}); err != nil {
				t.Fatal(err)
			}
			for _, tc := range []struct{ name, file, text string }{
				{"an inlinable body", "words/words.go", "package words\n\nfunc Hello() string { return \"again\" + a }\n"},
				{"lines above", "words/where.go", strings.Replace(where, "// A", "//\n\n\n// A", 1)},
				{"the main package", "main.go", "package main\n\nimport \"example.com/app/words\"\n\nfunc main() { println(words.Hello()); println(words.Line()) }\n"},
			} {
				report, err := p.ahead(tc.file, tc.text)
				if err != nil || len(report.Compiled) == 0 || report.Ahead || report.CPU == 0 {
					t.Fatalf("%s: a build ahead: %+v, error %v", tc.name, report, err)
				}
				p.write(tc.file, tc.text)
				p.noCommands()
				got, report := p.bytes(p.builder)
				p.ran = nil
				if !report.Ahead || report.CPU != 0 {
					t.Errorf("%s: the build of the saved file: %+v", tc.name, report)
				}
				if want, report := p.bytes(other); !bytes.Equal(got, want) || report.Ahead || len(report.Compiled) == 0 {
					t.Errorf("%s: the program is another one", tc.name)
				}
			}
			if printed, report, err := p.build(); err != nil || !report.Ahead || !strings.Contains(printed, "again") {
				t.Errorf("the build once more: it prints %q, %+v, error %v", printed, report, err)
			}
			for i, hello := range []string{"another", "again"} { // undone, it is no longer one that was made ahead
				p.write("words/words.go", "package words\n\nfunc Hello() string { return \""+hello+"\" + a }\n")
				if printed, report, err := p.build(); err != nil || report.Ahead || !strings.Contains(printed, hello) || (i == 1) != (report.CPU == 0) {
					t.Errorf("the build of %s: it prints %q, %+v, error %v", hello, printed, report, err)
				}
			}
		})
	}
}

// TestAheadChangesNothing holds that builds ahead of a save that never comes, or
// fail, leave no trace in the builds of what is saved.
func TestAheadChangesNothing(t *testing.T) {
	t.Parallel()
	const hello = "package words\n\nfunc Hello() string { return \"hello\" }\n"
	p := newProgram(t)
	p.capture()
	if _, err := p.ahead("words/words.go", strings.Replace(hello, "hello", "never saved", 1)); err != nil {
		t.Fatal(err)
	}
	_, err := p.ahead("words/words.go", "package words\n\nfunc Hello() string { return 1 }\n")
	if failures := (incremental.Failures)(nil); !errors.As(err, &failures) {
		t.Errorf("a type error: %v", err)
	}
	for _, tc := range []struct{ file, text, reason string }{
		{"words/words.go", "package words\n\nimport \"example.com/other\"\n\nfunc Hello() string { return other.Hello() }\n", "new to the program"},
		{"words/words.go", "//go:build ignore\n\npackage words\n", "build constraint"},
		{"words/words.go", "package\n", "cannot be read"},
		{"go.mod", "module example.com/app\n\ngo 1.25\n", "go.mod changed"},
	} {
		if _, err := p.ahead(tc.file, tc.text); !isFallback(err, tc.reason) {
			t.Errorf("%s: %v", tc.reason, err)
		}
	}
	if _, err := p.ahead("words/new.go", "package words\n\nfunc New() {}\n"); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := p.builder.Unchanged(); err != nil {
		t.Error(err)
	}
	p.write("words/words.go", strings.Replace(hello, "hello", "saved", 1))
	prints, report, err := p.build()
	if err != nil || prints != "saved" || report.Ahead || !slices.Equal(report.Compiled, []string{"example.com/app", "example.com/app/words"}) {
		t.Errorf("it prints %q, %+v, error %v", prints, report, err)
	}
}

// TestAheadOfAnotherSave holds that a build ahead is of no use when another file
// was saved with it, and of use again when it was not.
func TestAheadOfAnotherSave(t *testing.T) {
	t.Parallel()
	const words, main = "package words\n\nfunc Hello() string { return \"%\" }\n", "package main\n\nimport \"example.com/app/words\"\n\nfunc main() { print(\"%\", words.Hello()) }\n"
	p := newProgram(t)
	p.capture()
	if _, err := p.ahead("words/words.go", strings.Replace(words, "%", "one", 1)); err != nil {
		t.Fatal(err)
	}
	p.write("words/words.go", strings.Replace(words, "%", "one", 1))
	p.write("main.go", strings.Replace(main, "%", "other ", 1))
	if prints, report, err := p.build(); err != nil || prints != "other one" || report.Ahead || !slices.Equal(report.Compiled, []string{"example.com/app"}) {
		t.Errorf("it prints %q, %+v, error %v", prints, report, err)
	}
	if _, err := p.ahead("main.go", strings.Replace(main, "%", "next ", 1)); err != nil {
		t.Fatal(err)
	}
	p.write("main.go", strings.Replace(main, "%", "next ", 1))
	p.noCommands()
	if prints, report, err := p.build(); err != nil || prints != "next one" || !report.Ahead {
		t.Errorf("it prints %q, %+v, error %v", prints, report, err)
	}
}

// TestAheadIsStopped holds that what a build ahead has compiled until it is
// stopped is not compiled again.
func TestAheadIsStopped(t *testing.T) {
	t.Parallel()
	const text = "package words\n\nfunc Hello() string { return \"stopped\" }\n"
	p := newProgram(t)
	p.capture()
	ctx, stop := context.WithCancel(t.Context())
	p.ran = func(cmd *exec.Cmd) {
		if tool(cmd) == "compile" {
			stop()
		}
	}
	overlay := incremental.Overlay{filepath.Join(p.config.Dir, "words", "words.go"): []byte(text)}
	report, err := p.builder.Build(ctx, incremental.Request{Config: p.config, Output: filepath.Join(t.TempDir(), "program"), Overlay: overlay})
	if !errors.Is(err, context.Canceled) || report.CPU == 0 {
		t.Errorf("a build ahead that is stopped: %+v, error %v", report, err)
	}
	p.ran = nil
	p.write("words/words.go", text)
	if prints, report, err := p.build(); err != nil || prints != "stopped" || report.Ahead || !slices.Equal(report.Compiled, []string{"example.com/app"}) {
		t.Errorf("it prints %q, %+v, error %v", prints, report, err)
	}
}

// TestAheadIsDamaged holds that an archive which a build ahead has published is
// published again when it is not as it was.
func TestAheadIsDamaged(t *testing.T) {
	t.Parallel()
	const hello = "package words\n\nfunc Hello() string { return \"saved\" }\n"
	p := newProgram(t)
	p.capture()
	if _, err := p.ahead("words/words.go", hello); err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob(filepath.Join(p.state, "published", "*.a"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("published archives: %v, error %v", archives, err)
	}
	for _, path := range archives {
		if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte("damaged"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	p.write("words/words.go", hello)
	if prints, report, err := p.build(); err != nil || prints != "saved" || !report.Ahead {
		t.Errorf("the build of the saved file prints %q: %+v, error %v", prints, report, err)
	}
	p.write("main.go", "package main\n\nimport \"example.com/app/words\"\n\nfunc main() { print(words.Hello() + \" again\") }\n")
	if prints, report, err := p.build(); err != nil || prints != "saved again" {
		t.Errorf("a build with what it has published prints %q: %+v, error %v", prints, report, err)
	}
}
