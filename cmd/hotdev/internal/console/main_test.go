package console

import (
	"os"
	"testing"
)

// TestMain lets the test program be the guard of the terminals that the tests
// make.
func TestMain(m *testing.M) {
	if handled, code := Helper(os.Args[1:]); handled {
		os.Exit(code)
	}
	os.Exit(m.Run())
}
