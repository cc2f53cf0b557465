//go:build unix

package watch

import (
	"io/fs"
	"syscall"
)

// inodeOf returns the number of the file's inode.
func inodeOf(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
