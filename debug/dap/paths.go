package dap

import "strings"

// paths maps a client's file names to those of the build and back. It is the
// client's own, unlike Delve's, which is one for all who look at a program.
type paths []pathRule

// pathRule is an element of the substitutePath of a launch or attach request.
type pathRule struct {
	From string `json:"from"` // the client's
	To   string `json:"to"`   // the build's
}

func (p paths) toBuild(path string) string {
	for _, r := range p {
		if mapped, ok := replacePrefix(path, r.From, r.To); ok {
			return mapped
		}
	}
	return path
}

func (p paths) toClient(path string) string {
	for _, r := range p {
		if mapped, ok := replacePrefix(path, r.To, r.From); ok {
			return mapped
		}
	}
	return path
}

// replacePrefix replaces from at the beginning of path if it ends there at a
// separator. An empty from stands before any relative path.
func replacePrefix(path, from, to string) (string, bool) {
	if path == from {
		return to, true
	}
	rest, ok := strings.CutPrefix(path, from)
	switch {
	case !ok:
		return path, false
	case from == "":
		if isSeparated(path) || len(path) > 1 && path[1] == ':' {
			return path, false
		}
	case !isSeparated(rest) && !strings.HasSuffix(from, "/") && !strings.HasSuffix(from, `\`):
		return path, false
	}
	rest = strings.TrimLeft(rest, `/\`)
	if to == "" {
		return rest, true
	}
	separator := "/"
	if strings.Contains(to, `\`) {
		separator = `\`
	}
	return strings.TrimRight(to, `/\`) + separator + rest, true
}

func isSeparated(path string) bool {
	return strings.HasPrefix(path, "/") || strings.HasPrefix(path, `\`)
}
