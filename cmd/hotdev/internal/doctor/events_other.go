//go:build !linux

package doctor

// events finds nothing: only Linux limits the number of watched directories.
func events(Options) []Finding { return nil }
