//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hotdev/hotdev/debug"
)

// largeApp builds the app with what a web app needs in it, for debug
// information of a usual size.
func largeApp(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	extra := filepath.Join(dir, "web.go")
	err := os.WriteFile(extra, []byte("package main\n\nimport (\n\t_ \"html/template\"\n\t_ \"net/http/httputil\"\n\t_ \"database/sql\"\n\t_ \"encoding/xml\"\n)\n"), 0o600)
	if err != nil {
		b.Fatal(err)
	}
	text := must(json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(filepath.Dir(appSource(b)), "web.go"): extra},
	}))
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return build(b, append(slices.Clone(debuggable), "-overlay="+overlay)...)
}

// BenchmarkAttach measures for how long the app stands still when Delve attaches
// to it until it runs again with a breakpoint, and when Delve detaches; and how
// long both take.
func BenchmarkAttach(b *testing.B) {
	r := newRig(b, newFront(b, "WORK"))
	s := spec(b)
	s.Binary.Path = largeApp(b)
	a := r.start(s)
	a.up()
	a.do("watch", "watching")
	freeze := func() time.Duration {
		return time.Duration(must(strconv.Atoi(a.do("freeze", "frozen")))) * time.Microsecond
	}
	var attach, detach, attaching, detaching []time.Duration
	for b.Loop() {
		freeze()
		began := time.Now()
		r.Set(debug.Wish{Wanted: true})
		r.front.generation()
		attaching = append(attaching, time.Since(began))
		attach = append(attach, freeze())
		began = time.Now()
		r.Set(debug.Wish{})
		r.state(debug.StateIdle)
		detaching = append(detaching, time.Since(began))
		detach = append(detach, freeze())
	}
	b.ReportMetric(median(attach), "p50-attach-freeze-ms")
	b.ReportMetric(ms(slices.Max(attach)), "max-attach-freeze-ms")
	b.ReportMetric(median(detach), "p50-detach-freeze-ms")
	b.ReportMetric(median(attaching), "p50-attach-ms")
	b.ReportMetric(median(detaching), "p50-detach-ms")
}

// BenchmarkStart measures how long it takes until an app's main function runs,
// under Delve and plain.
func BenchmarkStart(b *testing.B) {
	path := largeApp(b)
	for name, wanted := range map[string]bool{"plain": false, "delve": true} {
		b.Run(name, func(b *testing.B) {
			r := newRig(b, newFront(b, "WORK"))
			r.Set(debug.Wish{Wanted: wanted})
			s := spec(b)
			s.Binary.Path = path
			var up []time.Duration
			for b.Loop() {
				began := time.Now()
				a := r.start(s)
				a.up()
				up = append(up, time.Since(began))
				a.Stop(b.Context())
			}
			b.ReportMetric(median(up), "p50-up-ms")
		})
	}
}

func median(list []time.Duration) float64 {
	slices.Sort(list)
	return ms(list[len(list)/2])
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
