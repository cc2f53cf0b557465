//go:build !linux || !(amd64 || arm64)

// Package refuse makes a machine where ports can't be moved of one where they
// can, for tests and benchmarks of what is done then. Here they never can.
package refuse

import "errors"

// Exec returns an error: there is nothing to refuse.
func Exec([]string) error { return errors.New("ports can't be moved here at all") }
