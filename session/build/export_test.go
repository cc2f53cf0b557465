package build

import "context"

// Settle waits until b has learned how the last build was done.
func (b *Builder) Settle() {
	b.building.Lock()
	defer b.building.Unlock()
	if b.fast != nil && b.fast.done != nil {
		<-b.fast.done
	}
}

// Check compares the program that was built last with what go build makes of r.
func (b *Builder) Check(ctx context.Context, r Request) error {
	b.building.Lock()
	defer b.building.Unlock()
	dir := workDir(&r)
	flags, err := flagsFor(&r, b.toolchains.find(ctx, &r, dir), dir)
	if err != nil {
		return err
	}
	b.fast.settle(ctx)
	b.fast.due = 0
	b.fast.check(b, r, flags)
	<-b.fast.done
	return nil
}

// Compared reports whether b has found, since it was made, that go build makes the
// same program.
func (b *Builder) Compared() bool {
	b.building.Lock()
	defer b.building.Unlock()
	return b.fast.due == checkEvery
}

// Flags returns the flags that b gives go build for r.
func (b *Builder) Flags(ctx context.Context, r Request) ([]string, error) {
	dir := workDir(&r)
	flags, err := flagsFor(&r, b.toolchains.find(ctx, &r, dir), dir)
	return flags.args, err
}

// LinkPlain links what was built last, incrementally, as go build does, and
// returns the BuildID that go build's program has if it is the same.
func (b *Builder) LinkPlain(ctx context.Context, out string) (string, error) {
	b.building.Lock()
	defer b.building.Unlock()
	return b.fast.builder.LinkPlain(ctx, out)
}
