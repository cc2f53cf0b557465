//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/go-delve/delve/pkg/goversion"
	"github.com/go-delve/delve/pkg/proc"
	"github.com/go-delve/delve/service"
	"github.com/go-delve/delve/service/dap"
	"github.com/go-delve/delve/service/debugger"
	"golang.org/x/sys/unix"
)

// tracer is Delve with its hold on a process, and one DAP session with that.
//
// Its goroutine reads the session's requests; detach ends it. Those that Delve
// starts for a request end with the request.
type tracer struct {
	pid  int
	conf *debugger.Config
	dbg  *debugger.Debugger
	grp  *proc.TargetGroup
	conn *net.UnixConn // of the session
	done chan struct{} // closed when the session reads no more requests
}

// launch starts a program as a child, held at its entry, with this process's
// environment and directory. Its debug information is in the directory info, or
// in the program if that is "".
func launch(info string, args []string, streams [3]*os.File) (*tracer, error) {
	pid, err := startStopped(args, streams)
	if err != nil {
		return nil, err
	}
	t, err := hold(info, pid)
	if err == nil {
		err = t.check()
	}
	if err != nil {
		_ = unix.Kill(pid, unix.SIGKILL) // it has not run yet
		return nil, err
	}
	return t, nil
}

// attach takes hold of a process, which runs or waits at its entry, and whose
// program's debug information is in the directory info, or in the program if that
// is "".
func attach(info string, pid int) (*tracer, error) {
	if stateOf(pid) != 'T' {
		warm(pid)
		stop(pid)
	}
	t, err := hold(info, pid)
	if err != nil {
		_ = unix.Kill(pid, unix.SIGCONT)
		return nil, err
	}
	if err := t.check(); err != nil {
		if stuck := t.detach(); stuck != nil {
			return nil, fmt.Errorf("%w: %w", errStuck, stuck)
		}
		return nil, err
	}
	return t, nil
}

// hold attaches to a process that SIGSTOP has stopped, and stays so after an
// error: Delve looks at once whether its attachment has stopped the process, and
// sleeps 0.2 s otherwise.
func hold(info string, pid int) (*tracer, error) {
	conf := &debugger.Config{Backend: "native", AttachPid: pid}
	if info != "" {
		conf.DebugInfoDirectories = []string{info}
	}
	dbg, err := debugger.New(conf, nil)
	if err != nil {
		return nil, err
	}
	_ = unix.Kill(pid, unix.SIGCONT) // takes SIGSTOP back, and the attachment's own, which are pending still
	t := &tracer{pid: pid, conf: conf, dbg: dbg}
	var unlock func()
	t.grp, unlock = dbg.LockTargetGroup() // for good: Delve makes another one only for a restart
	unlock()
	return t, nil
}

// check says why Delve could do little more than disassemble, if that is so.
func (t *tracer) check() error {
	info := t.grp.Selected.BinInfo()
	if info.Producer() == "" {
		return errors.New("the program has no debug information: build it without -s and -w in -ldflags")
	}
	return goversion.Compatible(info.DwarfVersion(), info.Producer(), false)
}

// serve begins the DAP session on conn.
func (t *tracer) serve(conn *net.UnixConn) {
	t.conn, t.done = conn, make(chan struct{})
	session := dap.NewSession(conn, &dap.Config{
		Config:        &service.Config{Debugger: *t.conf},
		StopTriggered: make(chan struct{}),
	}, t.dbg)
	go func() {
		defer close(t.done)
		session.ServeDAPCodec()
	}()
}

// Bounds of what detach waits for.
const (
	haltEvery  = 5 * time.Millisecond // between requests to stop the app
	haltTime   = 3 * time.Second      // for the app to stop
	settleMost = 100                  // times that the app is let run to use up what is pending
)

