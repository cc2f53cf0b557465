package proxy

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Metrics are one version's requests so far. Latencies are from the request's
// arrival to the end of its answer, time at the gate included; upgrades and event
// streams have none.
type Metrics struct {
	Requests      uint64 // ended
	Errors        uint64 // of these, with a status of 500 and above
	InFlight      int
	P50, P95, P99 time.Duration
}

// Latencies collects durations between 1 µs and an hour, to two digits. It is
// not safe for use by several goroutines.
type Latencies struct{ h *hdrhistogram.Histogram }

// NewLatencies returns an empty collection.
func NewLatencies() *Latencies {
	return &Latencies{hdrhistogram.New(1, time.Hour.Microseconds(), 2)}
}

// Add counts d in.
func (l *Latencies) Add(d time.Duration) {
	// Out of range is clamped: an hour and more is "an hour".
	_ = l.h.RecordValue(min(max(d.Microseconds(), 1), time.Hour.Microseconds()))
}

// Quantile returns the latency that q percent stay below; 0 when empty.
func (l *Latencies) Quantile(q float64) time.Duration {
	return time.Duration(l.h.ValueAtQuantile(q)) * time.Microsecond
}

// metrics counts the requests of one version.
type metrics struct {
	mu        sync.Mutex
	requests  uint64
	errors    uint64
	inFlight  int
	answered  bool // a request was, and no stream
	latencies *Latencies
}

// begin counts a request in; end must follow.
func (m *metrics) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight++
}

// end counts the answer of one that has begun, and reports whether it is the
// first one.
func (m *metrics) end(q Request) (first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight--
	m.requests++
	if q.Status >= 500 {
		m.errors++
	}
	if !q.Stream {
		m.latencies.Add(q.Took)
		first = !m.answered && q.Status != 0
		m.answered = m.answered || first
	}
	return first
}

func (m *metrics) read() Metrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Metrics{
		Requests: m.requests,
		Errors:   m.errors,
		InFlight: m.inFlight,
		P50:      m.latencies.Quantile(50),
		P95:      m.latencies.Quantile(95),
		P99:      m.latencies.Quantile(99),
	}
}
