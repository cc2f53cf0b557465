//go:build unix

package wire

import (
	"fmt"
	"os"
	"syscall"
)

// privateDir makes dir, or checks that only this user can use it: others could
// listen in our place in a directory that they own.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("directory for sockets: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("directory for sockets: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is no directory: remove it", dir)
	case ok && int(owner.Uid) != os.Getuid():
		return fmt.Errorf("%s belongs to another user: set XDG_RUNTIME_DIR to a directory of your own", dir)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s can be used by others: chmod 700 %[1]s", dir)
	}
	return nil
}
