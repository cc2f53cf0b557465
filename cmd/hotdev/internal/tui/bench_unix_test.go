//go:build unix

package tui_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkFlood shows log lines as they come at 200×50: an operation is a
// batch as a daemon sends it 20 times a second for an app that prints 10,000
// lines a second, from the notification to the last line on the (emulated)
// screen, so that below 50 ms there is no lag.
func BenchmarkFlood(b *testing.B) {
	s := newScreen(b, 200, 50)
	s.feed.Status(serving)
	const batch = 500
	n := 0
	for b.Loop() {
		texts := numbered(n+1, batch)
		for i := range texts {
			texts[i] = "\x1b[32m[GIN]\x1b[0m 2026/11/24 - 16:00:01 | 200 | 1.2ms | 127.0.0.1 | GET \"/items\" " + texts[i]
		}
		n += batch
		last := fmt.Sprintf("line %d ", n)
		s.print(texts...)
		s.wait(last, func(text string) bool { return strings.Contains(text, last) })
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkKey is the time from a key to what it does on the screen, while
// 10,000 lines a second come and a filter sorts them.
func BenchmarkKey(b *testing.B) {
	s := newScreen(b, 200, 50)
	s.feed.Status(serving)
	s.expect(`running rev 7`)
	s.press("fline\r")
	s.expect(`filter line`)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for n := 1; ; n += 500 {
			select {
			case <-tick.C:
				s.print(numbered(n, 500)...)
			case <-stop:
				return
			}
		}
	}()
	for b.Loop() {
		s.press("?")
		s.expect(`reload: build and restart now`)
		s.press("?")
		s.lacks(`reload: build and restart now`)
	}
	close(stop)
	<-stopped
}
