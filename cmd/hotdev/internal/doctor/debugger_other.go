//go:build !linux && !darwin

package doctor

// debugger finds nothing that could be in the way of debugging here.
func debugger() Finding { return Finding{"debugger", OK, "nothing is known to be in its way", ""} }
