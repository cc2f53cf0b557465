//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

// host is the process between the daemon and an app that Delve looks into.
//
// run is the owner of all its state. The other goroutines are the reader of the
// control connection and the tracer's; they end with the process at the latest.
type host struct {
	socket  string // of the daemon
	control *net.UnixConn
	words   chan message   // from the daemon; closed when that is gone
	stop    chan os.Signal // asks this process to end
	child   chan os.Signal // something became of the app: it may have ended

	pid      int  // of the app; 0: not known yet
	launched bool // the app is this process's child, and this process ends as it ends
	memory   memory
	tracer   *tracer // nil: Delve has let go
	stuck    bool    // Delve can't let go
}

// runHost is the main function of a host. It prints nothing: what Delve or Go's
// runtime have to say goes to the control connection.
func runHost(socket, mode string, args []string) (code int) {
	h := &host{
		socket:   socket,
		launched: mode != modeWait,
		words:    make(chan message),
		stop:     make(chan os.Signal, 1),
		child:    make(chan os.Signal, 1),
	}
	signal.Notify(h.stop, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	signal.Notify(h.child, unix.SIGCHLD)
	var err error
	if h.control, err = h.dial(); err != nil {
		return 1 // nobody is there to be told
	}
	if err = h.begin(mode, args); err != nil {
		h.refuse(err)
		return 1
	}
	go h.listen()
	return h.run()
}

// dial connects to the daemon.
func (h *host) dial() (*net.UnixConn, error) {
	return net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: h.socket})
}

// begin starts the app or attaches to it, once what this process prints goes to
// the daemon, and tells that.
func (h *host) begin(mode string, args []string) error {
	streams, err := h.giveUpStreams()
	if err != nil {
		return err
	}
	switch mode {
	case modeLaunch:
		h.tracer, err = launch(args[0], args[1:], streams)
	case modeKeep:
		h.pid, err = start(args, streams)
	case modeWait:
		var bytes int64
		if bytes, err = strconv.ParseInt(args[0], 10, 64); err == nil {
			h.memory.reserve(bytes)
		}
	default:
		err = fmt.Errorf("a host has no mode %q", mode)
	}
	for _, f := range streams {
		f.Close() // the app alone has them now
	}
	switch {
	case err != nil:
		return err
	case h.tracer != nil:
		return h.serve()
	case h.launched:
		h.say(message{Say: sayKept, PID: h.pid})
	}
	return nil
}

// giveUpStreams puts the null device in the place of this process's standard
// input, the control connection in that of its outputs, and returns what was
// there.
func (h *host) giveUpStreams() (streams [3]*os.File, err error) {
	for fd := range streams {
		kept, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return streams, fmt.Errorf("keeping standard stream %d for the app: %w", fd, err)
		}
		streams[fd] = os.NewFile(uintptr(kept), "standard stream "+strconv.Itoa(fd))
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return streams, err
	}
	defer null.Close()
	control, err := h.control.SyscallConn()
	if err != nil {
		return streams, err
	}
	err = unix.Dup3(int(null.Fd()), 0, 0)
	gone := control.Control(func(fd uintptr) {
		err = errors.Join(err, unix.Dup3(int(fd), 1, 0), unix.Dup3(int(fd), 2, 0))
	})
	return streams, errors.Join(err, gone)
}

// serve gives the daemon a DAP session and tells it that Delve holds the app.
func (h *host) serve() error {
	h.pid = h.tracer.pid
	conn, err := h.dial()
	if err != nil {
		return fmt.Errorf("connecting the DAP session: %w", err)
	}
	h.tracer.serve(conn)
	h.say(message{Say: sayAttached, PID: h.pid, Used: h.memory.used()})
	return nil
}

// refuse tells the daemon why Delve does not hold the app.
func (h *host) refuse(err error) {
	h.stuck = errors.Is(err, errStuck)
	if h.stuck {
		h.say(message{Say: sayStuck, Reason: err.Error()})
		return
	}
	h.say(message{Say: sayRefused, Reason: err.Error()})
}

// say tells the daemon m. If it is gone, run learns it from words.
func (h *host) say(m message) { _ = send(h.control, m) }

// listen reads what the daemon says.
func (h *host) listen() {
	defer close(h.words)
	for lines := bufio.NewScanner(h.control); lines.Scan(); {
		if m, ok := parse(lines.Bytes()); ok {
			h.words <- m
		}
	}
}

// run serves until the app has ended or, for one that it has attached to, Delve
// has let go, and returns the exit code.
func (h *host) run() (code int) {
	for {
		var sessionEnd chan struct{}
		if h.tracer != nil {
			sessionEnd = h.tracer.done
		}
		select {
		case <-h.child:
		case <-h.stop:
			if h.letGo(); h.launched && !h.stuck {
				_ = unix.Kill(h.pid, unix.SIGTERM)
			}
		case <-sessionEnd:
			h.letGo()
		case m, ok := <-h.words:
			switch {
			case !ok: // the daemon is gone, and the app must not outlive it
				if h.pid != 0 {
					_ = unix.Kill(h.pid, unix.SIGKILL)
				}
				return 1
			case m.Say == sayDetach:
				h.letGo()
			case m.Say == sayAttach && h.tracer == nil:
				h.attach(m)
			}
		case <-h.memory.calm:
			h.memory.giveBack()
		}
		switch {
		case h.pid == 0:
		case hasEnded(h.pid):
			return h.end()
		case h.stuck:
			_ = unix.Kill(h.pid, unix.SIGKILL)
			return 1
		case h.tracer == nil && !h.launched:
			return 0
		}
	}
}

// letGo makes Delve let go of the app and tells the daemon.
func (h *host) letGo() {
	if h.tracer == nil || hasEnded(h.pid) {
		return
	}
	err := h.tracer.detach()
	switch {
	case hasEnded(h.pid): // run notices
	case err != nil:
		h.stuck = true
		h.say(message{Say: sayStuck, Reason: err.Error()})
	default:
		h.tracer = nil
		h.say(message{Say: sayDetached})
		debug.FreeOSMemory() // from here on this process may only wait
	}
}

// attach takes hold of the app that m names, or of the launched one.
func (h *host) attach(m message) {
	if m.PID != 0 {
		h.pid = m.PID
	}
	h.say(message{Say: sayBegins})
	h.memory.use()
	t, err := attach(m.Info, h.pid)
	if err != nil {
		h.refuse(err)
		return
	}
	h.tracer = t
	if err := h.serve(); err != nil {
		h.letGo() // which tells the daemon, too
	}
}

// end tells the daemon that the app has ended and, as its parent, makes this
// process end alike.
func (h *host) end() (code int) {
	var e ended
	if h.launched {
		e = h.status()
	}
	h.say(message{Say: sayEnded})
	return endLike(e)
}

// status returns how the launched app ended. While it was running under Delve,
// Delve has waited for it; otherwise nobody has.
func (h *host) status() ended {
	if h.tracer != nil && h.tracer.dbg.IsRunning() {
		if e, ok := h.tracer.status(); ok {
			return e
		}
	}
	e, ok := reap(h.pid)
	if !ok && h.tracer != nil {
		e, ok = h.tracer.status()
	}
	if !ok {
		return ended{code: 1}
	}
	return e
}
