//go:build !linux

package watch

import (
	"testing"
	"time"
)

// inotifyWatches returns 0: only Linux has them.
func inotifyWatches(*testing.B) int { return 0 }

// cpuTime returns 0: it is measured on Linux only.
func cpuTime() time.Duration { return 0 }
