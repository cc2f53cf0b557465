//go:build !linux

package doctor

import "errors"

// attach is tried on Linux only.
func attach(int) error { return errors.ErrUnsupported }
