package build

import "golang.org/x/sys/unix"

// idleIO makes a process group wait for the disk while others use it, where the
// disk's scheduler knows of priorities (ioprio_set(2)).
func idleIO(group int) {
	const whoProcessGroup, classIdle, classShift = 2, 3, 13
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, whoProcessGroup, uintptr(group), classIdle<<classShift)
}
