package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"github.com/hotdev/hotdev/rpc/wire"
)

// StartError says that the daemon could not be started.
type StartError struct {
	Err  error  // how it ended
	Log  string // the file that its log is in
	Tail string // the last lines of the log
}

func (e *StartError) Error() string {
	if e.Tail == "" {
		return fmt.Sprintf("starting the daemon: %v (its log, %s, is empty)", e.Err, e.Log)
	}
	return fmt.Sprintf("starting the daemon: %v; the end of its log, %s:\n%s", e.Err, e.Log, e.Tail)
}

func (e *StartError) Unwrap() error { return e.Err }

// ready is what a detached daemon writes to its standard output, as one line,
// when clients can connect.
type ready struct {
	Socket string `json:"socket"`
}

// ReportReady is for the detached daemon: it tells the client that started it
// that socket can be connected to, and closes out, the standard output.
func ReportReady(out io.WriteCloser, socket string) error {
	line, err := json.Marshal(ready{socket})
	if err == nil {
		_, err = out.Write(append(line, '\n'))
	}
	return errors.Join(err, out.Close())
}

// start starts a daemon for w and connects to it. Clients that come at the same
// time start only one; started tells which of them it was.
func start(ctx context.Context, w wire.Workspace, o Options) (nc net.Conn, started bool, err error) {
	turn := flock.New(filepath.Join(w.Dir, w.Name()+".start"), flock.SetPermissions(0o600))
	if _, err := turn.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, false, fmt.Errorf("waiting for another client that starts the daemon: %w", err)
	}
	defer turn.Close()
	if nc, err := dialWorkspace(ctx, w, o.BuildID); !errors.Is(err, ErrNoDaemon) {
		return nc, false, err // started meanwhile
	}
	socket, failed := launch(ctx, w, o)
	if failed == nil {
		nc, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		return nc, true, err
	}
	// It may have ended because a daemon came up in another way.
	if nc, err := dialWorkspace(ctx, w, o.BuildID); err == nil {
		return nc, false, nil
	}
	return nil, false, failed
}

// launch starts a daemon in a session of its own and waits until it listens.
func launch(ctx context.Context, w wire.Workspace, o Options) (socket string, err error) {
	cmd, err := command(w, o)
	if err != nil {
		return "", err
	}
	log, err := openLog(w, o)
	if err != nil {
		return "", err
	}
	defer log.Close()
	out, in, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer out.Close()
	before, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return "", errors.Join(err, in.Close())
	}
	cmd.Stdout, cmd.Stderr = in, log
	err = cmd.Start()
	in.Close() // the child has its own
	if err != nil {
		return "", fmt.Errorf("starting the daemon: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { out.Close() })
	defer stop()
	var r ready
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	switch {
	case ctx.Err() != nil:
		reap(cmd)
		return "", fmt.Errorf("waiting for the daemon (its log: %s): %w", log.Name(), context.Cause(ctx))
	case err != nil:
		// Its standard output is closed, so it has ended, or it is no hotdev.
		_ = cmd.Process.Kill()
		if ended := cmd.Wait(); ended != nil {
			err = ended
		}
		return "", &StartError{Err: err, Log: log.Name(), Tail: tail(log.Name(), before)}
	}
	reap(cmd)
	return r.Socket, nil
}

// reap lets the daemon leave no zombie if it ends before this process. The
// goroutine ends with the daemon; nobody waits for it, as the daemon outlives
// its clients.
func reap(cmd *exec.Cmd) { go func() { _ = cmd.Wait() }() }

// command makes the command that serves w.
func command(w wire.Workspace, o Options) (*exec.Cmd, error) {
	exe, args := o.Exe, o.Args
	if exe == "" {
		var err error
		if exe, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("finding the hotdev binary to start the daemon: %w", err)
		}
	}
	if args == nil {
		args = []string{"serve", "--detached"}
	}
	cmd := exec.Command(exe, args...)
	cmd.Dir = w.Root
	cmd.SysProcAttr = detached()
	return cmd, nil
}

// openLog opens the log of w's daemon for appending, and starts it afresh when
// it has grown.
func openLog(w wire.Workspace, o Options) (*os.File, error) {
	dir := o.LogDir
	if dir == "" {
		var err error
		if dir, err = stateDir(); err != nil {
			return nil, fmt.Errorf("finding a place for the daemon's log: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a place for the daemon's log: %w", err)
	}
	path := filepath.Join(dir, w.Name()+".log")
	flags := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the daemon's log: %w", err)
	}
	return f, nil
}

const (
	maxLog  = 1 << 20 // a larger log is not appended to
	tailLog = 2 << 10 // what an error quotes of the log, in bytes
)

// stateDir returns the directory for logs (XDG Base Directory Specification,
// XDG_STATE_HOME; elsewhere the user's cache).
func stateDir() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "hotdev"), nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		dir, err := os.UserCacheDir()
		return filepath.Join(dir, "hotdev", "log"), err
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state", "hotdev"), err
}

// tail returns the last lines that a file holds after offset from; "" if it
// can't be read.
func tail(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, from, maxLog))
	if err != nil {
		return ""
	}
	if cut := len(data) - tailLog; cut > 0 {
		data = data[cut:]
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	return string(bytes.TrimSpace(data))
}
