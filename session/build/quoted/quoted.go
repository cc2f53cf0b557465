// Package quoted takes lists apart as the go command does with GOFLAGS and
// GOCACHEPROG (go help environment).
package quoted

import (
	"fmt"
	"strings"
)

const spaces = " \t\r\n"

// Split returns the fields of a list: separated by spaces, or between single or
// double quotation marks, which can't be escaped. The last field ends with the list
// if its quotation mark is not closed; that is an error, too.
func Split(list string) (fields []string, err error) {
	for list = strings.TrimLeft(list, spaces); list != ""; list = strings.TrimLeft(list, spaces) {
		var field string
		if quote := list[:1]; quote == `"` || quote == "'" {
			var closed bool
			if field, list, closed = strings.Cut(list[1:], quote); !closed {
				err = fmt.Errorf("a %s is not closed", quote)
			}
		} else if end := strings.IndexAny(list, spaces); end >= 0 {
			field, list = list[:end], list[end:]
		} else {
			field, list = list, ""
		}
		fields = append(fields, field)
	}
	return fields, err
}
