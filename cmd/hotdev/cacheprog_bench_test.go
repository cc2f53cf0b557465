//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// BenchmarkLearn learns how the demo is built, from the go command and from what the
// helper keeps of it, by turns, and reports the medians.
func BenchmarkLearn(b *testing.B) {
	src := filepath.Join(b.TempDir(), "demo")
	if err := os.CopyFS(src, os.DirFS(filepath.Join("..", "..", "extensions", "demo"))); err != nil {
		b.Fatal(err)
	}
	l := &learner{machine: newMachine(b, src, "")}
	times := map[int][]time.Duration{}
	learn := func(asked int, change ...string) {
		if l.learn("the demo", nil, change...); l.asked != asked {
			b.Fatalf("the go command was asked %d times what it would do, not %d", l.asked, asked)
		}
		times[asked] = append(times[asked], l.took)
	}
	learn(2) // fills the cache
	clear(times)
	for i := 0; b.Loop(); i++ {
		learn(2, fmt.Sprint("SOURCE_DATE_EPOCH=", i)) // which the go command does not look at
		learn(0)
	}
	b.ReportMetric(0, "ns/op")
	for asked, name := range map[int]string{2: "asked", 0: "kept"} {
		slices.Sort(times[asked])
		b.ReportMetric(float64(times[asked][len(times[asked])/2].Milliseconds()), name+"-ms")
	}
}
