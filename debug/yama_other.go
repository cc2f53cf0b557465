//go:build !linux

package debug

// onlyParents reports whether only an ancestor may attach to a process.
func onlyParents() bool { return false }
