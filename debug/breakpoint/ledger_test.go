package breakpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

const file = "/app/app.go"

// v0 to v2 are versions of one file: each has a line more at the top.
var (
	v0 = "package app\n\nfunc serve() {\n\tone(1)\n\ttwo(2)\n\tthree(3)\n}\n"
	v1 = strings.Replace(v0, "\n\n", "\n\nvar first int\n\n", 1)
	v2 = strings.Replace(v1, "\n\n", "\n\nimport \"log\"\n\n", 1)
)

// without is a version that has lost a line.
func without(text, line string) string { return strings.Replace(text, line+"\n", "", 1) }

// lineOf is where a statement is in a version.
func lineOf(text, stmt string) int {
	return 1 + strings.Count(text[:strings.Index(text, stmt)], "\n")
}

// is is a source that has one text for every file.
func is(text string) breakpoint.Source {
	return func(string) ([]byte, error) { return []byte(text), nil }
}

// fails is a source that does not know.
func fails(err error) breakpoint.Source {
	return func(string) ([]byte, error) { return nil, err }
}

func at(lines ...int) []breakpoint.Spec {
	specs := make([]breakpoint.Spec, len(lines))
	for i, n := range lines {
		specs[i].Line = n
	}
	return specs
}

// verify lets the debugger agree to everything wanted in the file.
func verify(l *breakpoint.Ledger) []breakpoint.Breakpoint {
	requests := append(l.Wanted(file), l.WantedFunctions()...)
	answers := make([]breakpoint.Answer, len(requests))
	for i, r := range requests {
		answers[i] = breakpoint.Answer{Verified: true, Line: r.Line}
	}
	return l.Answered(requests, answers)
}

func lines(bps []breakpoint.Breakpoint) (n []int) {
	for _, b := range bps {
		n = append(n, b.Line)
	}
	return n
}

func ids(bps []breakpoint.Breakpoint) (n []int) {
	for _, b := range bps {
		n = append(n, b.ID)
	}
	return n
}

