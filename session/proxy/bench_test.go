package proxy_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/proxy"
)

// clients is how many ask at once.
const clients = 64

// hammer sends n requests over kept connections and returns how long each took.
func hammer(b *testing.B, addr string, n int) []time.Duration {
	const request = "GET / HTTP/1.1\r\nHost: app\r\n\r\n"
	all := make([]time.Duration, n)
	var asking sync.WaitGroup
	for i := range clients {
		c := dial(b, addr)
		asking.Go(func() {
			in := bufio.NewReader(c)
			for k := i; k < n; k += clients {
				began := time.Now()
				if _, err := io.WriteString(c, request); err != nil {
					b.Error(err)
					return
				}
				resp, err := http.ReadResponse(in, nil)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Error(resp, err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				all[k] = time.Since(began)
			}
		})
	}
	asking.Wait()
	return all
}

// BenchmarkProxy compares the app behind the proxy with the app directly, and
// with the app behind a bare httputil.ReverseProxy, by turns, in one run. Client,
// app and proxy share the machine, so throughput is that of all three together.
func BenchmarkProxy(b *testing.B) {
	d, direct := doorTo(b, says("hello"))
	bare := serve(b, &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: direct}) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	})
	const turn = 100 * clients
	sides := []struct {
		name, addr string
		took       time.Duration
		latencies  []time.Duration
	}{{name: "direct", addr: direct}, {name: "bare", addr: bare}, {name: "proxied", addr: d.addr}}
	for n := 0; n < b.N; n += turn {
		for i := range sides {
			s := &sides[i]
			began := time.Now()
			s.latencies = append(s.latencies, hammer(b, s.addr, turn)...)
			s.took += time.Since(began)
		}
	}
	for _, s := range sides {
		slices.Sort(s.latencies)
		b.ReportMetric(float64(len(s.latencies))/s.took.Seconds(), s.name+"-req/s")
		b.ReportMetric(float64(s.latencies[len(s.latencies)*99/100].Microseconds()), s.name+"-p99-µs")
	}
	b.ReportMetric(sides[0].took.Seconds()/sides[2].took.Seconds(), "proxied/direct")
	b.ReportMetric(sides[1].took.Seconds()/sides[2].took.Seconds(), "proxied/bare")
	b.ReportMetric(0, "ns/op") // of no meaning: it is the time of three requests
}

// BenchmarkSwap moves to another version under the load of all clients; each
// operation is one swap and the draining of the old version.
func BenchmarkSwap(b *testing.B) {
	d := newDoor(b, proxy.Options{})
	apps := []string{serve(b, says("one")), serve(b, says("two"))}
	old := version(0, apps[0])
	d.Serve(old)
	done := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				hammer(b, d.addr, 10*clients)
			}
		}
	})
	for rev := 1; b.Loop(); rev++ {
		v := version(rev, apps[rev%2])
		d.Serve(v)
		drained(b, old)
		old = v
	}
	close(done)
	load.Wait()
}
