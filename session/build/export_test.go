package build

// Settle waits until b has learned how the last build was done.
func (b *Builder) Settle() {
	b.building.Lock()
	defer b.building.Unlock()
	if b.fast != nil && b.fast.done != nil {
		<-b.fast.done
	}
}
