package diag_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/diag"
)

// plainLines are of no interest to the scanner, in common shapes.
var plainLines = []string{
	"listening on http://localhost:8080, press control-C to stop the server",
	"2026/01/02 15:04:05 users: loaded 1234 rows from the table in 12ms without any error",
	"    select id, name, price from products where price > 100 order by name limit 20",
	"",
	strings.Repeat("0123456789abcdef ", 12),
	`[GIN-like] brackets, "quotes" and a colon: fine`,
	"h h h ht htt http http: ]: panics are no panic: lines",
}

func TestPlainLinesCostNoAllocation(t *testing.T) {
	s := diag.NewScanner(appOptions(false))
	for _, line := range plainLines {
		if n := testing.AllocsPerRun(100, func() { s.Stderr(line) }); n > 0 {
			t.Errorf("%v allocations for %q", n, line)
		}
	}
}

// TestEndlessReports feeds reports that never end, lines without end, and the
// same failure at ever new places: what is found and kept stays bounded.
func TestEndlessReports(t *testing.T) {
	frame := "main.f(0x1)\n\t/app/main.go:7 +0x12"
	for name, c := range map[string]struct{ first, repeat string }{
		"trace":     {"panic: x\n\ngoroutine 1 [running]:", frame},
		"goroutine": {"panic: x\n", "\ngoroutine 1 [running]:\n" + frame},
		"value":     {"panic: x", "\tmore"},
		"http":      {"http: panic serving 1: x\ngoroutine 1 [running]:\npanic(1)\n\t/p.go:1 +0x1", frame},
		"race":      {"WARNING: DATA RACE\nWrite at 0x1 by goroutine 2:", "  main.f()\n      /app/main.go:7 +0x1"},
		"gin":       {"2026 [Recovery] panic recovered:\nx", "/app/main.go:7 (0x1)\n\tf: g()"},
		"dump":      {"2026 [Recovery] panic recovered:\nGET / HTTP/1.1", "Header: x"},
	} {
		t.Run(name, func(t *testing.T) {
			s := diag.NewScanner(appOptions(false))
			var found []diag.Diagnostic
			feed := func(text string) {
				for line := range strings.SplitSeq(text, "\n") {
					_, list := s.Stderr(line)
					found = append(found, list...)
				}
			}
			feed(c.first)
			for range 30_000 {
				feed(c.repeat)
			}
			// The scanner has given up on it and hears the next one.
			feed("http: panic serving 1: next\ngoroutine 1 [running]:\npanic(1)\n\t/p.go:1 +0x1\nmain.g(1)\n\t/app/main.go:99 +0x1\n\n")
			if len(found) == 0 || found[len(found)-1].Line != 99 {
				t.Errorf("the panic after it was not found: %+v", found)
			}
			for _, d := range found {
				checkDiagnostic(t, d)
			}
		})
	}
}

func TestManyFailures(t *testing.T) {
	s := diag.NewScanner(appOptions(false))
	panicAt := func(value string, line int) (n int) {
		for text := range strings.SplitSeq(fmt.Sprintf("http: panic serving 1: %s\ngoroutine 1 [running]:\npanic(1)\n\t/p.go:1 +0x1\nmain.g(1)\n\t/app/main.go:%d +0x1\n", value, line), "\n") {
			_, found := s.Stderr(text)
			n += len(found)
		}
		return n
	}
	n := 0
	for i := range 100 {
		n += panicAt(fmt.Sprint("request ", i), 1)
	}
	if n != 3 {
		t.Errorf("%d diagnostics for 100 messages at one place, want 3", n)
	}
	for i := range 2000 {
		n += panicAt("boom", 2+i)
	}
	if n > 600 {
		t.Errorf("%d diagnostics for 2000 places", n)
	}
}

func TestHugeLines(t *testing.T) {
	huge := strings.Repeat("goroutine http: panic 0x ]: \x00\xff", 1<<15)
	s := diag.NewScanner(appOptions(false))
	for _, prefix := range []string{"", "{", `{"msg":"`, "time=", "panic: ", "\t", "\x1b]", "[GIN] ", "2026/01/02 "} {
		_, found := s.Stdout(prefix + huge)
		_, more := s.Stderr(prefix + huge)
		for _, d := range append(found, more...) {
			checkDiagnostic(t, d)
		}
	}
	for _, d := range s.Exit(1, "") {
		checkDiagnostic(t, d)
	}
}

func TestStripANSI(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		"plain\tline":        "plain\tline",
		"\x1b[31mred\x1b[0m": "red",
		"\x1b]8;;http://x\x1b\\a\x1b]8;;\x1b\\ é": "a é",
		"\xff\x00": "\xff\x00",
	} {
		if got := diag.StripANSI(in); got != want {
			t.Errorf("StripANSI(%q) = %q, want %q", in, got, want)
		}
	}
}

// BenchmarkScanner gives the throughput for a kind of lines.
func BenchmarkScanner(b *testing.B) {
	trace := "http: panic serving 1: x\ngoroutine 1 [running]:\npanic(1)\n\t/p.go:1 +0x1\nmain.g(0x1)\n\t/app/main.go:9 +0x1\ncreated by main.f in goroutine 1\n\t/p.go:3 +0x1"
	for name, lines := range map[string][]string{
		"plain": plainLines,
		"log":   {"2026/01/02 15:04:05 main.go:12: users: loaded 1234 rows from the table in 12ms"},
		"json":  {`{"time":"2026-01-02T15:04:05.1Z","level":"INFO","source":{"function":"main.main","file":"/app/main.go","line":12},"msg":"users loaded","rows":1234}`},
		"gin":   {`[GIN] 2026/01/02 - 15:04:05 | 200 |     1.234ms |       127.0.0.1 | GET      "/users/7"`},
		"trace": strings.Split(trace, "\n"),
		"huge":  {strings.Repeat("x", 1<<20)},
	} {
		b.Run(name, func(b *testing.B) {
			s := diag.NewScanner(appOptions(false))
			n := 0
			for _, line := range lines {
				n += len(line) + 1
			}
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				for _, line := range lines {
					s.Stderr(line)
				}
			}
		})
	}
}
