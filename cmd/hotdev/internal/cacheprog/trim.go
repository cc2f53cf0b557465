package cacheprog

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	trimEvery = 24 * time.Hour
	maxAge    = 5 * 24 * time.Hour // as the go command's own cache has it
)

// trim removes, once a day, what was not used for long, and then the least
// recently used until the rest is no larger than maxSize bytes. What was of use in
// the last hour, maybe to a go command that runs, stays.
func (l local) trim(ctx context.Context, maxSize int64) {
	mark := filepath.Join(l.dir, "trimmed")
	now := time.Now()
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()) < trimEvery {
		return
	}
	if os.WriteFile(mark, nil, 0o600) != nil || os.Chtimes(mark, now, now) != nil {
		return
	}
	type file struct {
		path string
		size int64
		used time.Time
	}
	var files []file
	total := int64(0)
	for _, of := range []string{actionsDir, outputsDir} {
		_ = filepath.WalkDir(filepath.Join(l.dir, of), func(path string, e fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || e.IsDir() {
				return nil
			}
			if info, err := e.Info(); err == nil {
				files = append(files, file{path, info.Size(), info.ModTime()})
				total += info.Size()
			}
			return nil
		})
	}
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	for _, f := range files {
		age := now.Sub(f.used)
		if ctx.Err() != nil || age <= 2*fresh || age <= maxAge && total <= maxSize {
			return
		}
		if os.Remove(f.path) == nil {
			total -= f.size
		}
	}
}
