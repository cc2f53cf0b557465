package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

// portsTime bounds the try to move a port.
const portsTime = 10 * time.Second

// ports says how hotdev handles the ports that the app asks for, and why: it
// starts a process that listens, and tries to move its port.
func ports(ctx context.Context, o Options) Finding {
	if o.DoorOff {
		return Finding{"ports", OK, "mode off: the app has its ports itself, because [proxy] enabled = false", ""}
	}
	found := Finding{"ports", OK, "mode redirect: the app's ports were moved in a try, so that a new version starts beside the old one", ""}
	if err := movePort(ctx, o); err != nil {
		found.Message = "mode env: hotdev sets PORT for each version, because " + err.Error() +
			"; an app that ignores PORT is stopped before its next version starts"
		if runtime.GOOS == "linux" {
			found.Level = Warn
			found.Mend = "hotdev needs Linux 5.6 or newer, and in a container seccomp(2), pidfd_getfd(2) and process_vm_readv(2) " +
				"(docker run --cap-add SYS_PTRACE); until then let the app listen on PORT"
		}
	}
	if o.Exclusive != "" {
		found.Message += "; versions do not run at once: " + o.Exclusive
	}
	if o.InForce != "" {
		found.Message += "; in force in the daemon that runs: " + o.InForce
	}
	return found
}

// movePort starts a process that listens on a port of its own choice and
// reports why that port could not be moved.
func movePort(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, portsTime)
	defer cancel()
	asked, err := freeAddress()
	if err != nil {
		return err
	}
	input, end := io.Pipe()
	defer end.Close()
	runner := run.New(run.Options{})
	defer runner.Close()
	var t try
	proc, err := runner.Start(ctx, target.Spec{
		Binary: target.Binary{Path: o.Exe},
		Args:   []string{helperArg, "listen", asked},
		Env:    o.Environ,
		Stdin:  input,
		Stderr: &t,
		Ready:  target.Readiness{Mode: target.ReadyTCP, Timeout: portsTime},
		Ports:  &target.Ports{Claim: func(string, string) error { return nil }, Bound: t.bound, Missed: t.missed},
	})
	var noPorts *target.NoPortsError
	switch {
	case errors.As(err, &noPorts):
		return noPorts
	case err != nil:
		return err
	}
	select {
	case <-proc.Ready():
	case err = <-proc.NotReady():
	case <-proc.Exited():
		err = errors.New("the process that tried it has ended: " + proc.Exit().String())
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return t.result(err)
}

// try is what comes of the try to move a port.
type try struct {
	mu     sync.Mutex
	moved  bool
	err    error // why it was not
	output strings.Builder
}

func (t *try) bound(target.Listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved = true
}

func (t *try) missed(asked string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = fmt.Errorf("the bind to %s could not be taken over: %w", asked, err)
}

// Write takes what the process prints.
func (t *try) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.output.Write(p)
}

// result is nil if the port was moved and the process could be reached; err
// says why that did not come about.
func (t *try) result(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch said := strings.TrimSpace(t.output.String()); {
	case t.err != nil:
		return t.err
	case err != nil && said != "":
		return fmt.Errorf("%w: %s", err, said)
	case err != nil:
		return err
	case !t.moved:
		return errors.New("the bind of a process that tried it was not noticed")
	}
	return nil
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
