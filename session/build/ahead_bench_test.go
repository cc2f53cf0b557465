package build_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
)

// BenchmarkAhead compares the build after a save of what was built ahead with that
// of what was not, of the demo after an edit of one function. Both take turns;
// the times are medians in ms.
func BenchmarkAhead(b *testing.B) {
	root, cache, file := demo(b)
	builder := build.New(build.Options{CacheDir: cache, Mode: build.Fast})
	defer builder.Close()
	r := build.Request{Root: root, Debug: true}
	n := 0
	text := func() string {
		n++
		return fmt.Sprintf("package api\n\n//go:noinline\nfunc bench() int { return %d }\n\nvar _ = bench()\n", n)
	}
	save := func(text string, ahead bool) time.Duration {
		write(b, file, text)
		start := time.Now()
		res := builder.Build(b.Context(), r)
		if res.Binary == nil || res.Ahead != ahead {
			b.Fatalf("built ahead: %v, error %v", res.Ahead, res.Err)
		}
		return time.Since(start)
	}
	save(text(), false)
	builder.Settle()
	var with, without []time.Duration
	for b.Loop() {
		next := text()
		if _, _, err := builder.Ahead(b.Context(), r, map[string][]byte{file: []byte(next)}); err != nil {
			b.Fatal(err)
		}
		with = append(with, save(next, true))
		builder.Settle()
		without = append(without, save(text(), false))
		builder.Settle()
	}
	b.ReportMetric(ms(median(with)), "ahead-ms")
	b.ReportMetric(ms(median(without)), "fast-ms")
	b.ReportMetric(float64(median(with))/float64(median(without)), "ahead/fast")
}
