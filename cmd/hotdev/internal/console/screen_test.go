package console

import (
	"strings"
	"testing"
)

// TestScreen holds the exact bytes of each update, ESC written as ␛.
func TestScreen(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out, width: 20}
	step := func(name string, err error, want string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := strings.ReplaceAll(out.String(), "\x1b", "␛"); got != want {
			t.Errorf("%s wrote %q, want %q", name, got, want)
		}
		out.Reset()
	}
	step("the first status", s.status("● running"), "● running")
	step("the same status", s.status("● running"), "")
	step("lines", s.print("● running", "one", "two"), "\r␛[Jone\ntwo\n● running")
	step("a line with a new status", s.print("● stopped", "bye"), "\r␛[Jbye\n● stopped")
	step("a status that is too long", s.status("● building rev 8… main.go"), "\r␛[J● building rev 8… …")
	step("a terminal that wraps it into three rows", s.resize(8), "␛[2A\r␛[J● buil…")
	step("the same width", s.resize(8), "")
	step("a wider terminal", s.resize(40), "\r␛[J● building rev 8… main.go")
	step("clear", s.clear(), "␛[H␛[2J␛[3J● building rev 8… main.go")
	step("a coloured status", s.status("\x1b[31m● failed\x1b[0m"), "\r␛[J␛[31m● failed␛[0m")
	step("close", s.close(), "\r␛[J")
	step("close again", s.close(), "")
}
