//go:build unix

package run_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

// program returns a small program that ends at once.
func program(b *testing.B) string {
	b.Helper()
	path, err := exec.LookPath("true")
	if err != nil {
		b.Skip(err)
	}
	return path
}

// BenchmarkStart compares Start, until it returns, with a bare exec: the
// overhead is the difference of the medians.
func BenchmarkStart(b *testing.B) {
	r := run.New(run.Options{Exe: exe(b), StateDir: b.TempDir()})
	defer r.Close()
	path := program(b)
	s := target.Spec{Binary: target.Binary{Path: path}, Env: os.Environ(), Stdout: discard{}, Stderr: discard{}}
	var ours, bare []time.Duration
	for b.Loop() {
		began := time.Now()
		p := start(b, r, s)
		ours = append(ours, time.Since(began))
		<-p.Exited()

		cmd := exec.Command(path)
		cmd.Stdout, cmd.Stderr = discard{}, discard{}
		began = time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, time.Since(began))
		_ = cmd.Wait()
	}
	b.ReportMetric(quantile(ours, 50), "p50-start-µs")
	b.ReportMetric(quantile(bare, 50), "p50-exec-µs")
}

// quantile returns the percentile of list in microseconds.
func quantile(list []time.Duration, percent int) float64 {
	slices.Sort(list)
	return float64(list[len(list)*percent/100].Nanoseconds()) / 1e3
}

// BenchmarkReady reports how long after listen(2) an app counts as ready, with
// its ports where it wants them and moved.
func BenchmarkReady(b *testing.B) {
	b.Run("own", func(b *testing.B) { benchmarkReady(b, "127.0.0.1:0", nil) })
	b.Run("moved", func(b *testing.B) {
		benchmarkReady(b, "127.0.0.1:1", &target.Ports{
			Claim:  func(string, string) error { return nil },
			Bound:  func(target.Listener) {},
			Missed: func(string, error) {},
		})
	})
}

func benchmarkReady(b *testing.B, address string, ports *target.Ports) {
	r := run.New(run.Options{Exe: exe(b), StateDir: b.TempDir()})
	defer r.Close()
	var late []time.Duration
	for b.Loop() {
		out := newLines()
		s := spec(b, out, "listen", address, "block")
		s.Ports = ports
		p := start(b, r, s)
		<-p.Ready()
		ready := time.Now()
		_, stamp, _ := strings.Cut(out.next(b, "listening"), " ")
		ns, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		late = append(late, ready.Sub(time.Unix(0, ns)))
		p.Stop(context.Background())
	}
	b.ReportMetric(quantile(late, 50), "p50-late-µs")
	b.ReportMetric(quantile(late, 95), "p95-late-µs")
}

// BenchmarkStop measures the stop of an app that ends at SIGTERM.
func BenchmarkStop(b *testing.B) {
	r := run.New(run.Options{Exe: exe(b), StateDir: b.TempDir()})
	defer r.Close()
	for b.Loop() {
		b.StopTimer()
		out := newLines()
		p := start(b, r, spec(b, out, "print", "up", "block"))
		out.next(b, "up")
		b.StartTimer()
		p.Stop(context.Background())
	}
}

// BenchmarkOutput measures how fast an app can write.
func BenchmarkOutput(b *testing.B) {
	const size = 64 << 20
	r := run.New(run.Options{})
	defer r.Close()
	b.SetBytes(size)
	for b.Loop() {
		<-start(b, r, spec(b, discard{}, "print-bytes", strconv.Itoa(size))).Exited()
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
