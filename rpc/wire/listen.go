package wire

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrTaken is returned by Claim when another daemon serves the workspace.
var ErrTaken = errors.New("another hotdev serves this workspace")

// Claim is the right to serve a workspace. It ends with Release, or with the
// process.
type Claim struct {
	workspace Workspace
	lock      *flock.Flock
}

// Claim takes the workspace's lock, or returns ErrTaken.
func (w Workspace) Claim() (*Claim, error) {
	lock := flock.New(w.path()+".lock", flock.SetPermissions(0o600))
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("locking the workspace: %w", err)
	case !locked:
		return nil, fmt.Errorf("%s: %w", w.Root, ErrTaken)
	}
	return &Claim{workspace: w, lock: lock}, nil
}

// Listen listens on the workspace's socket for the given build of hotdev. What
// dead daemons have left of sockets is removed.
func (c *Claim) Listen(buildID string) (*Listener, error) {
	stale, err := c.workspace.Sockets()
	if err != nil {
		return nil, err
	}
	for _, path := range stale {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("removing a dead daemon's socket: %w", err)
		}
	}
	return ListenUnix(c.workspace.SocketPath(buildID))
}

// ListenDebug listens on the workspace's socket for debuggers. What a dead daemon
// has left of it is removed.
func (c *Claim) ListenDebug() (*Listener, error) {
	path := c.workspace.DebugSocketPath()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing a dead daemon's socket: %w", err)
	}
	return ListenUnix(path)
}

// Release gives up the claim; the listener must be closed already.
func (c *Claim) Release() error { return c.lock.Close() }

// Listener accepts connections of those who may connect.
type Listener struct {
	net.Listener
	Token string // clients must give it in initialize; "": the system has checked who they are

	tokenFile string
}

// ListenUnix listens on a Unix socket at path for this user alone. The socket
// must not exist.
func ListenUnix(path string) (*Listener, error) {
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return &Listener{Listener: ln}, nil
}

// ListenTCP listens on address, which must be on the loopback interface, and
// writes the token that clients must give to tokenFile, for this user alone.
func ListenTCP(address, tokenFile string) (*Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s: only a loopback address such as 127.0.0.1:0 is allowed: everybody on the network could connect", address)
	}
	token := rand.Text()
	if err := writePrivate(tokenFile, token); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, errors.Join(err, os.Remove(tokenFile))
	}
	return &Listener{Listener: ln, Token: token, tokenFile: tokenFile}, nil
}

// writePrivate writes text to path so that nobody else could ever read it.
func writePrivate(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".token-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Accept returns the next connection; those that may not connect are closed.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if local, ok := nc.(*net.UnixConn); ok && samePeer(local) != nil {
			_ = nc.Close() // it has been told nothing yet
			continue
		}
		return nc, nil
	}
}

// Close stops listening and removes the socket and the token's file.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	if l.tokenFile != "" {
		err = errors.Join(err, os.Remove(l.tokenFile))
	}
	return err
}
