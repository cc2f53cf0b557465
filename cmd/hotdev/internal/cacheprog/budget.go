package cacheprog

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

const (
	// share of the time since the go command began, and what it begins with
	// (Options.Wait), are what waiting for the store may cost.
	share = 0.05
	// What a hit is taken to have saved: less than compiling takes.
	savedEach       = 10 * time.Millisecond
	savedPerByte    = float64(250*time.Millisecond) / (1 << 20)
	failuresAllowed = 3           // of a store that has answered; of another one, none
	rest            = time.Minute // after more
)

// budget sees to it that a slow or dead store does not slow builds down. What
// gets wait for in vain, and what hits take longer than they save, is charged to
// an account that grows with time; while it is empty there are only local hits.
// A store that does not answer, or fails again and again, is left alone for a while,
// by all processes that use the directory: a go command may ask for little, and none
// of them shall find it out anew. Its methods may be called by several goroutines.
type budget struct {
	began time.Time
	grace time.Duration
	mark  string // file whose time of modification is that of the last failure

	mu       sync.Mutex
	spent    time.Duration
	answered bool // the store has, at least once
	failures int
	off      bool
}

func newBudget(dir string, grace time.Duration) *budget {
	b := &budget{began: time.Now(), grace: grace, mark: filepath.Join(dir, "store-failed")}
	if info, err := os.Stat(b.mark); err == nil && time.Since(info.ModTime()) < rest {
		b.off = true
	}
	return b
}

// left is what may still be spent.
func (b *budget) left() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.off {
		return 0
	}
	return max(0, b.grace+time.Duration(share*float64(time.Since(b.began)))-b.spent)
}

// begin allows a get, within the context that it returns; spend must be told of
// its end. The go command runs as many gets at once as there are processors, so
// each costs it that part of its time.
func (b *budget) begin(ctx context.Context) (within context.Context, spend func(size int64, err error), ok bool) {
	left := b.left() * time.Duration(runtime.GOMAXPROCS(0))
	if left == 0 {
		return nil, nil, false
	}
	within, cancel := context.WithTimeout(ctx, min(left, getLimit))
	start := time.Now()
	return within, func(size int64, err error) {
		defer cancel()
		took := time.Since(start)
		if err == nil {
			took -= savedEach + time.Duration(savedPerByte*float64(size))
		}
		answers := err == nil || isMiss(err)
		b.mu.Lock()
		b.spent += max(0, took) / time.Duration(runtime.GOMAXPROCS(0))
		b.answered = b.answered || answers
		b.mu.Unlock()
		if !answers && ctx.Err() == nil {
			b.failed()
		}
	}, true
}

// failed counts a failure of the store.
func (b *budget) failed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	if b.off || b.answered && b.failures <= failuresAllowed {
		return
	}
	b.off = true
	now := time.Now()
	if os.WriteFile(b.mark, nil, 0o600) == nil {
		_ = os.Chtimes(b.mark, now, now)
	}
}
