package watch

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// gitDirOf returns the git directory of the work tree that dir is in, or "".
func gitDirOf(dir string) string {
	for {
		dotGit := filepath.Join(dir, ".git")
		if info, err := os.Stat(dotGit); err == nil {
			if info.IsDir() {
				return dotGit
			}
			// Linked work trees and submodules have a file that names the
			// directory: gitrepository-layout(5).
			text, err := os.ReadFile(dotGit)
			name, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
			if err != nil || !ok {
				return ""
			}
			if !filepath.IsAbs(name) {
				name = filepath.Join(dir, name)
			}
			return name
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// gitAtWork reports whether git holds the index of one of gitDirs, having taken
// it no earlier than since. An older lock is a stale one, or that of a git that
// waits for a person.
func gitAtWork(gitDirs []string, since time.Time) bool {
	for _, dir := range gitDirs {
		info, err := os.Stat(filepath.Join(dir, "index.lock"))
		if err == nil && !info.ModTime().Before(since) {
			return true
		}
	}
	return false
}
