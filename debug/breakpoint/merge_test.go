package breakpoint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// TestMerge lets several owners meet on one line.
func TestMerge(t *testing.T) {
	type spec = breakpoint.Spec
	for _, c := range []struct {
		name  string
		specs []spec
		want  breakpoint.Request
		notes []string // of the breakpoints once the debugger agreed; "" for none
	}{
		{"alone", []spec{{Condition: "x", HitCondition: "> 2", LogMessage: "{x}"}},
			breakpoint.Request{Condition: "x", HitCondition: "> 2", LogMessage: "{x}"}, []string{""}},
		{"two conditions", []spec{{Condition: "x > 1"}, {Condition: "y"}},
			breakpoint.Request{Condition: "(x > 1) || (y)"}, []string{"", ""}},
		{"the same condition", []spec{{Condition: "x", HitCondition: "3"}, {Condition: "x", HitCondition: "3"}},
			breakpoint.Request{Condition: "x", HitCondition: "3"}, []string{"", ""}},
		{"a condition and none", []spec{{Condition: "x"}, {}},
			breakpoint.Request{}, []string{"condition is not looked at", ""}},
		{"hits and none", []spec{{HitCondition: "3"}, {}},
			breakpoint.Request{}, []string{"hits are not counted", ""}},
		{"the same hits of different conditions", []spec{{Condition: "x", HitCondition: "3"}, {Condition: "y", HitCondition: "3"}},
			breakpoint.Request{Condition: "(x) || (y)"}, []string{"hits are not counted", "hits are not counted"}},
		{"two logs", []spec{{LogMessage: "a {x}"}, {LogMessage: "b"}},
			breakpoint.Request{LogMessage: "a {x}\nb"}, []string{"", ""}},
		{"two logs with conditions", []spec{{LogMessage: "a", Condition: "x"}, {LogMessage: "a", Condition: "y"}},
			breakpoint.Request{LogMessage: "a", Condition: "(x) || (y)"}, []string{"", ""}},
		{"a stop and a log", []spec{{LogMessage: "a"}, {Condition: "x"}},
			breakpoint.Request{Condition: "x"}, []string{"does not log", ""}},
		{"bad syntax of one", []spec{{Condition: "x >"}, {Condition: "y"}, {LogMessage: "}a{"}},
			breakpoint.Request{Condition: "y"}, []string{"!does not compile", "", "!brace"}},
		{"bad syntax of all", []spec{{Condition: "x >"}, {Condition: "y >"}},
			breakpoint.Request{Condition: "x >"}, []string{"!does not compile", "!does not compile"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := breakpoint.New()
			l.Build(is(v0), is(v0))
			for i, s := range c.specs {
				s.Line = 5
				l.Set(fmt.Sprint("owner ", i), file, []byte(v0), []spec{s}, false)
				c.want.IDs = append(c.want.IDs, i+1)
			}
			c.want.Line = 5
			requests := l.Wanted(file)
			equal(t, "wanted", requests, []breakpoint.Request{c.want})
			l.Answered(requests, []breakpoint.Answer{{Verified: !strings.HasSuffix(c.want.Condition, ">"), Message: ""}})
			for i, b := range l.List() {
				note, refused := strings.CutPrefix(c.notes[i], "!")
				if b.Verified == refused || !strings.Contains(b.Message, note) || note == "" && b.Message != "" {
					t.Errorf("breakpoint %d: %+v", i, b)
				}
			}
		})
	}
}
