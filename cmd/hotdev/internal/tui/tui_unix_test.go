//go:build unix

package tui_test

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// shop is a daemon's app with something in every pane.
func shop() *fakeApp {
	return &fakeApp{
		calls: make(chan string, 10),
		diagnostics: []protocol.Diagnostic{{
			File: "/src/main.go", Line: 4, Col: 8, EndLine: 4, EndCol: 13, Severity: "error", Owner: "build", Message: "undefined: itmes",
		}, {
			File: "/src/hotdev.toml", Line: 3, Severity: "warning", Owner: "config", Message: "bell \a and clear \x1b[2J are not obeyed",
		}},
		reloads: []protocol.Reload{
			{Rev: 8, Time: "2026-11-24T16:02:00.000Z", Files: []string{"/src/main.go"}, Outcome: protocol.OutcomeBuildFailed, Message: "1 error", Total: 322.5},
			{Rev: 7, Time: "2026-11-24T16:01:00.000Z", Files: []string{"/src/items.go"}, Outcome: protocol.OutcomeSwapped, Total: 412, Phases: protocol.Phases{Compile: 210, Link: 150, Ready: 52}},
		},
		routes: []protocol.Route{
			{Method: "GET", Path: "/items/:id", Handler: "shop.(*Items).Get", File: "/src/items.go", Line: 21, Hits: 1203, P50: 1.5},
			{Method: "DELETE", Path: "/items/:id", Handler: "shop.(*Items).Delete", File: "/src/items.go", Line: 40, Hits: 3, Errors: 1, P50: 12.25},
			{Method: "POST", Path: "/cart", Handler: "shop.AddToCart"},
		},
		breakpoints: []protocol.Breakpoint{
			{ID: 1, Owner: "hotdev", File: "/src/items.go", Line: 24, Condition: `id == "7"`, Verified: true},
			{ID: 2, Owner: "code-server", File: "/src/main.go", Line: 4, Message: "this line is not in the running version"},
		},
	}
}

var failed = protocol.Status{
	App: "example.com/shop", State: protocol.StateFailed, Rev: 8, Profile: "dev", Workspace: "/src", Diagnostics: 2,
	Running: &protocol.Running{Rev: 7, Address: "localhost:8080", Requests: protocol.Requests{Count: 1206, Errors: 1, InFlight: 2, P50: 1.5, P95: 4, P99: 9.25}},
	Proxy:   protocol.Proxy{Address: "localhost:8080"},
	Debug:   protocol.Debug{Mode: "lazy", State: "attached", Clients: 1},
}

var serving = protocol.Status{
	App: "example.com/shop", State: protocol.StateRunning, Rev: 7, Workspace: "/src",
	Running: &protocol.Running{Rev: 7, Address: "[::]:8080"},
}

// fill tells of a log with all kinds of lines.
func (s *screen) fill() {
	s.feed.Status(failed)
	s.print(numbered(1, 8)...)
	s.feed.Logs(protocol.LogParams{Missed: 5, Entries: []protocol.LogEntry{
		{Stream: "stdout", Text: "\x1b[32mgreen\x1b[0m and plain\tafter a tab", Time: "2026-11-24T16:00:02.000Z"},
		{Stream: "stderr", Text: "日本語のログ and 🚀", Level: "warn", Time: "2026-11-24T16:00:02.000Z"},
		{Stream: "stdout", Text: "a very long line " + strings.Repeat("that goes on and on ", 200), Time: "2026-11-24T16:00:03.000Z"},
		{Stream: "hotdev", Text: "the app was started", Time: "2026-11-24T16:00:04.000Z"},
		{Stream: "build", Text: "compiler's words, which are a diagnostic", Time: "2026-11-24T16:00:05.000Z"},
	}})
	s.feed.Reloaded(protocol.Reload{Rev: 8, Outcome: protocol.OutcomeBuildFailed, Files: []string{"/src/main.go"}, Message: "1 error", Total: 322.5, Diagnostics: []protocol.Diagnostic{{}}})
}

// TestGolden holds whole screens: 80×24 one pane after the other, 200×50 all.
func TestGolden(t *testing.T) {
	s := newScreenWith(t, 80, 24, shop(), true)
	s.fill()
	s.golden("log-80x24")
	for _, pane := range []struct{ key, name string }{{"2", "errors"}, {"3", "routes"}, {"4", "history"}, {"5", "breakpoints"}, {"?", "help"}} {
		s.press(pane.key)
		s.golden(pane.name + "-80x24")
	}
	s.press("x1wt") // x leaves the help
	s.golden("wrapped-80x24")
	s.press("wt")
	s.resize(200, 50, `━\[1 Log\]`)
	s.golden("all-200x50")
	s.press("3z")
	s.golden("routes-200x50")
	s.press("z")
	s.resize(80, 24, `\[3 Routes 3\]`)
	s.golden("routes-80x24")
}

