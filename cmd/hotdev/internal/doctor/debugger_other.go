//go:build !linux && !darwin

package doctor

import "context"

// debugger finds nothing that could be in the way of debugging here.
func debugger(context.Context, Options) []Finding {
	return []Finding{{"debugger", OK, "nothing is known to be in its way", ""}}
}
