package graph

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// globs are the [watch] globs, cleaned: relative to the root, with slashes.
type globs struct {
	restart, reload, ignore []string
}

// newGlobs cleans the globs of o. "./x" is x, "x/" is everything below x, and
// an absolute pattern is made relative.
func newGlobs(root string, o Options) (globs, error) {
	var g globs
	for _, list := range []struct {
		name string
		in   []string
		out  *[]string
	}{{"restart", o.Restart, &g.restart}, {"reload", o.Reload, &g.reload}, {"ignore", o.Ignore, &g.ignore}} {
		for _, pattern := range list.in {
			if !doublestar.ValidatePattern(pattern) {
				return globs{}, fmt.Errorf("[watch] %s: %q is not a valid glob", list.name, pattern)
			}
			clean := path.Clean(pattern)
			if strings.HasSuffix(pattern, "/") {
				clean = path.Join(clean, "**")
			}
			if filepath.IsAbs(clean) {
				clean = relSlash(root, clean)
			}
			*list.out = append(*list.out, clean)
		}
	}
	return g, nil
}

// match returns the first of patterns that rel matches, or "".
func match(patterns []string, rel string) string {
	for _, pattern := range patterns {
		if doublestar.MatchUnvalidated(pattern, rel) {
			return pattern
		}
	}
	return ""
}

// ignores returns the ignore glob that rel, or a directory above it, matches.
func (g globs) ignores(rel string) string {
	if len(g.ignore) == 0 {
		return ""
	}
	for ; rel != "." && rel != "/" && rel != ""; rel = path.Dir(rel) {
		if pattern := match(g.ignore, rel); pattern != "" {
			return pattern
		}
	}
	return ""
}

// bases returns the directories, relative to the root, that the restart and
// reload globs start from: "config" for config/*.yaml.
func (g globs) bases() []string {
	var bases []string
	for _, list := range [][]string{g.restart, g.reload} {
		for _, pattern := range list {
			base, _ := doublestar.SplitPattern(pattern)
			bases = append(bases, base)
		}
	}
	return bases
}

// reloadExts are the extensions, lower case, of what a browser shows and gin
// reads again by itself: templates, scripts, style sheets, images, fonts.
var reloadExts = set(
	".html", ".htm", ".tmpl", ".gohtml", ".gotmpl", ".tpl",
	".css", ".js", ".mjs", ".map", ".wasm", ".webmanifest",
	".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".bmp",
	".woff", ".woff2", ".ttf", ".otf", ".eot",
)

// buildExts are the extensions of the files besides Go that the go command
// takes from a package directory (go/build, Package).
var buildExts = set(
	".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx",
	".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso",
)

// vcsDirs are the directories of version control systems.
var vcsDirs = set(".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS")

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}

func isVCS(name string) bool { return vcsDirs[name] }

// aside reports whether a directory of this name is looked into only when a
// glob or an embed pattern names it: it holds other people's files, or is
// hidden, as tools' caches and editors' settings are.
func aside(name string) bool {
	return name == "vendor" || ignoredElement(name) || name[0] == '.' && name != ".well-known"
}

// ignoredElement reports whether a directory of this name, with all below it,
// is never looked at.
func ignoredElement(name string) bool { return isVCS(name) || name == "node_modules" }

// temporary reports whether an editor made the file name, to be gone soon:
// backups and swap files (*~, .*.swp), Emacs' locks (.#x) and autosaves (#x#),
// Vim's write test (4913), JetBrains' safe write (x___jb_tmp___), GIO's
// .goutputstream-…, KDE's x.kate-swp, and the *.tmp that atomic saves rename
// into place, with digits after it or not.
func temporary(name string) bool {
	lower := strings.ToLower(name)
	ext := path.Ext(lower)
	switch {
	case name == "4913",
		strings.HasSuffix(name, "~"),
		strings.HasPrefix(name, ".#"),
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#"),
		strings.HasPrefix(name, ".goutputstream-"),
		strings.HasSuffix(name, "___jb_tmp___"), strings.HasSuffix(name, "___jb_old___"):
		return true
	case ext == ".swp", ext == ".swo", ext == ".swx", ext == ".swpx", ext == ".kate-swp", ext == ".crswap":
		return true
	}
	_, suffix, _ := strings.Cut(lower, ".tmp")
	return strings.Contains(lower, ".tmp") && strings.Trim(suffix, ".-0123456789") == ""
}
