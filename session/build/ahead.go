package build

import (
	"context"
	"errors"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// Ahead builds what r says as if files, by absolute path, held these texts
// already, so that a Build of just that finds it done (Result.Ahead). It leaves
// no other trace. What it runs gives way to other processes, takes one processor
// at most, and is killed when ctx ends; a Build that is to begin must see to that,
// as it waits. cpu is what the compilers and the linker took; err says why there
// is nothing to be found: only what is built incrementally can be built ahead.
func (b *Builder) Ahead(ctx context.Context, r Request, files map[string][]byte) (cpu time.Duration, err error) {
	b.building.Lock()
	defer b.building.Unlock()
	dir := workDir(&r)
	tc := b.toolchains.find(ctx, &r, dir)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case len(r.Command) > 0:
		return 0, errors.New("a [build] command builds the program")
	case b.fast == nil || r.GoBuild:
		return 0, errors.New("go build builds the program")
	}
	flags, err := flagsFor(&r, tc, dir)
	if err != nil {
		return 0, err
	}
	config, err := b.prepareFast(&r, flags, tc)
	if err != nil {
		return 0, err
	}
	f := b.fast
	if f.wait(ctx); ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if why := f.unable(); why != "" {
		return 0, &incremental.Fallback{Reason: why}
	}
	report, err := f.builder.Build(ctx, incremental.Request{Config: config, Cutoff: f.cutoff, Overlay: files})
	return report.CPU, err
}
