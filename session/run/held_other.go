//go:build !linux

package run

import "syscall"

// stopAtEntry does nothing: there is no debugger on this system that could let the
// process go on.
func stopAtEntry(*syscall.SysProcAttr) {}

func hold(int) error { return nil }
