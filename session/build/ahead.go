package build

import (
	"context"
	"errors"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// Ahead builds what r says as if files, by absolute path, held these texts
// already, so that a Build of just that finds it done (Result.Ahead). It leaves
// no other trace, but that executables which are not to be kept are gone. What it
// runs gives way to other processes, takes one processor at most, and is killed
// when ctx ends; a Build that is to begin must see to that, as it waits. cpu is
// what the compilers and the linker took; err says why there is nothing to be
// found: only what is built incrementally can be built ahead.
func (b *Builder) Ahead(ctx context.Context, r Request, files map[string][]byte) (cpu time.Duration, err error) {
	b.building.Lock()
	defer b.building.Unlock()
	b.debugInfo.endEarly()
	config, err := b.awaitFast(ctx, &r)
	if err != nil {
		return 0, err
	}
	report, err := b.fast.builder.Build(ctx, incremental.Request{
		Config:  config,
		Cutoff:  b.fast.cutoff,
		Overlay: files,
		Debug:   b.ownDebugInfo(&r),
		Keep:    b.debugInfo.kept(),
	})
	if ctx.Err() == nil {
		_, keep := b.keep(&r, executableName(&r))
		b.slots.clear(keep) // it takes longer than all that is left to do on the save
	}
	return report.CPU, err
}

// awaitFast waits until the incremental builder can build r, and says how r is
// built with it, or why it cannot.
func (b *Builder) awaitFast(ctx context.Context, r *Request) (c incremental.Config, err error) {
	dir := workDir(r)
	tc := b.toolchains.find(ctx, r, dir)
	switch {
	case ctx.Err() != nil:
		return c, ctx.Err()
	case len(r.Command) > 0:
		return c, errors.New("a [build] command builds the program")
	case b.fast == nil || r.GoBuild:
		return c, errors.New("go build builds the program")
	}
	flags, err := flagsFor(r, tc, dir)
	if err != nil {
		return c, err
	}
	if c, err = b.prepareFast(ctx, r, flags, tc); err != nil {
		return c, err
	}
	if b.fast.wait(ctx); ctx.Err() != nil {
		return c, ctx.Err()
	}
	if why := b.fast.unable(); why != "" {
		return c, &incremental.Fallback{Reason: why}
	}
	return c, nil
}
