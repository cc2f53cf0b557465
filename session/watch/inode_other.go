//go:build !unix

package watch

import "io/fs"

// inodeOf returns 0: the system's file information holds no inode.
func inodeOf(fs.FileInfo) uint64 { return 0 }
