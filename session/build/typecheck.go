package build

import (
	"context"
	"sync"

	"github.com/hotdev/hotdev/session/build/incremental"
	"github.com/hotdev/hotdev/session/diag"
)

// CheckTypes checks the types of the sources of r, as if files, by absolute path,
// held these texts already. It builds nothing and returns the errors that the
// compiler is expected to find. It can do so only where Build could do without
// the go command; err says why not, or is the context's. It waits for a build
// that runs.
func (b *Builder) CheckTypes(ctx context.Context, r Request, files map[string][]byte) (list []diag.Diagnostic, err error) {
	b.building.Lock()
	defer b.building.Unlock()
	config, err := b.awaitFast(ctx, &r)
	if err != nil {
		return nil, err
	}
	failures, err := b.fast.builder.Check(ctx, config, files)
	if err != nil {
		return nil, err
	}
	return diag.ParseBuild(events(config.Dir, failures), parseOptions(&r, config.Dir)), nil
}

// onCheck passes on what a type check finds while compilers run, until ctx ends.
func onCheck(ctx context.Context, r *Request, dir string) func(incremental.Failures) {
	if r.OnDiagnostics == nil {
		return nil
	}
	options := sync.OnceValue(func() diag.BuildOptions { return parseOptions(r, dir) })
	return func(failures incremental.Failures) {
		if list := diag.ParseBuild(events(dir, failures), options()); ctx.Err() == nil {
			r.OnDiagnostics(list)
		}
	}
}
