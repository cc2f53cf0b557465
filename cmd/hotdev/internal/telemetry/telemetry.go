// Package telemetry makes an OpenTelemetry trace of every reload of a session and
// sends it to an OTLP collector. It follows the session as any other subscriber
// does: a collector that is slow, or not there, costs traces and nothing else.
package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/hotdev/hotdev/session"
)

// Wanted reports whether the environment names a collector to send traces to,
// and does not switch that off.
func Wanted(getenv func(string) string) bool {
	endpoint := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	return endpoint != "" && getenv("OTEL_SDK_DISABLED") != "true" && getenv("OTEL_TRACES_EXPORTER") != "none"
}

// protocol is the only one of OTEL_EXPORTER_OTLP_PROTOCOL that is spoken.
const protocol = "http/protobuf"

// Options configures a Tracer.
type Options struct {
	Session *session.Session
	Version string // of hotdev
	Root    string // of the workspace
	// Getenv reads a variable of the environment. The OpenTelemetry SDK reads
	// this process's.
	Getenv func(string) string
}

// Tracer sends traces. Its goroutines are those of the SDK, which Follow ends.
type Tracer struct {
	session  *session.Session
	news     *session.Subscription
	provider *trace.TracerProvider
	recorder recorder
}

// New returns a Tracer of all reloads from now on, set up by the OTEL_* variables.
// Follow must be called.
func New(o Options) (*Tracer, error) {
	if p := cmp.Or(o.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), o.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), protocol); p != protocol {
		return nil, fmt.Errorf("traces can't be sent by OTEL_EXPORTER_OTLP_PROTOCOL=%s: hotdev speaks %s only", p, protocol)
	}
	// OTEL_SERVICE_NAME is meant for the app, which has the same environment.
	about, err := resource.Merge(resource.Environment(), resource.NewSchemaless(
		semconv.ServiceName("hotdev"),
		semconv.ServiceVersion(o.Version),
		attribute.String("hotdev.workspace", o.Root),
	))
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	client, err := otlptracehttp.New(context.Background()) // connects to nothing yet
	if err != nil {
		return nil, fmt.Errorf("setting up traces: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithResource(about), trace.WithBatcher(&exporter{SpanExporter: client, warn: o.Session.Warn}))
	_, news := o.Session.Subscribe(0)
	return &Tracer{
		session:  o.Session,
		news:     news,
		provider: provider,
		recorder: recorder{tracer: provider.Tracer("github.com/hotdev/hotdev"), roots: map[reload]oteltrace.SpanContext{}},
	}, nil
}

// shutDownLimit is how long the last traces may take to be sent.
const shutDownLimit = 2 * time.Second

// Follow makes a trace of each reload until the session has ended, and sends what
// is left before it returns.
func (t *Tracer) Follow() {
	for {
		notices, err := t.news.Next(context.Background())
		if errors.Is(err, session.ErrLagged) { // some reloads have no trace
			_, t.news = t.session.Subscribe(0)
			continue
		}
		if err != nil {
			break
		}
		for _, n := range notices {
			switch n := n.(type) {
			case session.Reloaded:
				t.recorder.reloaded(n.Reload)
			case session.Answered:
				t.recorder.answered(n.Reload, n.At)
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutDownLimit)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // nobody is there to be told that the last ones are lost
}

// exporter tells in the session's log what goes wrong, once for each series of
// failures: the SDK would print it to the terminal.
type exporter struct {
	trace.SpanExporter
	warn   func(text string)
	failed bool // owned by the batcher, which exports one batch at a time
}

func (e *exporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err != nil && !e.failed {
		e.warn(fmt.Sprintf("traces of reloads are lost: %v", err))
	}
	e.failed = err != nil
	return nil
}
