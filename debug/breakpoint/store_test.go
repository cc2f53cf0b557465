package breakpoint_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// savedLedger has a breakpoint of each sort, one of them lost in v1.
func savedLedger(t *testing.T) (*breakpoint.Ledger, string) {
	t.Helper()
	l := breakpoint.New()
	l.Set("gone", file, []byte(v0), at(4), false)
	l.Set("break", file, []byte(v0), []breakpoint.Spec{
		{Line: 4, Condition: "a < b && x == \"<é>\"", HitCondition: "> 2"}, {Line: 5, Column: 2, LogMessage: "{x}"},
	}, false)
	l.SetFunctions("break", []breakpoint.FunctionSpec{{Name: "main.main", Condition: "true"}})
	l.SetExceptions("break", []string{"unrecovered-panic"})
	l.Build(is(without(v1, "\ttwo(2)")), is(without(v1, "\ttwo(2)")))
	l.Ended()
	var b bytes.Buffer
	if err := l.Save(&b, "break"); err != nil {
		t.Fatal(err)
	}
	return l, b.String()
}

func TestSaveLoad(t *testing.T) {
	l, saved := savedLedger(t)
	l.Drop("gone")
	got, err := breakpoint.Load(strings.NewReader(saved))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(l.List(), got.List()); d != "" {
		t.Errorf("loaded (-saved +loaded):\n%s", d)
	}
	equal(t, "filters", got.Exceptions(), []string{"unrecovered-panic"})
	equal(t, "next ID", ids(got.Set("x", file, nil, at(1), false)), []int{5})

	// The file was edited while nobody watched; the lost line is back too.
	got.Build(is(v2), is(v2))
	equal(t, "lines", lines(got.Get(2, 3)), []int{lineOf(v2, "one"), lineOf(v2, "two")})
}

func TestLoadDamaged(t *testing.T) {
	_, saved := savedLedger(t)
	for _, c := range []struct {
		name, from, to string
		left           []int // IDs
		err            string
	}{
		{"empty", saved, "", nil, "damaged"},
		{"cut off", saved[len(saved)/2:], "", nil, "damaged"},
		{"a version to come", `"version": 1`, `"version": 2`, nil, "version 2"},
		{"another type", `"id": 2`, `"id": "two"`, []int{3, 4}, "breakpoint 1 of 3"},
		{"no file", `"file": "/app/app.go",`, "", []int{3, 4}, "names no file"},
		{"no line", `"line": 6,`, "", []int{3, 4}, "its line is 0"},
		{"the same ID twice", `"id": 3`, `"id": 2`, []int{2, 4}, "that of another one"},
		{"a text that was edited", `\tone(1)\n\tthree`, `\tone(2)\n\tthree`, []int{2, 3, 4}, "text that saved breakpoint 2 is anchored to"},
		{"filters of another type", `"unrecovered-panic"`, "7", []int{2, 3, 4}, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			damaged := strings.Replace(saved, c.from, c.to, 1)
			if damaged == saved {
				t.Fatalf("no %q in %s", c.from, saved)
			}
			l, err := breakpoint.Load(strings.NewReader(damaged))
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("error: %v", err)
			}
			var left []int
			for _, b := range l.List() {
				left = append(left, b.ID)
			}
			equal(t, "left", left, c.left)
			l.Build(is(v1), is(v1))
			l.Set("break", file, []byte(v1), at(5), false)
		})
	}
}
