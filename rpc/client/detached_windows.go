package client

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// detached gives a process no console and a group of its own, out of reach of
// the console's signals.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}
