//go:build unix && !linux

package build

// idleIO does nothing: processes have no such priority.
func idleIO(int) {}
