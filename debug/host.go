package debug

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// forever is the readiness time-out of what has a clock elsewhere, or none.
const forever = 10 * 365 * 24 * time.Hour

// hostProcess is a running host as the daemon sees it.
type hostProcess struct {
	*link
	proc target.Process
	pid  int // of the app
}

// launchHost starts a host that starts spec's app as mode says: modeKeep, or
// modeLaunch with its first argument.
func (r *Runner) launchHost(ctx context.Context, spec target.Spec, mode ...string) (*hostProcess, error) {
	args := slices.Concat(mode, []string{spec.Binary.Path}, spec.Args)
	spec.Ready.Timeout = forever
	return r.startHost(ctx, spec, args)
}

// debugInfo makes sure that there is debug information for spec's app, and
// returns the directory where it is; "" for the program itself.
func debugInfo(ctx context.Context, spec target.Spec) (dir string, err error) {
	if spec.Debug.Info == nil {
		return "", nil
	}
	return spec.Debug.Info(ctx)
}

// attachHost starts a host that attaches to the process pid.
func (r *Runner) attachHost(ctx context.Context, info string, pid int) (*hostProcess, error) {
	return r.startHost(ctx, target.Spec{
		Ready:       target.Readiness{Mode: target.ReadyAuto, Timeout: 1}, // it never listens
		StopTimeout: answerTime,
	}, []string{modeAttach, info, strconv.Itoa(pid)})
}

// startHost starts a host with spec's surroundings, and returns it when it has
// done what args say. The connection of a DAP session waits to be accepted.
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
	if err = h.open(ctx, h.proc); err == nil {
		h.pid, err = h.done(ctx, h.proc.Exited())
	}
	if err != nil {
		h.kill()
		return nil, err
	}
	return h, nil
}

// done waits until the host holds or keeps the app, as long as exited is open.
func (h *hostProcess) done(ctx context.Context, exited <-chan struct{}) (pid int, err error) {
	m, err := h.await(ctx, attachTime, exited)
	switch {
	case err != nil:
		return 0, err
	case m.Say == sayAttached, m.Say == sayKept:
		return m.PID, nil
	case m.Say == sayStuck:
		return 0, stuckError(m)
	case m.Say == sayEnded:
		return 0, errors.New("the app has ended")
	}
	return 0, errors.New(m.Reason)
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
