//go:build !unix

package console

import "os"

// guard does nothing where consoles reset their mode with the process.
type guard struct{}

// NewGuard returns what does nothing, as guards do here.
func NewGuard(*os.File, string) (start func() (release func(), err error), err error) {
	return func() (func(), error) { return func() {}, nil }, nil
}

func startGuard(*os.File, *mode, string) (*guard, error) { return &guard{}, nil }

func (*guard) dismiss() {}

// Helper runs one of this package's hidden commands if args ask for it; there
// are none on this system.
func Helper([]string) (handled bool, code int) { return false, 0 }
