package build

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hotdev/hotdev/session/build/incremental"
	"github.com/hotdev/hotdev/session/target"
)

// Ahead builds what r says as if files, by absolute path, held these texts
// already, so that a Build of just that finds it done (Result.Ahead). It leaves
// no other trace, but that executables which are not to be kept are gone. What it
// runs gives way to other processes, takes one processor at most, and is killed
// when ctx ends; a Build that is to begin must see to that, as it waits. bin is
// what that Build will return, but for its Rev; its executable stays until the next
// Build, or until the second Ahead after it. cpu is what the compilers and the linker
// took; err says why there is nothing to be found: only what is built incrementally
// can be built ahead.
func (b *Builder) Ahead(ctx context.Context, r Request, files map[string][]byte) (bin *target.Binary, cpu time.Duration, err error) {
	b.building.Lock()
	defer b.building.Unlock()
	b.debugInfo.endEarly()
	config, err := b.awaitFast(ctx, &r)
	if err != nil {
		return nil, 0, err
	}
	name := executableName(&r)
	_, keep := b.keep(&r, name)
	b.slots.clear(keep) // it takes longer than all that is left to do on the save
	out, err := b.slots.claim(name, keep)
	if err != nil {
		return nil, 0, err
	}
	report, err := b.fast.builder.Build(ctx, incremental.Request{
		Config:  config,
		Cutoff:  b.fast.cutoff,
		Output:  out,
		Overlay: files,
		Debug:   b.ownDebugInfo(&r),
		Keep:    b.debugInfo.kept(),
	})
	if err == nil {
		b.debugInfo.add(out, report.Stripped)
		bin = newBinary(&r, out, report.ID)
		err = b.adopt(bin, keep)
	}
	if err != nil {
		b.slots.release(out)
		return nil, report.CPU, err
	}
	if bin.Path == out || slices.Contains(b.slots.ahead, bin.Path) {
		b.slots.await(bin.Path)
	}
	return bin, report.CPU, nil
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
