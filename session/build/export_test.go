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

// Check compares the program with the given build ID, as if it had been built
// last, with what go build makes of r.
func (b *Builder) Check(ctx context.Context, r Request, id string) error {
	b.building.Lock()
	defer b.building.Unlock()
	dir := workDir(&r)
	flags, err := flagsFor(&r, b.toolchains.find(ctx, &r, dir), dir)
	if err != nil {
		return err
	}
	b.fast.settle(ctx)
	b.fast.due = 0
	b.fast.check(b, r, flags, id)
	<-b.fast.done
	return nil
}

// Flags returns the flags that b gives go build for r.
func (b *Builder) Flags(ctx context.Context, r Request) ([]string, error) {
	dir := workDir(&r)
	flags, err := flagsFor(&r, b.toolchains.find(ctx, &r, dir), dir)
	return flags.args, err
}
