package graph

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// embeds reports whether a //go:embed pattern takes in the file rel, a path
// with slashes relative to the package directory (package embed,
// "Directives"): the pattern names the file itself, or a directory above it
// with no name in between that begins with . or _, unless the pattern begins
// with all:.
func embeds(pattern, rel string) bool {
	pattern, all := strings.CutPrefix(pattern, "all:")
	pattern = path.Clean(pattern)
	if pattern == "." {
		return all || !hidden(rel)
	}
	for end := 0; end < len(rel); {
		next := strings.IndexByte(rel[end:], '/')
		head, rest := rel, ""
		if next >= 0 {
			head, rest = rel[:end+next], rel[end+next+1:]
		}
		if ok, _ := path.Match(pattern, head); ok {
			return rest == "" || all || !hidden(rest)
		}
		if rest == "" {
			return false
		}
		end = len(head) + 1
	}
	return false
}

// hidden reports whether an element of rel begins with . or _.
func hidden(rel string) bool {
	for name := range strings.SplitSeq(rel, "/") {
		if name != "" && (name[0] == '.' || name[0] == '_') {
			return true
		}
	}
	return false
}

// embedder returns the package in the build that embeds path, and the pattern
// that does it; nil for none. Several packages may embed a file: the innermost
// one is returned.
func (g *Graph) embedder(p string) (*member, string) {
	for dir := range parents(filepath.Dir(p)) {
		m := g.byDir[dir]
		if m == nil {
			continue
		}
		for _, pattern := range m.EmbedPatterns {
			if embeds(pattern, relSlash(dir, p)) {
				return m, pattern
			}
		}
	}
	return nil, ""
}

// embedDirs returns the directories where a new file would be embedded by m:
// those of the embedded files, and the whole trees of directories that a
// pattern names. A pattern without a match gives the part of it that exists.
func embedDirs(m *member) []string {
	var dirs []string
	for _, name := range m.EmbedFiles {
		dirs = append(dirs, filepath.Dir(filepath.Join(m.Dir, name)))
	}
	for _, pattern := range m.EmbedPatterns {
		pattern, all := strings.CutPrefix(pattern, "all:")
		matches, _ := fs.Glob(os.DirFS(m.Dir), path.Clean(pattern)) // the go command reports a bad pattern
		for _, match := range matches {
			match = filepath.Join(m.Dir, filepath.FromSlash(match))
			if !isDir(match) {
				continue
			}
			dirs = append(dirs, match)
			dirs = append(dirs, subdirs(match, func(name string) bool {
				return !isVCS(name) && (all || name[0] != '.' && name[0] != '_')
			})...)
		}
		if static := staticPrefix(pattern); static != "" {
			if dir := existing(filepath.Join(m.Dir, filepath.FromSlash(static))); within(dir, m.Dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// staticPrefix returns the leading elements of a pattern that hold no
// wildcards, without the last element.
func staticPrefix(pattern string) string {
	elems := strings.Split(path.Dir(pattern), "/")
	for i, elem := range elems {
		if strings.ContainsAny(elem, `*?[\`) {
			return strings.Join(elems[:i], "/")
		}
	}
	return strings.Join(elems, "/")
}