// detach ends the session and lets go of the process, which runs on. What Delve
// leaves to chance here is done by hand: breakpoints of a step in progress are
// taken out of the app's text, too, and no SIGTRAP of Delve's may still be
// pending, since it would end the app.
func (t *tracer) detach() error {
	if t.conn != nil {
		// To the session this is the client's hang-up: it resumes the app no
		// more once its command ends.
		_ = t.conn.CloseRead()
		_ = t.conn.SetWriteDeadline(time.Now().Add(haltTime / 2)) // a stuck client must not hold the app
		defer t.conn.Close()
	}
	unlock, err := t.halt()
	if err != nil {
		return err
	}
	defer unlock()
	if over(t.grp) {
		return nil
	}
	if err := clearBreakpoints(t.grp); err != nil {
		return fmt.Errorf("taking the breakpoints out of process %d: %w", t.pid, err)
	}
	if err := t.useUpTraps(); err != nil {
		return err
	}
	if over(t.grp) {
		return nil
	}
	if pending(t.pid, unix.SIGSTOP) {
		_ = unix.Kill(t.pid, unix.SIGCONT) // takes it back; Delve's would come 50 ms late
	}
	if err := t.grp.Detach(false); err != nil && !over(t.grp) {
		return fmt.Errorf("detaching from process %d: %w", t.pid, err)
	}
	return nil
}

// useUpTraps lets the app run for moments until no SIGTRAP is pending for it: one
// of Delve's requests to stop that came when the app stood already, or one of a
// breakpoint that a thread ran into when another one had.
func (t *tracer) useUpTraps() error {
	for range settleMost {
		if over(t.grp) || !pending(t.pid, unix.SIGTRAP) {
			return nil
		}
		stopped := make(chan struct{})
		var stopper sync.WaitGroup
		stopper.Go(func() { t.requestStops(stopped) })
		err := t.grp.Continue()
		close(stopped)
		stopper.Wait()
		if err != nil && !over(t.grp) {
			return fmt.Errorf("letting process %d use up its signals: %w", t.pid, err)
		}
	}
	return fmt.Errorf("process %d runs into traps all the time", t.pid)
}

// requestStops asks the app to stop until it has. Delve forgets a request that
// comes just before it resumes the app.
func (t *tracer) requestStops(stopped <-chan struct{}) {
	tick := time.NewTicker(haltEvery)
	defer tick.Stop()
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
			_ = t.grp.RequestManualStop() // an error means that it has ended
		}
	}
}

// halt stops the app and returns with Delve's lock, so that it stays stopped
// until unlock.
func (t *tracer) halt() (unlock func(), err error) {
	locked := make(chan func(), 1)
	go func() {
		if t.done != nil {
			<-t.done
		}
		_, unlock := t.dbg.LockTargetGroup()
		locked <- unlock
	}()
	tick := time.NewTicker(haltEvery)
	defer tick.Stop()
	patience := time.NewTimer(haltTime)
	defer patience.Stop()
	for {
		if t.dbg.IsRunning() {
			_ = t.grp.RequestManualStop() // an app that has ended frees the lock
		}
		select {
		case unlock := <-locked:
			return unlock, nil
		case <-tick.C:
		case <-patience.C:
			return nil, fmt.Errorf("process %d does not stop within %v", t.pid, haltTime)
		}
	}
}

// over reports whether the process has ended or was detached from.
func over(grp *proc.TargetGroup) bool {
	valid, _ := grp.Valid()
	return !valid
}

// clearBreakpoints takes all breakpoints out of the app's text and registers.
func clearBreakpoints(grp *proc.TargetGroup) error {
	var errs []error
	for _, tgt := range grp.Targets() {
		if valid, _ := tgt.Valid(); !valid {
			continue
		}
		errs = append(errs, tgt.ClearSteppingBreakpoints())
		for addr := range tgt.Breakpoints().M {
			var gone proc.NoBreakpointError // it went with another one
			if err := tgt.ClearBreakpoint(addr); err != nil && !errors.As(err, &gone) {
				errs = append(errs, err)
			}
		}
		// What has been for Delve's own use stays.
		for addr, bp := range tgt.Breakpoints().M {
			if bp.WatchType == 0 {
				_, err := tgt.Memory().WriteMemory(addr, bp.OriginalData)
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// status returns how the process ended, which it has; ok is false if Delve has
// not noticed. Delve gives signals as negative numbers.
func (t *tracer) status() (ended, bool) {
	_, err := t.dbg.State(false)
	var exit proc.ErrProcessExited
	if !errors.As(err, &exit) {
		return ended{}, false
	}
	if exit.Status < 0 {
		return ended{signal: unix.Signal(-exit.Status)}, true
	}
	return ended{code: exit.Status}, true
}
