package watch

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// inotifyWatches counts this process's inotify watches, as proc(5) lists them.
func inotifyWatches(b *testing.B) int {
	b.Helper()
	infos, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, info := range infos {
		if text, err := os.ReadFile(info); err == nil { // else it was closed
			n += bytes.Count(text, []byte("inotify wd:"))
		}
	}
	return n
}

// cpuTime returns the CPU time that this process has used.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
