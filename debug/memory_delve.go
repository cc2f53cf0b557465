//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
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

// available returns the bytes of memory that the system has available
// (proc_meminfo(5)), or this process's control group if that is less
// (docs.kernel.org/admin-guide/cgroup-v2.html, Memory); 0 if that is not known.
func available() (bytes int64) {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(info)) {
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &bytes); n == 1 {
			bytes <<= 10
			break
		}
	}
	const group = "/sys/fs/cgroup/memory." // as a container sees its own
	most, limited := number(group + "max")
	now, known := number(group + "current")
	if limited && known {
		bytes = min(bytes, most-now)
	}
	return bytes
}

// number reads a file that holds one; ok is false for one that is not there, or
// holds another word.
func number(file string) (n int64, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
