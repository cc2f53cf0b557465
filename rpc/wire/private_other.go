//go:build !unix

package wire

import (
	"fmt"
	"os"
)

// privateDir makes dir; it inherits the access list of the user's own profile.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("directory for sockets: %w", err)
	}
	return nil
}
