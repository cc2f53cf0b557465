package incremental

import "reflect"

// SameState reports whether two Builders know the same of a program.
func (b *Builder) SameState(c *Builder) bool {
	return reflect.DeepEqual(b.captured, c.captured) && reflect.DeepEqual(b.ids, c.ids) && reflect.DeepEqual(b.edited, c.edited)
}
