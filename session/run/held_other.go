//go:build !linux

package run

import (
	"errors"
	"syscall"
)

// canHold tells that no process can be made to wait at its entry: there is no
// debugger on this system either that could let it go on.
const canHold = false

func stopAtEntry(*syscall.SysProcAttr) {}

func hold(int) error { return nil }

func warm(int) {}

func letGo(int) error { return errors.ErrUnsupported }

func executable(int) string { return "" }

func waits(int, string, string) bool { return false }