func wantedLines(l *breakpoint.Ledger) (n []int) {
	for _, r := range l.Wanted(file) {
		n = append(n, r.Line)
	}
	return n
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(breakpoint.Request{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestStates(t *testing.T) {
	l := breakpoint.New()
	state := func(when string, verified, lost bool, message string) {
		t.Helper()
		b := l.List()[0]
		if b.Verified != verified || b.Lost != lost || !strings.Contains(b.Message, message) || message == "" && b.Message != "" {
			t.Errorf("%s: %+v", when, b)
		}
	}
	two := lineOf(v0, "two")
	l.Set("editor", file, []byte(v0), at(two), false)
	state("set", false, false, "the app is not running")
	equal(t, "wanted with no build", l.Wanted(file), []breakpoint.Request(nil))

	equal(t, "changed by the build", ids(l.Build(is(v0), is(v0))), []int{1})
	state("built", false, false, "waiting for the debugger")
	equal(t, "changed by the answer", ids(verify(l)), []int{1})
	state("answered", true, false, "")
	equal(t, "changed by the same answer", ids(verify(l)), []int(nil))

	equal(t, "changed by a build that moves it", lines(l.Build(is(v1), is(v1))), []int{two + 2})
	state("built again", true, false, "")

	gone := without(v1, "\ttwo(2)")
	l.Build(is(gone), is(gone))
	state("vanished", false, true, "breakpoint lost: its statement is no longer in app.go")
	equal(t, "line of the lost", lines(l.List()), []int{lineOf(gone, "three")})
	equal(t, "wanted of the lost", l.Wanted(file), []breakpoint.Request(nil))

	l.Build(is(v1), is(v1))
	state("back", false, false, "waiting for the debugger")
	verify(l)
	state("answered again", true, false, "")

	l.Ended()
	state("ended", false, false, "the app is not running")
	equal(t, "built line when ended", l.List()[0].BuiltLine, 0)
}

// TestAhead sets breakpoints in a file that was saved after the running build.
func TestAhead(t *testing.T) {
	l := breakpoint.New()
	l.Build(is(v0), is(v0))
	added := strings.Replace(v2, "\tthree", "\tnew(9)\n\tthree", 1)
	got := l.Set("editor", file, []byte(added), at(lineOf(added, "two"), lineOf(added, "new")), false)
	equal(t, "lines told", lines(got), []int{lineOf(added, "two"), lineOf(added, "new")})
	equal(t, "lines wanted", wantedLines(l), []int{lineOf(v0, "two")})
	if !strings.Contains(got[1].Message, "running build does not have this line") || got[1].Lost {
		t.Errorf("a line that is not built yet: %+v", got[1])
	}
	equal(t, "lines told after the answer", lines(verify(l)), []int{lineOf(added, "two")})

	// The build of an older save than the newest comes first.
	l.Build(is(v1), is(added))
	equal(t, "lines told after an older build", lines(l.List()), lines(got))
	equal(t, "lines wanted of an older build", wantedLines(l), []int{lineOf(v1, "two")})

	l.Build(is(added), is(added))
	equal(t, "lines wanted of the newest build", wantedLines(l), []int{lineOf(added, "two"), lineOf(added, "new")})
}

// TestAnswerMoves maps the debugger's line back to what the client sees.
func TestAnswerMoves(t *testing.T) {
	l := breakpoint.New()
	l.Build(is(v0), is(v0))
	l.Set("editor", file, []byte(v2), at(lineOf(v2, "two")), false)
	r := l.Wanted(file)
	equal(t, "line told", lines(l.Answered(r, []breakpoint.Answer{{Verified: true, Line: lineOf(v0, "three")}})), []int{lineOf(v2, "three")})
}

// TestResend lets clients send their breakpoints again after an edit that moves
// all lines by two.
func TestResend(t *testing.T) {
	one, two, three := lineOf(v0, "one"), lineOf(v0, "two"), lineOf(v0, "three")
	one1, two1, three1 := lineOf(v1, "one"), lineOf(v1, "two"), lineOf(v1, "three")
	for _, c := range []struct {
		name     string
		first    []int // set in v0
		again    []int // sent again
		modified bool
		text     string // the disk when sent again
		built    bool   // text was built before that
		lines    []int  // told then
		ids      []int  // told then
	}{
		{"nothing changed", []int{one, two}, []int{one, two}, false, v0, true, []int{one, two}, []int{1, 2}},
		{"another order", []int{one, two}, []int{two, one}, false, v0, true, []int{two, one}, []int{2, 1}},
		{"one more, one less", []int{one, two}, []int{two, three}, false, v0, true, []int{two, three}, []int{2, 3}},
		{"shifted by the client, then built", []int{two}, []int{two1}, true, v1, false, []int{two1}, []int{1}},
		{"shifted by the client after the build", []int{two}, []int{two1}, true, v1, true, []int{two1}, []int{1}},
		{"shifted, sourceModified not set", []int{two}, []int{two1}, false, v1, true, []int{two1}, []int{1}},
		{"stale, one more", []int{one, two}, []int{one, two, three1}, false, v1, true, []int{one1, two1, three1}, []int{1, 2, 3}},
		{"stale, before the build", []int{two}, []int{two}, false, v1, false, []int{two1}, []int{1}},
		{"stale, all less one", []int{one, two, three}, []int{one, two}, false, v1, true, []int{one1, two1}, []int{1, 2}},
		{"not stale: where it was, there is another line", []int{two}, []int{two1, one1}, false, v1, true, []int{two1, one1}, []int{1, 2}},
		{"modified: not stale, whatever was there", []int{three}, []int{three}, true, v1, true, []int{one1}, []int{2}},
		{"twice on a line", []int{two}, []int{two, two}, false, v0, true, []int{two, two}, []int{1, 2}},
		{"none", []int{two}, nil, false, v1, true, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := breakpoint.New()
			l.Build(is(v0), is(v0))
			l.Set("editor", file, []byte(v0), at(c.first...), false)
			if c.built {
				l.Build(is(c.text), is(c.text))
			}
			got := l.Set("editor", file, []byte(c.text), at(c.again...), c.modified)
			equal(t, "lines", lines(got), c.lines)
			equal(t, "IDs", ids(got), c.ids)
			l.Build(is(c.text), is(c.text))
			equal(t, "lines after the build", lines(l.Get(c.ids...)), c.lines)
		})
	}
}

// TestResendLost keeps a lost breakpoint that is sent again where it is shown.
func TestResendLost(t *testing.T) {
	gone := without(v1, "\ttwo(2)")
	l := breakpoint.New()
	l.Set("break", file, []byte(v0), at(lineOf(v0, "two")), false)
	l.Build(is(gone), is(gone))
	shown := l.List()[0].Line
	got := l.Set("break", file, []byte(gone), at(shown, lineOf(gone, "one")), false)
	if !got[0].Lost || got[0].ID != 1 || got[1].Lost {
		t.Errorf("sent again: %+v", got)
	}
	l.Build(is(v1), is(v1))
	equal(t, "lines when the line is back", lines(l.Get(1)), []int{lineOf(v1, "two")})
}

// TestOwners keeps what owners set apart, and forgets it apart.
func TestOwners(t *testing.T) {
	l := breakpoint.New()
	l.Build(is(v0), is(v0))
	l.Set("vscode", file, []byte(v0), at(4), false)
	l.Set("vscode", "/app/b.go", []byte(v0), at(5), false)
	l.Set("nvim", file, []byte(v0), at(5), false)
	l.SetFunctions("vscode", []breakpoint.FunctionSpec{{Name: "main.main"}})
	l.SetExceptions("nvim", []string{"unrecovered-panic", "runtime-fatal-throw"})
	l.SetExceptions("vscode", []string{"unrecovered-panic"})

	equal(t, "files", l.Files(), []string{file, "/app/b.go"})
	equal(t, "filters", l.Exceptions(), []string{"runtime-fatal-throw", "unrecovered-panic"})
	files, functions := l.Drop("vscode")
	equal(t, "dropped", fmt.Sprint(files, functions), "[/app/app.go /app/b.go] true")
	equal(t, "left", ids(l.List()), []int{3})
	l.SetExceptions("nvim", nil)
	l.Set("nvim", file, []byte(v0), nil, false)
	if !l.Empty() {
		t.Errorf("not empty: %+v", l.List())
	}
	equal(t, "next ID", ids(l.Set("nvim", file, []byte(v0), at(4), false)), []int{5})
}

func TestFunctions(t *testing.T) {
	l := breakpoint.New()
	l.Build(is(v0), is(v0))
	got := l.SetFunctions("a", []breakpoint.FunctionSpec{{Name: "main.b", Condition: "x > 1"}, {Name: "main.a"}})
	l.SetFunctions("b", []breakpoint.FunctionSpec{{Name: "main.b", Condition: "x > 2"}})
	equal(t, "wanted", l.WantedFunctions(), []breakpoint.Request{
		{IDs: []int{2}, Function: "main.a"},
		{IDs: []int{1, 3}, Function: "main.b", Condition: "(x > 1) || (x > 2)"},
	})
	verify(l)
	l.Build(is(v1), is(v1))
	if b := l.Get(got[1].ID)[0]; !b.Verified {
		t.Errorf("after a build: %+v", b)
	}
	again := l.SetFunctions("a", []breakpoint.FunctionSpec{{Name: "main.a"}, {Name: "main.c"}})
	equal(t, "IDs", ids(again), []int{2, 4})
	if !again[0].Verified || again[1].Verified {
		t.Errorf("sent again: %+v", again)
	}
}

// TestUnknownText takes lines as they are where a text can't be had.
func TestUnknownText(t *testing.T) {
	l := breakpoint.New()
	l.Set("editor", file, nil, at(5), false)
	l.Build(fails(errors.New("not of this build")), fails(errors.New("no permission")))
	equal(t, "wanted", wantedLines(l), []int{5})
	l.Build(is(v0), fails(errors.New("no permission")))
	equal(t, "wanted of a build", wantedLines(l), []int{5})
	l.Build(is(v1), is(v1))
	equal(t, "wanted of the next", wantedLines(l), []int{7})

	l.Build(is("package app\n"), fails(fs.ErrNotExist))
	if b := l.List()[0]; !b.Lost {
		t.Errorf("the file is gone: %+v", b)
	}
}

// TestAnswered passes over what has changed since it was asked for.
func TestAnswered(t *testing.T) {
	l := breakpoint.New()
	l.Build(is(v0), is(v0))
	l.Set("editor", file, []byte(v0), at(4, 5, 6), false)
	asked := l.Wanted(file)
	l.Set("editor", file, []byte(v0), []breakpoint.Spec{{Line: 4}, {Line: 5, Condition: "x"}}, false)
	yes := breakpoint.Answer{Verified: true}
	equal(t, "changed", ids(l.Answered(asked, []breakpoint.Answer{yes, yes, yes})), []int{1})

	l.Answered(l.Wanted(file), []breakpoint.Answer{{Message: "could not find statement"}, yes})
	equal(t, "Delve's word", l.List()[0].Message, "could not find statement")
	l.Set("editor", file, []byte(v0), []breakpoint.Spec{{Line: 4, Condition: "x >"}}, false)
	l.Answered(l.Wanted(file), []breakpoint.Answer{{Message: "1:4: expected operand"}})
	if b := l.List()[0]; b.Verified || !strings.Contains(b.Message, `condition "x >" does not compile`) {
		t.Errorf("a condition that does not compile: %+v", b)
	}
}