// TestKeys presses the keys of the plain console.
func TestKeys(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.expect(`connecting…`)
	s.feed.Status(serving)
	s.expect(`● running rev 7`)
	s.press("r")
	s.called("reload")
	s.press("s")
	s.called("stop")
	s.press("o")
	s.called("open http://localhost:8080")
	s.feed.Status(protocol.Status{App: "example.com/shop", State: protocol.StateStopped})
	s.expect(`● stopped`)
	s.press("s")
	s.called("start")

	s.press("i")
	s.expect(`input>`)
	s.press("héllo wörld q") // q is text here
	s.expect(`input> héllo wörld q`)
	s.wait("the cursor", func(string) bool { return s.cursor() == "20,23" })
	s.press("\x17\x7fs\r") // erases a word and a character
	s.called(`input "héllo wörlds\n" false`)
	s.expect(`\? help`)
	s.press("i\x1b[200~pasted\x1b[201~\r")
	s.called(`input "pasted\n" false`)
	s.press("i\x04")
	s.called(`input "" true`)
	s.press("inever")
	s.expect(`input> never`)
	s.press("\x1b")
	s.lacks(`input>`)

	s.print("something")
	s.expect(`something`)
	s.press("c")
	s.lacks(`something`)
	s.press("?")
	s.expect(`q  detach`)
	s.press("q")
	if err := s.result(); err != nil {
		t.Errorf("q: %v", err)
	}
}

// cursor is where the cursor is: column and row from 0.
func (s *screen) cursor() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.emulator.CursorPosition()
	return fmt.Sprintf("%d,%d", at.X, at.Y)
}

// TestFailure says that a command did not work, until the next key.
func TestFailure(t *testing.T) {
	app := &fakeApp{calls: make(chan string, 10), fail: errors.New("no \x1b[2Jsuch luck")}
	s := newScreenWith(t, 80, 24, app, true)
	s.feed.Status(serving)
	s.expect(`running rev 7`)
	s.press("r")
	s.expect(`reload: no such luck\n$`)
	s.press("1")
	s.lacks(`luck`)
}

// TestFollow scrolls back, stands still whatever comes, and follows again.
func TestFollow(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.print(numbered(1, 100)...)
	s.expect(`line 100\n.*help`)
	s.press("k")
	s.expect(`line 99\n.*help`)
	s.expect(`1 below`)
	s.print(numbered(101, 50)...)
	s.expect(`51 below`)
	s.expect(`line 99\n.*help`)
	s.press("\x1b[5~") // page up
	s.expect(`line 80\n.*help`)
	s.press("g")
	s.expect(`Breakpoints.*\nline 1\n`)
	s.press("\x1b[6~j") // page down
	s.expect(`Breakpoints.*\nline 21\n`)
	s.press("G")
	s.expect(`line 150\n.*help`)
	s.print(numbered(151, 1)...)
	s.expect(`line 151\n.*help`)
	s.expect(`following`)
}

// TestFilter shows the lines that have all words, as they are typed.
func TestFilter(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.print("GET /items 200", "GET /cart 500", "POST /items 201", "\x1b[31mget\x1b[0m /other")
	s.feed.Logs(protocol.LogParams{Entries: []protocol.LogEntry{
		{Stream: "stderr", Level: "warn", Text: "low stock"}, {Stream: "stderr", Level: "error", Text: "no stock"}, {Stream: "stderr", Level: "info", Text: "stock"},
	}})
	s.expect(`low stock`)
	body := func(want ...string) {
		t.Helper()
		s.wait(strings.Join(want, " | "), func(text string) bool {
			rows := strings.Split(text, "\n")[3:23]
			return strings.TrimRight(strings.Join(rows, "\n"), "\n") == strings.Join(want, "\n")
		})
	}
	filter := func(text string) { s.press("f\x15" + text + "\r") }
	s.press("fget")
	body("GET /items 200", "GET /cart 500", "get /other")
	s.press(" item")
	body("GET /items 200")
	s.press("\x1b") // what was before
	s.expect(`low stock`)
	filter("GET -cart")
	body("GET /items 200")
	s.expect(`filter GET -cart \(1\)`)
	s.print("GET /more", "POST /more")
	body("GET /items 200", "GET /more")
	filter("level:warn")
	body("low stock", "no stock")
	filter("stream:stderr -level:warn")
	body("stock")
	filter("nowhere")
	body("")
	s.press("\x1b")
	s.expect(`POST /more`)
}

