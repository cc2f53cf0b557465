//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// Bounds of the memory of a host.
const (
	reserveChunk = 4 << 20 // larger than what Go's runtime keeps apart by size
	reserveMost  = 1 << 30
	reservePart  = 8       // of what the system has available, at most one of so many parts
	memoryLimit  = 2 << 30 // while no garbage is collected
	calmAfter    = 2 * time.Second
)

// memory is that of a host. What Delve needs to read the debug information of an app
// is mostly garbage; neither to get the memory from the system, page by page, nor to
// collect the garbage is worth the time that the app has to wait meanwhile.
type memory struct {
	reserved [][]byte         // nil: as Go's runtime has it
	calm     <-chan time.Time // delivers when there is time to tidy up
	before   uint64           // bytes allocated before Delve began
}

// reserve gets bytes of memory, or less, from the system.
func (m *memory) reserve(bytes int64) {
	bytes = min(bytes, reserveMost, available()/reservePart)
	for ; bytes > 0; bytes -= reserveChunk {
		chunk := make([]byte, reserveChunk)
		for i := 0; i < len(chunk); i += os.Getpagesize() {
			chunk[i] = 1
		}
		m.reserved = append(m.reserved, chunk)
	}
}

// use makes the memory free for Delve, without garbage being collected if there is
// some.
func (m *memory) use() {
	if m.reserved != nil {
		m.reserved = nil
		debug.SetGCPercent(-1)
		debug.SetMemoryLimit(memoryLimit)
		runtime.GC()
		m.calm = time.After(calmAfter)
	}
	m.before = allocated()
}

// used returns the bytes that have been allocated since use.
func (m *memory) used() int64 { return int64(allocated() - m.before) }

// giveBack collects garbage from here on, and gives the system what is free.
func (m *memory) giveBack() {
	m.calm = nil
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(math.MaxInt64)
	debug.FreeOSMemory()
}

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// available returns the bytes of memory that the system has available: MemAvailable,
// proc_meminfo(5); 0 if that is not known.
func available() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(info) {
		var kib int64
		if n, _ := fmt.Sscanf(string(line), "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
