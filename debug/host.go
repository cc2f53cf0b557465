package debug

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// forever is the readiness time-out of what has a clock elsewhere, or none.
const forever = 10 * 365 * 24 * time.Hour

// errNoHost is wrapped by errors after which no host has touched the app.
var errNoHost = errors.New("the debugger's process can't be started")

// hostProcess is a running host as the daemon sees it.
type hostProcess struct {
	*link
	proc target.Process
	pid  int   // of the app
	used int64 // message.Used
}

// launchHost starts a host that starts spec's app as mode says: modeKeep, or
// modeLaunch with its first argument.
func (r *Runner) launchHost(ctx context.Context, spec target.Spec, mode ...string) (*hostProcess, error) {
	args := slices.Concat(mode, []string{spec.Binary.Path}, spec.Args)
	spec.Ready.Timeout = forever
	h, err := r.startHost(ctx, spec, args)
	if err != nil {
		return nil, err
	}
	if err := h.done(ctx, h.proc.Exited()); err != nil {
		h.kill()
		return nil, err
	}
	return h, nil
}

// debugInfo makes sure that there is debug information for spec's app, and
// returns the directory where it is; "" for the program itself.
func debugInfo(ctx context.Context, spec target.Spec) (dir string, err error) {
	if spec.Debug.Info == nil {
		return "", nil
	}
	return spec.Debug.Info(ctx)
}

// attachHost makes a host attach to the process pid: the spare one, or a new one.
func (r *Runner) attachHost(ctx context.Context, info string, pid int) (*hostProcess, error) {
	order := message{Say: sayAttach, Info: info, PID: pid}
	h := r.takeSpare()
	if h != nil && h.begin(ctx, order) != nil { // it was killed
		h.kill()
		h = nil
	}
	if h == nil {
		var err error
		if h, err = r.waitingHost(ctx, 0); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoHost, err)
		}
		if err := h.begin(ctx, order); err != nil {
			h.kill()
			return nil, fmt.Errorf("%w: %v", errNoHost, err) // but the app is not lost
		}
	}
	if err := h.done(ctx, h.proc.Exited()); err != nil {
		h.kill()
		return nil, err
	}
	r.used(h.used)
	return h, nil
}

// begin tells a host that waits to attach. After an error it has not.
func (h *hostProcess) begin(ctx context.Context, order message) error {
	if h.say(order) != nil {
		return errNoAnswer
	}
	m, err := h.await(ctx, answerTime, h.proc.Exited())
	if err == nil && m.Say != sayBegins {
		err = errNoAnswer
	}
	return err
}

// waitingHost starts a host that waits, with so many bytes of memory ready.
func (r *Runner) waitingHost(ctx context.Context, memory int64) (*hostProcess, error) {
	return r.startHost(ctx, target.Spec{
		Ready:       target.Readiness{Mode: target.ReadyAuto, Timeout: 1}, // it never listens
		StopTimeout: answerTime,
	}, []string{modeWait, strconv.FormatInt(memory, 10)})
}

// startHost starts a host with spec's surroundings, and returns it when it has
// connected.
func (r *Runner) startHost(ctx context.Context, spec target.Spec, args []string) (*hostProcess, error) {
	l, err := newLink(r.opt.Dir, r.socketName(), r.opt.Logger)
	if err != nil {
		return nil, err
	}
	spec.Binary.Path = r.opt.Exe
	spec.Args = append([]string{hostArg, l.path()}, args...)
	spec.Debug = nil
	h := &hostProcess{link: l}
	if h.proc, err = r.opt.Plain.Start(ctx, spec); err != nil {
		l.close()
		return nil, err
	}
	if err = h.open(ctx, h.proc); err != nil {
		h.kill()
		return nil, err
	}
	return h, nil
}

// done waits until the host holds or keeps the app, as long as exited is open. The
// connection of a DAP session then waits to be accepted.
func (h *hostProcess) done(ctx context.Context, exited <-chan struct{}) error {
	m, err := h.await(ctx, attachTime, exited)
	if err == nil && m.Say == sayBegins { // to one that was the app's parent all the time
		m, err = h.await(ctx, attachTime, exited)
	}
	switch {
	case err != nil:
		return err
	case m.Say == sayAttached, m.Say == sayKept:
		h.pid, h.used = m.PID, m.Used
		return nil
	case m.Say == sayStuck:
		return stuckError(m)
	case m.Say == sayEnded:
		return errors.New("the app has ended")
	}
	return errors.New(m.Reason)
}

// kill ends the host at once.
func (h *hostProcess) kill() {
	kill(h.proc)
	h.close()
}

// kill ends p at once.
func kill(p target.Process) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	p.Stop(over)
}
