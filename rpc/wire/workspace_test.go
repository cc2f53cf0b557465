package wire_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/wire"
)

// shortDir returns a private directory with a path short enough for sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	return filepath.Dir(socketPath(t))
}

func workspace(t *testing.T, root, dir string) wire.Workspace {
	t.Helper()
	w, err := wire.NewWorkspace(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestOneDaemonServesAWorkspace(t *testing.T) {
	dir, root := shortDir(t), t.TempDir()
	w := workspace(t, root, dir)
	claim, err := w.Claim()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Skip(err)
	}
	if _, err := workspace(t, link, dir).Claim(); !errors.Is(err, wire.ErrTaken) {
		t.Errorf("a second claim, by way of a link: %v, want ErrTaken", err)
	}
	other, err := workspace(t, t.TempDir(), dir).Claim()
	if err != nil {
		t.Errorf("a claim of another workspace: %v", err)
	} else if err := other.Release(); err != nil {
		t.Error(err)
	}
	if err := claim.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := w.Claim()
	if err != nil {
		t.Fatalf("a claim after the release: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestDeadSocketsAreRemoved(t *testing.T) {
	w := workspace(t, t.TempDir(), shortDir(t))
	other := workspace(t, t.TempDir(), w.Dir)
	for _, path := range []string{w.SocketPath("old"), w.SocketPath("new"), other.SocketPath("old")} {
		ln, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		ln.(*net.UnixListener).SetUnlinkOnClose(false)
		ln.Close()
	}
	claim, err := w.Claim()
	if err != nil {
		t.Fatal(err)
	}
	defer claim.Release()
	ln, err := claim.Listen("new")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.Sockets(); err != nil || len(got) != 1 || got[0] != w.SocketPath("new") {
		t.Errorf("sockets %q, %v", got, err)
	}
	if got, err := other.Sockets(); err != nil || len(got) != 1 {
		t.Errorf("the other workspace's sockets %q, %v", got, err)
	}
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	if got, err := w.Sockets(); err != nil || len(got) != 0 {
		t.Errorf("sockets after the end %q, %v", got, err)
	}
}

func TestSocketsArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists are inherited there")
	}
	base := shortDir(t)
	w := workspace(t, t.TempDir(), filepath.Join(base, "new"))
	if info, err := os.Stat(w.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v, %v", info.Mode(), err)
	}
	ln, err := wire.ListenUnix(w.SocketPath("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if info, err := os.Stat(w.SocketPath("x")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v", info.Mode(), err)
	}
	go func() { // the same user may connect
		nc, err := net.Dial("unix", w.SocketPath("x"))
		if err == nil {
			nc.Close()
		}
	}()
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()

	open := filepath.Join(base, "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.NewWorkspace(t.TempDir(), open); err == nil || !strings.Contains(err.Error(), "chmod 700 "+open) {
		t.Errorf("a directory that others can use: %v", err)
	}
	link := filepath.Join(base, "link")
	if err := os.Symlink(w.Dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.NewWorkspace(t.TempDir(), link); err == nil {
		t.Error("a link is taken for a directory")
	}
}

func TestTheSocketsPlace(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("XDG_RUNTIME_DIR is no Windows variable")
	}
	base, root := shortDir(t), t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", base)
	w := workspace(t, root, "")
	if want := filepath.Join(base, "hotdev"); w.Dir != want {
		t.Errorf("directory %s, want %s", w.Dir, want)
	}
	long := filepath.Join(base, strings.Repeat("x", 120))
	t.Setenv("XDG_RUNTIME_DIR", long)
	if w := workspace(t, root, ""); len(w.SocketPath("")) > 100 {
		t.Errorf("socket %s is too long", w.SocketPath(""))
	}
	if _, err := wire.NewWorkspace(root, long); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a directory with a long path: %v", err)
	}
	if _, err := wire.NewWorkspace(filepath.Join(root, "none"), base); err == nil {
		t.Error("a workspace that does not exist is accepted")
	}
}

func TestTCPIsForThisMachineAndWithAToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "example.com:0", "nonsense"} {
		if ln, err := wire.ListenTCP(address, file); err == nil {
			ln.Close()
			t.Errorf("%s is accepted", address)
		}
	}
	var tokens []string
	for range 2 {
		ln, err := wire.ListenTCP("127.0.0.1:0", file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil || string(data) != ln.Token || len(ln.Token) < 20 {
			t.Errorf("the file holds %q, %v, the token is %q", data, err, ln.Token)
		}
		if info, err := os.Stat(file); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("the token's file has mode %v, %v", info.Mode(), err)
		}
		tokens = append(tokens, ln.Token)
		if err := ln.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("the token's file is still there: %v", err)
		}
	}
	if tokens[0] == tokens[1] {
		t.Error("the token is the same twice")
	}
}
