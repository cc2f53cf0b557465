package debug

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// link is the daemon's end of the connections to a host.
//
// Its goroutine reads the control connection; close ends and waits for it.
type link struct {
	listener *net.UnixListener
	control  net.Conn
	said     chan message // from the host; closed with the control connection
	closing  chan struct{}
	log      *slog.Logger
}

// Bounds of the wait for a host's answer.
const (
	attachTime = 30 * time.Second // Delve reads the debug information of a large app in less than one
	answerTime = 5 * time.Second  // for the rest, also after the app has ended; more than haltTime
)

// A host that has failed without a word, and may have left the app in ruins.
var (
	errNoAnswer = errors.New("the debugger's process ended unexpectedly")
	errSilent   = errors.New("the debugger's process does not answer")
)

// newLink listens for a host on a socket in dir, which is created if need be.
func newLink(dir, name string, log *slog.Logger) (*link, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of Delve's sockets: %w", err)
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may enter %s, where Delve's sockets are: chmod 700 it", dir)
	}
	path := filepath.Join(dir, name)
	_ = os.Remove(path) // of a daemon that was killed and had our process ID
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		return nil, fmt.Errorf("listening for Delve: %w", err)
	}
	return &link{listener: listener, said: make(chan message), closing: make(chan struct{}), log: log}, nil
}

// path is where the host finds the daemon.
func (l *link) path() string { return l.listener.Addr().String() }

// open waits for the control connection of the host p, and starts to read it.
func (l *link) open(ctx context.Context, p target.Process) error {
	conn, err := l.accept(ctx, p.Exited())
	if err != nil {
		close(l.said)
		return err
	}
	l.control = conn
	go l.read()
	return nil
}

// accept waits for the host's next connection.
func (l *link) accept(ctx context.Context, exited <-chan struct{}) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, attachTime)
	defer cancel()
	if err := l.listener.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	var watch sync.WaitGroup
	defer watch.Wait()
	accepted := make(chan struct{})
	defer close(accepted)
	watch.Go(func() {
		select {
		case <-accepted:
			return
		case <-exited:
		case <-ctx.Done():
		}
		_ = l.listener.SetDeadline(time.Unix(1, 0))
	})
	conn, err := l.listener.Accept()
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("waiting for the debugger's process: %w", context.Cause(ctx))
	}
	return nil, errors.New("the debugger's process ended before it had connected")
}

// read passes on what the host says, and logs what else it prints.
func (l *link) read() {
	defer close(l.said)
	lines := bufio.NewScanner(l.control)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m, ok := parse(lines.Bytes())
		if !ok {
			l.log.Info("the debugger's process says", "text", lines.Text())
			continue
		}
		select {
		case l.said <- m:
		case <-l.closing:
		}
	}
}

// say tells the host m.
func (l *link) say(m message) error { return send(l.control, m) }

// await returns the next message of the host, which must come within the time,
// or soon after the app has exited.
func (l *link) await(ctx context.Context, within time.Duration, exited <-chan struct{}) (message, error) {
	patience := time.NewTimer(within)
	defer patience.Stop()
	for {
		select {
		case m, ok := <-l.said:
			if !ok {
				return m, errNoAnswer
			}
			return m, nil
		case <-exited:
			exited = nil
			patience.Reset(answerTime)
		case <-ctx.Done():
			return message{}, context.Cause(ctx)
		case <-patience.C:
			return message{}, errSilent
		}
	}
}

// close ends the connections; a host that still lives ends itself.
func (l *link) close() {
	l.listener.Close()
	if l.control == nil {
		return
	}
	close(l.closing)
	l.control.Close()
	for range l.said { // until read is gone
	}
}
