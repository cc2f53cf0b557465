package graph

import (
	"os"
	"path/filepath"
	"strings"
)

// Canonical returns the absolute form of path without symbolic links. Of a
// path that does not exist, the part that does is resolved and the rest kept,
// so that a file has one spelling before, during and after its life.
func Canonical(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = filepath.Clean(path) // the working directory is gone
	}
	rest := ""
	for dir := abs; ; {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return abs
		}
		rest = filepath.Join(filepath.Base(dir), rest)
		dir = parent
	}
}

// canonicalName resolves the directory of path and keeps its last element, so
// that a symbolic link keeps the name that the go command and globs know.
func canonicalName(path string) string {
	dir, base := filepath.Split(path)
	if base == "" {
		return Canonical(path)
	}
	return filepath.Join(Canonical(dir), base)
}

// abs returns path made absolute with the root.
func (g *Graph) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(g.root, path)
}

// locate returns the name that the graph knows a file by, for any spelling of
// it and for the target of a symbolic link that the graph has seen. Events of
// watched directories take the short way, without a system call.
func (g *Graph) locate(path string) string {
	p := g.abs(path)
	if !g.dirs[filepath.Dir(p)] && !g.dirs[p] {
		p = canonicalName(p)
	}
	if len(g.aliases) == 0 {
		return p
	}
	for prefix := range parents(p) {
		if link, ok := g.aliases[prefix]; ok {
			return link + p[len(prefix):]
		}
	}
	return p
}

// parents yields path and every directory above it, innermost first.
func parents(path string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for yield(path) {
			up := filepath.Dir(path)
			if up == path {
				return
			}
			path = up
		}
	}
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || os.IsPathSeparator(rest[0]) || os.IsPathSeparator(dir[len(dir)-1]))
}

// relSlash returns path relative to dir, with slashes; it may begin with "..".
// It is "" when there is none (another drive).
func relSlash(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return ""
	}
	return filepath.ToSlash(rel)
}

// existing returns the nearest directory at or above path that exists, or ""
// when that is the root of the file system.
func existing(path string) string {
	for dir := range parents(path) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			if dir == filepath.Dir(dir) {
				return ""
			}
			return dir
		}
	}
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
