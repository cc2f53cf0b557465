package watch

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	benchDirs  = 2000
	benchFiles = 5 // in each directory
)

// benchTree makes a tree of packages of the size of real ones.
func benchTree(b *testing.B) (root string, g fakeGraph) {
	b.Helper()
	root = tempDir(b)
	content := strings.Repeat("// a line of a Go file that is as long as most\n", 100)
	dirs := []string{"."}
	for d := range benchDirs {
		dir := fmt.Sprintf("internal/p%d", d)
		dirs = append(dirs, dir)
		for f := range benchFiles {
			writeFile(b, filepath.Join(root, dir, fmt.Sprintf("f%d.go", f)), fmt.Sprint("package p // ", d, f, "\n", content))
		}
	}
	return root, newFakeGraph(root, append(dirs, "internal")...)
}

// BenchmarkEventToBatch measures from a save, the rename of a written file, to
// the batch: the quiet period and what the watcher adds to it.
func BenchmarkEventToBatch(b *testing.B) {
	root, g := benchTree(b)
	w, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	w.SetGraph(g)
	path := filepath.Join(root, "internal", "p7", "f0.go")
	var total, fromEvent time.Duration
	n := 0
	for b.Loop() {
		<-time.After(burstGap + quietMin) // each save is a lone one
		writeFile(b, path, fmt.Sprint("package p // save ", n))
		n++
		saved := time.Now()
		batch := <-w.Batches()
		total += time.Since(saved)
		fromEvent += time.Since(batch.First)
	}
	b.ReportMetric(float64(total.Microseconds())/float64(n), "µs/save")
	b.ReportMetric(float64(fromEvent.Microseconds())/float64(n), "µs/event")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSetGraph measures the first SetGraph and one that changes nothing,
// and reports the watches and the memory that 2,000 packages cost.
func BenchmarkSetGraph(b *testing.B) {
	_, g := benchTree(b)
	b.Run("first", func(b *testing.B) {
		var used time.Duration
		for b.Loop() {
			before := heap()
			w, err := New(Options{Poll: pollNever})
			if err != nil {
				b.Fatal(err)
			}
			start := cpuTime()
			w.SetGraph(g)
			used += cpuTime() - start
			b.StopTimer()
			b.ReportMetric(float64(heap()-before)/1e6, "MB")
			if n := inotifyWatches(b); n > 0 {
				b.ReportMetric(float64(n), "watches")
			}
			w.Close()
			b.StartTimer()
		}
		b.ReportMetric(used.Seconds()*1000/float64(b.N), "cpu-ms/op")
	})
	b.Run("same", func(b *testing.B) {
		w, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer w.Close()
		w.SetGraph(g)
		for b.Loop() {
			w.SetGraph(g)
		}
	})
}

// BenchmarkRest reports what share of a CPU a watcher of 2,000 packages takes
// while nothing happens.
func BenchmarkRest(b *testing.B) {
	_, g := benchTree(b)
	for _, poll := range []string{pollNever, pollAlways} {
		b.Run(map[string]string{pollNever: "events", pollAlways: "poll"}[poll], func(b *testing.B) {
			w, err := New(Options{Poll: poll})
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			w.SetGraph(g)
			<-time.After(5 * time.Second) // until the polls are at rest
			used, start := cpuTime(), time.Now()
			for b.Loop() {
				<-time.After(5 * time.Second)
			}
			b.ReportMetric(100*float64(cpuTime()-used)/float64(time.Since(start)), "%CPU")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// heap returns the bytes of live objects.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