// TestSearch marks what it finds, and goes from one to the next.
func TestSearch(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.print(numbered(1, 300)...)
	s.expect(`line 300\n`)
	s.press("/line 10\r")
	s.expect(`search line 10 \(11\)`)
	s.expect(`▶line 109\n`)
	s.press("n")
	s.expect(`line 10 is not in the log below`)
	s.press("N")
	s.expect(`▶line 108\n`)
	s.press("gn")
	s.expect(`▶line 109\n`)
	s.wait("the mark", func(text string) bool {
		for y, row := range strings.Split(text, "\n") {
			if row == "▶line 109" {
				return s.reversed(1, y) && s.reversed(7, y) && !s.reversed(8, y)
			}
		}
		return false
	})
	s.press("/\x15nowhere\r")
	s.expect(`nowhere is not in the log`)
	s.press("\x1b")
	s.expect(`\? help`)
	s.press("n")
	s.expect(`nothing is searched for`)
}

// TestSearchWrapped leaves a match whose mark had made its line taller.
func TestSearchWrapped(t *testing.T) {
	s := newScreen(t, 20, 8)
	s.print("needle "+strings.Repeat("x", 6000), "needle two")
	s.expect(`needle two`)
	s.press("w/needle\r")
	s.expect(`▶needle two`)
	s.press("N")
	s.lacks(`▶needle two`)
	s.press("Gn")
	s.expect(`▶needle two`)
}

func (s *screen) reversed(x, y int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emulator.CellAt(x, y).Style.Attrs&(1<<5) != 0
}

// TestHostile shows output that would break a terminal: only its text and its
// colours come through, and every other pane is where it was.
func TestHostile(t *testing.T) {
	s := newScreen(t, 130, 30)
	s.feed.Status(serving)
	s.expect(`running rev 7`)
	family := "👨‍👩‍👧‍👦"
	s.print(
		"\x1b[2J\x1b[H\x1b[?1049lcleared",
		"\x1b]0;title\a\x1b]52;c;aGk=\abell\a\a",
		"\x1b[999;999Hmoved\x1b[10A\x1b[1000D",
		"progress 10 %\rprogress 100 %",
		"\x1bcreset \x9b2Jc1 \xff\xfeinvalid \x00nul",
		"\x1bP1$r0m\x1b\\dcs \x1b_apc\x1b\\apc",
		family+" family, e\u0301 accent, \u200b zero, \u202e right to left",
		"\x1b[1;31mred\x1b[0m plain",
		strings.Repeat("日本語", 2000),
		strings.Repeat("\x1b[32mx\x1b[0m", 3000),
		"\x1b[31mnot closed",
		"last",
	)
	s.expect(`(?m)^last`)
	for _, want := range []string{`cleared`, `bell`, `moved`, `progress 100 %`, `dcs apc`, `red plain`, `not closed`} {
		s.expect(`(?m)^` + want + ` *│`)
	}
	s.wait("every row's separator", func(text string) bool {
		rows := strings.Split(text, "\n")
		for y := 2; y < 29; y++ {
			if s.cell(78, y) != "│" {
				return false
			}
		}
		return strings.HasPrefix(rows[0], "● running rev 7") && strings.Contains(rows[29], "? help")
	})
	red := slices.IndexFunc(strings.Split(s.text(), "\n"), func(row string) bool { return strings.HasPrefix(row, "red plain") })
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.emulator.IsAltScreen() {
		t.Error("the output left the alternate screen")
	}
	for y := range 30 {
		if c := s.emulator.CellAt(0, y); y == red && c.Style.Fg != color.Color(ansi.Red) {
			t.Errorf("red is %v", c.Style.Fg)
		}
		if c := s.emulator.CellAt(90, y); c.Style.Fg == color.Color(ansi.Red) {
			t.Errorf("red runs into the other panes in row %d", y)
		}
	}
}

func (s *screen) cell(x, y int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emulator.CellAt(x, y).Content
}

