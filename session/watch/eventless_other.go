//go:build !linux

package watch

// eventless returns "": only Linux says which file systems send no events. Use
// Options.Poll elsewhere.
func eventless(string) string { return "" }
