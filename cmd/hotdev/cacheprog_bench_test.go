//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// BenchmarkCacheprog builds a program after an edit of one of its packages through
// the helper: without a store; with one that has nothing, as after each edit; with
// one that never answers; and with one where nobody listens. It reports the medians,
// and how many times that without a store the others are.
func BenchmarkCacheprog(b *testing.B) {
	ended := make(chan struct{})
	serve := func(answer http.HandlerFunc) string {
		s := httptest.NewServer(answer)
		b.Cleanup(s.Close)
		return s.URL
	}
	empty := serve(http.NotFound)
	mute := serve(func(http.ResponseWriter, *http.Request) { <-ended })
	b.Cleanup(func() { close(ended) })
	gone := httptest.NewServer(nil)
	gone.Close()

	src := source(b)
	names := []string{"none", "empty", "mute", "gone"}
	machines := map[string]*machine{"none": newMachine(b, src, "")}
	for name, url := range map[string]string{"empty": empty, "mute": mute, "gone": gone.URL} {
		machines[name] = newMachine(b, src, "--store "+url)
	}
	for _, m := range machines {
		m.build()
	}
	times := map[string][]time.Duration{}
	for i := 0; b.Loop(); i++ {
		edit(b, src, "func main", fmt.Sprintf("// edit %d\n\nfunc main", i))
		for j := range names {
			name := names[(i+j)%len(names)]
			start := time.Now()
			if n := machines[name].build(); n == 0 {
				b.Fatal("nothing was compiled after an edit")
			}
			times[name] = append(times[name], time.Since(start))
		}
	}
	median := func(name string) float64 {
		slices.Sort(times[name])
		return float64(times[name][len(times[name])/2].Milliseconds())
	}
	b.ReportMetric(0, "ns/op")
	for _, name := range names {
		b.ReportMetric(median(name), name+"-ms")
		if name != "none" {
			b.ReportMetric(median(name)/median("none"), name+"/none")
		}
	}
}
