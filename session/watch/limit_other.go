//go:build !linux

package watch

// watchesMend says how to get more watches, which are open files here.
func watchesMend() string { return "raise the limit of open files (ulimit -n) and start hotdev again" }

// instancesMend says how to get an event source.
func instancesMend() string { return watchesMend() }