// TestMouse chooses panes by clicks and scrolls what is below the pointer.
func TestMouse(t *testing.T) {
	s := newScreenWith(t, 80, 24, shop(), true)
	s.feed.Status(failed)
	s.print(numbered(1, 100)...)
	s.expect(`line 100\n`)
	s.wheel(10, 10, 2)
	s.expect(`line 94\n.*help`)
	s.wheel(10, 10, -3)
	s.expect(`line 100\n.*help`)
	s.expect(`following`)
	row := strings.Split(s.text(), "\n")[2]
	s.click(strings.Index(row, "3 Routes"), 2)
	s.expect(`\[3 Routes 3\][^$]*/items/:id`)
	s.resize(200, 50, `┃|│`)
	s.expect(`━\[3 Routes 3\]`)
	s.click(10, 20)
	s.expect(`━\[1 Log\]`)
	s.wheel(10, 20, 1)
	s.expect(`3 below`)
	s.press("m")
	s.expect(`the mouse is the terminal's`)
	s.wait("the end of the mouse", func(string) bool { return !s.mode(ansi.ModeMouseButtonEvent) })
	s.press("m")
	s.wait("the mouse", func(string) bool { return s.mode(ansi.ModeMouseButtonEvent) })
}

// TestResize makes the terminal as small as can be, and large again.
func TestResize(t *testing.T) {
	s := newScreenWith(t, 200, 50, shop(), true)
	s.fill()
	s.expect(`━\[1 Log\]`)
	s.press("iabc")
	s.expect(`input> abc`)
	s.resize(30, 8, `(?s)\[1 Log\].*input> abc`)
	s.press("\x1b")
	s.lacks(`input>`)
	for _, size := range [][2]int{{20, 4}, {5, 3}, {2, 2}, {1, 1}} {
		s.resize(size[0], size[1], `^●`)
		s.press("wjk\x1b[5~23451w")
	}
	s.resize(80, 24, `following`)
	s.golden("log-80x24")
}

// TestEnds ends the program in every way: the terminal is as it was.
func TestEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(*screen)
		want error
	}{
		"q":       {func(s *screen) { s.press("q") }, nil},
		"ctrl-c":  {func(s *screen) { s.press("\x03") }, nil},
		"typing":  {func(s *screen) { s.press("iabc\x03") }, nil},
		"context": {func(s *screen) { s.cancel() }, nil},
		"feed":    {func(s *screen) { s.feed.End(errGone) }, errGone},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreen(t, 80, 24)
			s.expect(`connecting…`)
			s.wait("the mouse", func(string) bool { return s.mode(ansi.ModeMouseButtonEvent) })
			tt.end(s)
			if err := s.result(); !errors.Is(err, tt.want) {
				t.Errorf("Run = %v, want %v", err, tt.want)
			}
			s.restored()
			if began, released := <-s.guarded, <-s.guarded; !began || released {
				t.Error("the guard was not released")
			}
		})
	}
}

// TestSuspend gives the terminal back for as long as the process is stopped.
func TestSuspend(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.feed.Status(serving)
	s.expect(`running rev 7`)
	if !<-s.guarded {
		t.Error("no guard began")
	}
	s.press("\x1a")
	s.called("suspend")
	s.restored()
	if <-s.guarded {
		t.Error("the guard was not released")
	}
	s.print("printed meanwhile")
	s.app.resume <- struct{}{}
	s.expect(`running rev 7[^$]*printed meanwhile`)
	if !<-s.guarded {
		t.Error("no guard began again")
	}
	s.press("r")
	s.called("reload")
}

// TestFlood shows the newest of many lines, keeps a bounded number of them, and
// obeys keys meanwhile.
func TestFlood(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.feed.Status(serving)
	const batch, burst, all = 500, 10_000, 60_000
	for end := burst; end <= all; end += burst {
		for from := end - burst; from < end; from += batch {
			s.print(numbered(from+1, batch)...)
		}
		s.press("r")
		s.called("reload")
		s.expect(fmt.Sprintf(`\nline %d\n`, end)) // before the feed drops any
	}
	s.press("g")
	s.expect(`\nline 20001\n`) // 40,000 are kept
	s.press("fline 599\r")
	s.expect(`filter line 599 \(180\)`)
}

// TestTooFast leaves out, and counts, what comes faster than it can be shown.
func TestTooFast(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.feed.Logs(protocol.LogParams{Missed: 7, Entries: []protocol.LogEntry{{Text: "next"}}})
	s.expect(`7 lines left out[^\n]*\nnext`)
}

// TestNoColor has no colours, but for what tells the focus.
func TestNoColor(t *testing.T) {
	s := newScreenWith(t, 80, 24, shop(), false)
	s.fill()
	s.golden("log-80x24")
	s.mu.Lock()
	defer s.mu.Unlock()
	for y := range 24 {
		for x := range 80 {
			if c := s.emulator.CellAt(x, y); c != nil && (c.Style.Fg != nil || c.Style.Bg != nil) {
				t.Fatalf("there is a colour at column %d of row %d", x, y)
			}
		}
	}
}
