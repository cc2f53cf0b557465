package incremental

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/build/typecheck"
)

// startCheck starts the type check of what the run is going to compile. Those
// who end the run wait for it.
func (r *run) startCheck(ctx context.Context) (stop context.CancelFunc) {
	ctx, stop = context.WithCancel(ctx)
	r.checked = make(chan struct{})
	go func() {
		defer close(r.checked)
		start := time.Now()
		defer func() { r.checking = time.Since(start) }()
		var found Failures
		r.b.checker.Check(ctx, r.c.program(r.plan), func(pkg, output string) {
			found = append(found, &Failure{Package: pkg, Output: output})
			r.onCheck(slices.Clone(found))
		})
	}()
	return stop
}

// Check checks the types of the program that config describes, with an overlay
// that may be nil, without building anything. It returns what Build's OnCheck
// would be told last; its other errors are a *Fallback and the context's.
func (b *Builder) Check(ctx context.Context, config Config, overlay Overlay) (Failures, error) {
	c, err := b.known(config)
	if err != nil {
		return nil, err
	}
	p, err := b.planNow(ctx, c, overlay)
	if err != nil {
		return nil, err
	}
	var found Failures
	b.checker.Check(ctx, c.program(p), func(pkg, output string) {
		found = append(found, &Failure{Package: pkg, Output: output})
	})
	return found, ctx.Err()
}

// Warm makes the first type check after a Capture as fast as later ones. It
// returns early when ctx ends.
func (b *Builder) Warm(ctx context.Context) {
	if c := b.captured; c != nil {
		b.checker.Warm(ctx, c.program(&plan{sources: c.Sources}))
	}
}

// program describes the program with the sources of a plan to the type check.
func (c *capture) program(p *plan) *typecheck.Program {
	program := &typecheck.Program{Arch: c.Env.GOARCH, Packages: make(map[string]*typecheck.Package, len(c.Pkgs)), ReadFile: p.sources.overlay.read}
	for _, q := range c.Pkgs {
		program.Packages[q.Path] = &typecheck.Package{Path: q.Path, Archive: q.Archive, Export: q.Export}
	}
	for _, q := range c.own {
		t := program.Packages[q.Path]
		t.Deps = p.depsOf(q)
		t.Imports = !slices.Equal(t.Deps, q.Deps)
		t.Opaque = q.Why != "" || q.Mapped
		for _, arg := range q.Compile.Args {
			if lang, ok := strings.CutPrefix(arg, "-lang="); ok {
				t.GoVersion = lang
			}
		}
		for _, path := range q.Compile.Files {
			t.Files = append(t.Files, typecheck.File{Path: path, Hash: p.sources.Dirs[q.Dir][path].Hash, Built: c.Sources.Dirs[q.Dir][path].Hash})
		}
		program.Own = append(program.Own, t)
	}
	return program
}
