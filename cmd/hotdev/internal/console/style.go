package console

// style is a set of SGR parameters (ECMA-48 8.3.117).
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// paint puts s in style st when f has colours.
func (f Format) paint(st style, s string) string {
	if !f.Color || st == "" || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}
