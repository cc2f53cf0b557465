package diag

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// StripANSI returns s without terminal escape sequences (ECMA-48); a string
// that has none is returned as it is.
func StripANSI(s string) string {
	if strings.IndexByte(s, '\x1b') < 0 {
		return s
	}
	return ansi.Strip(s)
}
