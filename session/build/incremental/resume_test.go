package incremental_test

import (
	"bufio"
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

// saver makes the test executable save, over and over, what a Builder in the
// directory that it names knows of the program in the directory behind the colon.
const saver = "HOTDEV_TEST_SAVER"

func TestMain(m *testing.M) {
	state, dir, found := strings.Cut(os.Getenv(saver), ":")
	if !found {
		os.Exit(m.Run())
	}
	if err := saveForEver(state, dir); err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

func configIn(dir string) incremental.Config {
	return incremental.Config{Dir: dir, Package: ".", Flags: []string{"-buildvcs=false"}, Env: append(os.Environ(), "PWD="+dir)}
}

// saveForEver builds and saves, and writes a line to standard output before each
// time, until it is killed.
func saveForEver(state, dir string) error {
	b, err := incremental.New(incremental.Options{Dir: state, Run: (*exec.Cmd).Run, Background: (*exec.Cmd).Run})
	if err != nil {
		return err
	}
	config := configIn(dir)
	ok, err := b.Resume(context.Background(), config, incremental.Interface)
	if err != nil {
		return err
	}
	if !ok {
		if err := b.Capture(context.Background(), config, incremental.Made{}); err != nil {
			return err
		}
	}
	for {
		out := filepath.Join(dir, "program")
		if _, err := b.Build(context.Background(), incremental.Request{Config: config, Cutoff: incremental.Interface, Output: out}); err != nil {
			return err
		}
		if err := os.Remove(out); err != nil {
			return err
		}
		for range 20 {
			os.Stdout.WriteString("save\n")
			if err := b.Save(context.Background()); err != nil {
				return err
			}
		}
		text := "package words\n\nfunc Hello() string { defer print(); return \"" + strings.Repeat("x", os.Getpid()%7+1) + "\" }\n"
		if err := os.WriteFile(filepath.Join(dir, "words", "words.go"), []byte(text), 0o600); err != nil {
			return err
		}
	}
}

// restart makes the builder a new one in the same directory, after it has saved
// what it knows.
func (p *program) restart() {
	p.Helper()
	if err := p.builder.Save(p.Context()); err != nil {
		p.Fatal(err)
	}
	p.builder.Close()
	p.builder = newBuilder(p.T, p.state, p.run)
}

func (p *program) resume(cutoff incremental.Cutoff) (bool, error) {
	return p.builder.Resume(p.Context(), p.config, cutoff)
}

func (p *program) mustResume() {
	p.Helper()
	if ok, err := p.resume(incremental.Interface); !ok || err != nil {
		p.Fatalf("going on: %t, error %v", ok, err)
	}
}

// TestResume holds that a Builder goes on from where the one before has left off:
// it knows the same, compiles what changed since, and links nothing that was
// linked.
func TestResume(t *testing.T) {
	t.Parallel()
	const words = "package words\n\nimport _ \"embed\"\n\n//go:embed hello.txt\nvar hello string\n\nfunc Hello() string { defer print(1); return hello }\n"
	p := newProgram(t)
	if ok, err := p.resume(incremental.Exact); ok || err != nil {
		t.Errorf("with nothing to go on from: %t, %v", ok, err)
	}
	p.write("words/hello.txt", "hello")
	p.write("words/words.go", words)
	p.write("words/other_windows.go", "package words\n\nimport _ \"net\"\n")
	p.capture()
	p.write("words/words.go", strings.Replace(words, "print(1)", "print(2)", 1))
	if prints, _, err := p.build(); err != nil || prints != "2hello" {
		t.Fatalf("it prints %q, error %v", prints, err)
	}
	before := p.builder
	p.restart()
	p.mustResume()
	if !p.builder.SameState(before) {
		t.Error("not all is known that was known before")
	}
	if err := p.builder.Unchanged(); err != nil {
		t.Error(err)
	}
	p.noCommands()
	if prints, report, err := p.build(); err != nil || prints != "2hello" || len(report.Compiled) > 0 {
		t.Errorf("the same again: it prints %q, %+v, error %v", prints, report, err)
	}
	p.ran = nil
	p.restart()
	p.write("words/words.go", strings.Replace(words, "print(1)", "print(3)", 1))
	p.write("words/hello.txt", "good day")
	p.mustResume()
	if prints, report, err := p.build(); err != nil || prints != "3good day" || !slices.Equal(report.Compiled, []string{"example.com/app/words"}) {
		t.Errorf("after an edit: it prints %q, %+v, error %v", prints, report, err)
	}
	p.restart()
	p.write("go.mod", "module example.com/app\n\ngo 1.26\n\n// more\n")
	p.mustResume()
	if _, _, err := p.build(); !isFallback(err, "go.mod changed") {
		t.Errorf("after another edit: %v", err)
	}
}

// TestResumeIsRefused holds when a Builder does not go on, and that it can still
// learn then.
func TestResumeIsRefused(t *testing.T) {
	t.Parallel()
	published := func(p *program) string {
		p.Helper()
		list, err := filepath.Glob(filepath.Join(p.state, "published", "*.a"))
		if err != nil || len(list) == 0 {
			p.Fatalf("no archives: %v", err)
		}
		return list[len(list)-1]
	}
	// change replaces one byte of a file, which keeps its time.
	change := func(p *program, path string, at int) {
		p.Helper()
		info, err := os.Stat(path)
		if err != nil {
			p.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			p.Fatal(err)
		}
		if at < 0 {
			at += len(data)
		}
		data[at]++
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
			p.Fatal(err)
		}
	}
	cut := func(size int64) func(p *program) {
		return func(p *program) {
			path := filepath.Join(p.state, "kept")
			if size < 0 {
				info, err := os.Stat(path)
				if err != nil {
					p.Fatal(err)
				}
				size += info.Size()
			}
			if err := os.Truncate(path, size); err != nil {
				p.Fatal(err)
			}
		}
	}
	// set sets a variable, in the environment that the builds get.
	set := func(kv string) func(p *program) {
		return func(p *program) { p.config.Env = append(slices.Clone(p.config.Env), kv) }
	}
	for name, tc := range map[string]struct {
		harm   func(p *program)
		reason string // "": it goes on
	}{
		"nothing":                  {func(*program) {}, ""},
		"a variable of a terminal": {set("WINDOWID=1"), ""},
		"a variable for compilers": {set("CPATH=/none"), "the flags, the environment"},
		"a setting by variable":    {set("GOAMD64=v3"), "the flags, the environment"},
		"a setting in a file": {func(p *program) {
			set("XDG_CONFIG_HOME=" + p.config.Dir)(p)
			p.write("go/env", "CGO_CFLAGS=-O1\n")
		}, "the go command's CGO_CFLAGS changed"},
		"other flags":       {func(p *program) { p.config.Flags = append(p.config.Flags, "-race") }, "the flags"},
		"another package":   {func(p *program) { p.config.Package = "./cmd" }, "main package"},
		"an empty file":     {cut(0), "damaged"},
		"half a heading":    {cut(10), "damaged"},
		"a file cut short":  {cut(-1), "damaged"},
		"a changed file":    {func(p *program) { change(p, filepath.Join(p.state, "kept"), -100) }, "damaged"},
		"another version":   {func(p *program) { change(p, filepath.Join(p.state, "kept"), 30) }, "another version"},
		"a missing archive": {func(p *program) { _ = os.Remove(published(p)) }, "gone or damaged"},
		"a changed archive": {func(p *program) { change(p, published(p), -1) }, "gone or damaged"},
		"a moved cache":     {func(p *program) { p.move() }, "damaged"},
		"the exact cut-off": {func(p *program) { p.cutoff = incremental.Exact }, "less is cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			p.cutoff = incremental.Interface
			p.capture()
			for _, above := range []string{"", "\n"} { // the second archive gets the export data of the first
				p.write("words/words.go", "package words\n"+above+"\nfunc Hello() string { defer print(\"!\"); return \"hello\" }\n")
				if _, _, err := p.build(); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.builder.Save(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.builder.Close()
			tc.harm(p)
			p.builder = newBuilder(t, p.state, p.run)
			ok, err := p.resume(p.cutoff)
			if ok != (tc.reason == "") || err != nil && !strings.Contains(err.Error(), tc.reason) || ok != (err == nil) {
				t.Errorf("it goes on: %t, error %v", ok, err)
			}
			if p.config.Package != "." {
				return
			}
			if !ok {
				if _, _, err := p.build(); !isFallback(err, "not known yet") {
					t.Errorf("a build: %v", err)
				}
				p.capture()
			}
			if prints, _, err := p.build(); err != nil || prints != "!hello" {
				t.Errorf("it prints %q, error %v", prints, err)
			}
		})
	}
}

// move moves the builder's directory.
func (p *program) move() {
	p.Helper()
	state := p.state + "-moved"
	if err := os.Rename(p.state, state); err != nil {
		p.Fatal(err)
	}
	p.state = state
}

// TestResumeWithAnotherGoCommand holds that the go command has to be the one that
// was there before.
func TestResumeWithAnotherGoCommand(t *testing.T) {
	p := newProgram(t)
	p.capture()
	p.restart()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\nexec '"+path+"' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if ok, err := p.resume(incremental.Exact); ok || err == nil || !strings.Contains(err.Error(), "is used now") {
		t.Errorf("it goes on: %t, error %v", ok, err)
	}
}

// TestResumeWithoutTheBuildCache holds that archives of the go command's are
// looked into when they are not as they were left, and are known by their names.
func TestResumeWithoutTheBuildCache(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-buildvcs=false", "-f", "{{.Export}}", "./words")
	cmd.Dir, cmd.Env = p.config.Dir, p.config.Env
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	cached := strings.TrimSpace(string(out)) // only of use to this test, as the directory is in it
	data, err := os.ReadFile(cached)
	if err != nil {
		t.Fatal(err)
	}
	p.restart()
	if err := errors.Join(os.Chmod(cached, 0o600), os.WriteFile(cached, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	p.mustResume() // another time, the same bytes
	p.restart()
	data[len(data)-1]++
	if err := os.WriteFile(cached, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, err := p.resume(incremental.Exact); ok || err == nil || !strings.Contains(err.Error(), "the build cache lost or changed") {
		t.Errorf("with other bytes: %t, %v", ok, err)
	}
	p.builder.Close()
	p.builder = newBuilder(t, p.state, p.run)
	if err := os.Remove(cached); err != nil {
		t.Fatal(err)
	}
	if ok, err := p.resume(incremental.Exact); ok || err == nil || !strings.Contains(err.Error(), "the build cache lost") {
		t.Errorf("without it: %t, %v", ok, err)
	}
}

// TestOneBuilderADirectory holds that a Builder has its directory for itself.
func TestOneBuilderADirectory(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	if _, err := incremental.New(incremental.Options{Dir: p.state, Run: p.run, Background: p.run}); err == nil || !strings.Contains(err.Error(), "another hotdev") {
		t.Errorf("a second Builder: %v", err)
	}
	if prints, _, err := p.build(); err != nil || prints != "hello" {
		t.Errorf("it prints %q, error %v", prints, err)
	}
	p.restart()
	p.mustResume()
}

// TestForget holds that what is not to be trusted is not gone on from.
func TestForget(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	p.restart()
	p.mustResume()
	if err := p.builder.Forget(); err != nil {
		t.Fatal(err)
	}
	p.builder.Close()
	p.builder = newBuilder(t, p.state, p.run)
	if ok, err := p.resume(incremental.Exact); ok || err != nil {
		t.Errorf("it goes on: %t, %v", ok, err)
	}
}

// TestSaveIsStopped holds that what was saved before stays until there is more.
func TestSaveIsStopped(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.capture()
	if err := p.builder.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, hello := range []string{"one", "two"} {
		p.write("words/words.go", "package words\n\nfunc Hello() string { return \""+hello+"\" }\n")
		if _, _, err := p.build(); err != nil {
			t.Fatal(err)
		}
		if err := p.builder.Save(stopped); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	}
	p.builder.Close()
	p.builder = newBuilder(t, p.state, p.run)
	p.mustResume()
	if prints, _, err := p.build(); err != nil || prints != "two" {
		t.Errorf("it prints %q, error %v", prints, err)
	}
}

// TestKilled holds that a Builder goes on from what one has left that was killed,
// wherever it was.
func TestKilled(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.builder.Close()
	for i := range 6 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), saver+"="+p.state+":"+p.config.Dir)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 2+13*i && lines.Scan(); n++ {
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if stderr.Len() > 0 {
			t.Fatal(stderr.String())
		}
		p.builder = newBuilder(t, p.state, p.run)
		p.mustResume()
		p.write("words/words.go", "package words\n\nfunc Hello() string { return \""+strings.Repeat("y", i)+"\" }\n")
		if prints, _, err := p.build(); err != nil || prints != strings.Repeat("y", i) {
			t.Errorf("it prints %q, error %v", prints, err)
		}
		p.builder.Close()
	}
}
