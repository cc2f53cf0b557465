package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/hotdev/hotdev/session"
)

// reload names a record of a session.
type reload struct {
	rev  int
	time time.Time
}

// recorder turns records into spans. It keeps the roots of the newest traces, to
// which the first response is added when it is known.
type recorder struct {
	tracer trace.Tracer
	roots  map[reload]trace.SpanContext
	order  []reload // of roots, oldest first
}

// maxOpen is how many reloads may wait for a first response.
const maxOpen = 8

// reloaded makes the trace of r: a span for all of it, and below it one for each
// phase that took place. What the app waited for between build and launch, such
// as a breakpoint, is in none of them.
func (rec *recorder) reloaded(r session.Reload) {
	end := r.Time.Add(r.Total)
	ctx, root := rec.tracer.Start(context.Background(), "reload", trace.WithTimestamp(r.Time), trace.WithAttributes(attributes(r)...))
	if r.Outcome == session.BuildFailed || r.Outcome == session.StartFailed {
		root.SetStatus(codes.Error, r.Message)
	}
	p := r.Phases
	built := r.Time.Add(p.Queue)
	rec.phase(ctx, "queue", r.Time, p.Queue)
	rec.phase(ctx, "check", built, p.Check)
	rec.phase(ctx, "compile", built, p.Compile)
	rec.phase(ctx, "link", built.Add(p.Compile), p.Link)
	rec.phase(ctx, "launch", end.Add(-p.Ready-p.Launch), p.Launch)
	rec.phase(ctx, "ready", end.Add(-p.Ready), p.Ready)
	root.End(trace.WithTimestamp(end))
	rec.keep(reload{r.Rev, r.Time}, root.SpanContext())
}

// answered adds the first response, which was complete at a time, to the trace
// of r.
func (rec *recorder) answered(r session.Reload, at time.Time) {
	root, ok := rec.roots[reload{r.Rev, r.Time}]
	if !ok {
		return // too long ago
	}
	ctx := trace.ContextWithSpanContext(context.Background(), root)
	rec.phase(ctx, "firstResponse", at.Add(-r.Phases.FirstResponse), r.Phases.FirstResponse)
}

// phase makes the span of a phase, if it took place.
func (rec *recorder) phase(ctx context.Context, name string, from time.Time, took time.Duration) {
	if took <= 0 {
		return
	}
	_, s := rec.tracer.Start(ctx, name, trace.WithTimestamp(from))
	s.End(trace.WithTimestamp(from.Add(took)))
}

func (rec *recorder) keep(r reload, root trace.SpanContext) {
	rec.roots[r] = root
	rec.order = append(rec.order, r)
	if len(rec.order) > maxOpen {
		delete(rec.roots, rec.order[0])
		rec.order = rec.order[1:]
	}
}

// attributes describe a reload, without those that are empty.
func attributes(r session.Reload) []attribute.KeyValue {
	list := []attribute.KeyValue{
		attribute.Int("hotdev.rev", r.Rev),
		attribute.StringSlice("hotdev.files", r.Files),
	}
	for _, a := range []attribute.KeyValue{
		attribute.String("hotdev.reason", r.Reason),
		attribute.String("hotdev.outcome", string(r.Outcome)),
		attribute.String("hotdev.message", r.Message),
		attribute.String("hotdev.build.method", string(r.Build.Method)),
		attribute.String("hotdev.build.reason", r.Build.Reason),
		attribute.String("hotdev.build.link", r.Build.Link),
		attribute.String("hotdev.build.id", r.BuildID),
	} {
		if a.Value.AsString() != "" {
			list = append(list, a)
		}
	}
	return list
}
