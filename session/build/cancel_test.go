package build_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// TestCancel ends the context while the compiler runs below the go command.
func TestCancel(t *testing.T) {
	t.Parallel()
	p := newProject(t, hello)
	g := newGate(t)
	var compiler net.Conn
	ctx := cancelWhen(t, func() { compiler = g.arrive(t) })
	r := build.Request{Root: p.root, Env: g.env("example.com/app/words"), Flags: []string{"-toolexec=" + os.Args[0]}}
	res := p.builder.Build(ctx, r)
	if !res.Canceled || res.Binary != nil || !errors.Is(res.Err, context.Canceled) {
		t.Errorf("result is %+v", res)
	}
	mustBeGone(t, compiler)
	if got := listFiles(t, p.cache); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	if res := p.builder.Build(ctx, build.Request{Root: p.root}); !res.Canceled {
		t.Errorf("a build whose context has ended: %+v", res)
	}
	if bin := p.mustBuild(build.Request{}).Binary; run(t, bin.Path) != "hello none" {
		t.Error("the next build made something else")
	}
}

// TestCancelCommand ends the context while a [build] command has children, one
// of which does not hold its output open.
func TestCancelCommand(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	p := newProject(t, hello)
	g := newGate(t)
	var first, second net.Conn
	ctx := cancelWhen(t, func() { first, second = g.arrive(t), g.arrive(t) })
	script := `"$0" >/dev/null 2>&1 & "$0"`
	res := p.builder.Build(ctx, build.Request{Root: p.root, Env: g.env(""), Command: []string{"sh", "-c", script, os.Args[0]}})
	if !res.Canceled {
		t.Errorf("result is %+v", res)
	}
	mustBeGone(t, first)
	mustBeGone(t, second)
}

// TestCommandLeavesProcess holds that a process which a [build] command leaves
// behind, with the command's output open, does not fail the build.
func TestCommandLeavesProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	p := newProject(t, "-- app.sh --\n#!/bin/sh\necho 1\n")
	g := newGate(t)
	p.mustBuild(build.Request{Env: g.env(""), Command: []string{"sh", "-c", `"$0" & install app.sh "$HOTDEV_OUTPUT"`, os.Args[0]}})
	g.arrive(t).Close()
}

func TestCommand(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	p := newProject(t, hello)
	var lines []string
	p.write("words/words.go", "package words\n\nfunc Hello() string { return \"made\" }\n")
	for _, command := range [][]string{
		{"sh", "-c", `echo working; go build -o "$HOTDEV_OUTPUT" .`},
		{"go", "build", "-o", "{{output}}", "."},
		{"go", "build", "-o", "${HOTDEV_OUTPUT}", "."},
		{"go", "build", "-o=$HOTDEV_OUTPUT", "."},
	} {
		bin := p.mustBuild(build.Request{Rev: 3, Debug: true, Command: command, Output: func(line string) { lines = append(lines, line) }}).Binary
		if got := run(t, bin.Path); got != "made none" || bin.Debuggable || bin.BuildID == "" || bin.Rev != 3 {
			t.Errorf("%q: it prints %q, %+v", command, got, bin)
		}
	}
	if len(lines) != 1 || lines[0] != "working" {
		t.Errorf("the build log is %q", lines)
	}
}

// TestCommandSameProgram holds that equal output of a [build] command is the
// executable that is kept.
func TestCommandSameProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	p := newProject(t, "-- app.sh --\n#!/bin/sh\necho 1\n")
	r := build.Request{Command: []string{"install", "app.sh", "{{output}}"}}
	first := p.mustBuild(r).Binary
	r.Keep = []string{first.Path}
	if again := p.mustBuild(r).Binary; again.Path != first.Path || again.BuildID != first.BuildID {
		t.Errorf("%+v instead of %+v", again, first)
	}
	p.replace("app.sh", "echo 1", "echo 2")
	second := p.mustBuild(r).Binary
	if second.Path == first.Path || second.BuildID == first.BuildID {
		t.Errorf("%+v is no other than %+v", second, first)
	}
	if got := run(t, first.Path); got != "1\n" {
		t.Errorf("the kept one prints %q", got)
	}
}

func TestCommandFailures(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	p := newProject(t, hello)
	p.replace("words/words.go", `"hello"`, `1`)
	for _, tc := range []struct {
		command          []string
		err, place, text string
	}{
		{[]string{"go", "build", "-o", "{{output}}", "."}, "words/words.go:5: cannot use 1", "words.go", "cannot use 1"},
		{[]string{"true"}, "there is no file at $HOTDEV_OUTPUT", "main.go", "-o {{output}}"},
		{[]string{"mkdir", "{{output}}"}, "is no file", "main.go", "-o {{output}}"},
		{[]string{"touch", "{{output}}"}, "is not executable", "main.go", "-o {{output}}"},
		{[]string{"sh", "-c", "echo out of paint; exit 3"}, "exit status 3", "main.go", "out of paint"},
		{[]string{"./absent"}, "./absent", "main.go", "no such file"},
	} {
		res := p.build(build.Request{Command: tc.command})
		if res.Binary != nil || res.Err == nil || !strings.Contains(res.Err.Error(), tc.err) {
			t.Errorf("%q: %+v, %v", tc.command, res.Binary, res.Err)
		}
		if text := show(res.Diagnostics); len(res.Diagnostics) != 1 || !strings.HasPrefix(text, tc.place) || !strings.Contains(text, tc.text) {
			t.Errorf("%q: %s", tc.command, text)
		}
	}
}
