package main

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotdev/hotdev/session/config"
)

// workspaceFiles mark a directory as a workspace's root.
var workspaceFiles = []string{config.FileName, "go.work", "go.mod"}

// errNoWorkspace is returned where no directory is a workspace's root.
var errNoWorkspace = errors.New("no " + strings.Join(workspaceFiles, ", ") + " here or in any directory above: 'go mod init' makes a module")

// workspace is where a command works.
type workspace struct {
	root string // absolute, without symbolic links
	dir  string // that of -C, equally; root or below it
}

// workspace finds the workspace of the directory of -C.
func (c *cli) workspace() (workspace, error) { return findWorkspace(c.dir) }

// findWorkspace finds the nearest workspace from name upwards.
func findWorkspace(name string) (workspace, error) {
	dir, err := filepath.Abs(name)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return workspace{}, usagef("directory %s: %w", name, err)
	}
	for root := dir; ; root = filepath.Dir(root) {
		for _, name := range workspaceFiles {
			info, err := os.Stat(filepath.Join(root, name))
			if err == nil && !info.IsDir() {
				return workspace{root, dir}, nil
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return workspace{}, fmt.Errorf("finding the workspace: %w", err)
			}
		}
		if root == filepath.Dir(root) {
			return workspace{}, fmt.Errorf("%s: %w", dir, errNoWorkspace)
		}
	}
}

// file returns the absolute path of a file that was named relative to w.dir.
func (w workspace) file(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(w.dir, name)
}

// pkg returns the package argument arg as seen from the root: a directory is
// taken from w.dir, an import path stays as it is. Without an argument it is
// w.dir, if that is below the root and holds a main package; else "", for the
// configured or found one.
func (w workspace) pkg(arg string) (string, error) {
	if arg == "" {
		if found, err := build.ImportDir(w.dir, 0); w.dir == w.root || err != nil || !found.IsCommand() {
			return "", nil
		}
		arg = "."
	}
	if !build.IsLocalImport(arg) && !filepath.IsAbs(arg) {
		return arg, nil
	}
	rel, err := filepath.Rel(w.root, w.file(arg))
	if err != nil {
		return "", usagef("package %s: %w", arg, err)
	}
	if rel = filepath.ToSlash(rel); rel == ".." || strings.HasPrefix(rel, "../") {
		return "", usagef("package %s is outside the workspace %s", arg, w.root)
	}
	if rel == "." {
		return ".", nil
	}
	return "./" + rel, nil
}
