package link

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// directives are what cgo tells the linker of a package.
type directives struct {
	flags     []string          // for the system's linker
	libraries map[string]string // shared library by symbol
}

// readDirectives reads the directives in the heading of the Go object.
func readDirectives(object []byte) (directives, error) {
	d := directives{libraries: map[string]string{}}
	_, text, ok := bytes.Cut(object, []byte("\n$$  // cgo\n"))
	if !ok {
		return d, nil
	}
	text, _, _ = bytes.Cut(text, []byte("\n$$"))
	var list [][]string
	if err := json.Unmarshal(text, &list); err != nil {
		return d, fmt.Errorf("its cgo directives are in an unknown format: %w", err)
	}
	for _, words := range list {
		switch {
		case words[0] == "cgo_ldflag" && len(words) == 2:
			d.flags = append(d.flags, words[1])
		case words[0] == "cgo_import_dynamic" && len(words) == 4:
			d.libraries[words[1]] = words[3]
		case words[0] == "cgo_import_dynamic" && len(words) == 2:
			d.libraries[words[1]] = ""
		}
	}
	return d, nil
}

// harmless are flags for the system's linker that Go's own one need not know,
// since it gets the libraries by name.
func harmless(flag string) bool {
	return slices.Contains([]string{"-g", "-O", "-O0", "-O1", "-O2", "-O3", "-Os", "-pthread"}, flag) ||
		strings.HasPrefix(flag, "-l") && !strings.HasPrefix(flag, "-l:")
}
