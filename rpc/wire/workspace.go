package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxSocketPath is what fits sockaddr_un on every system (104 bytes on macOS),
// with room for its end.
const maxSocketPath = 100

// Workspace is a directory under development, and where its daemon listens. One
// daemon serves a workspace: it holds the workspace's lock. Its socket is named
// for the build of hotdev that serves, so that a client sees at once whether it
// is its own.
type Workspace struct {
	Root string // absolute, without symbolic links
	Dir  string // private to the user; holds the locks and sockets of all workspaces
}

// NewWorkspace finds out where the daemon for root listens: in dir, or, if that
// is empty, in $XDG_RUNTIME_DIR/hotdev or a directory of the user's own below
// the one for temporary files. It makes the directory (mode 0700) and refuses
// one that others can use.
func NewWorkspace(root, dir string) (Workspace, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Workspace{}, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return Workspace{}, fmt.Errorf("workspace: %w", err)
	}
	w := Workspace{Root: root, Dir: dir}
	if dir == "" {
		w.Dir = runtimeDir()
		if len(w.SocketPath("")) > maxSocketPath && runtime.GOOS != "windows" {
			w.Dir = fmt.Sprintf("/tmp/hotdev-%d", os.Getuid())
		}
	}
	if path := w.SocketPath(""); len(path) > maxSocketPath {
		return Workspace{}, fmt.Errorf("%s: longer than the %d bytes that a socket's path may have: set XDG_RUNTIME_DIR to a shorter directory", path, maxSocketPath)
	}
	return w, privateDir(w.Dir)
}

// runtimeDir returns the directory for locks and sockets.
func runtimeDir() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "hotdev")
	}
	if runtime.GOOS == "windows" { // os.TempDir may be shared there; this one's ACL is the user's own
		if dir, err := os.UserCacheDir(); err == nil {
			return filepath.Join(dir, "hotdev", "run")
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("hotdev-%d", os.Getuid()))
}

// SocketPath is where a daemon of the given build listens for this workspace.
func (w Workspace) SocketPath(buildID string) string {
	return w.path() + "-" + short(buildID, 4) + ".sock"
}

// DebugSocketPath is where the daemon's debug adapter listens, whatever build of
// hotdev serves.
func (w Workspace) DebugSocketPath() string { return w.path() + ".dap" }

// Sockets returns the sockets there are for this workspace, of any build. At
// most one has a daemon behind it.
func (w Workspace) Sockets() ([]string, error) {
	entries, err := os.ReadDir(w.Dir)
	if err != nil {
		return nil, fmt.Errorf("looking for the workspace's daemon: %w", err)
	}
	var found []string
	prefix := filepath.Base(w.path()) + "-"
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, prefix) && strings.HasSuffix(name, ".sock") {
			found = append(found, filepath.Join(w.Dir, name))
		}
	}
	return found, nil
}

// Name is a short name of the workspace that is a valid file name.
func (w Workspace) Name() string { return short(w.Root, 8) }

func (w Workspace) path() string { return filepath.Join(w.Dir, w.Name()) }

// short is a hash of s of n bytes in hexadecimal.
func short(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:n])
}
