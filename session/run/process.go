package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

// process is one running app. It implements target.Process.
//
// Its goroutines: supervise, which starts the app, with the others as soon as it is
// to run, and waits for its end; the stopper, which carries out the first Stop; the
// readiness watcher; and one copier per output. supervise waits for the others
// before it closes exited. The goroutine that feeds standard input ends with its reader.
type process struct {
	spec   target.Spec
	marker string
	keeper *keeper
	log    *slog.Logger

	prepared *prepared // nil: it was never to wait

	cmd   *exec.Cmd
	tree  *tree
	ports ports

	listens   chan struct{} // delivers when the app has begun to listen at a moved port; has room for one
	ready     chan struct{}
	notReady  chan error
	ended     context.Context // ends when the main process has
	end       context.CancelFunc
	exited    chan struct{}
	forgotten chan struct{} // closed by the Runner, last of all

	askStop  func() // begins the graceful stop; once
	stopping chan struct{}
	askKill  func() // ends the patience of the stop; once
	killing  chan struct{}

	mu        sync.Mutex
	listeners []target.Listener
	exit      target.Exit
}

func newProcess(spec target.Spec, marker string, k *keeper, log *slog.Logger) *process {
	p := &process{
		spec:      spec,
		marker:    marker,
		keeper:    k,
		log:       log,
		listens:   make(chan struct{}, 1),
		ready:     make(chan struct{}),
		notReady:  make(chan error, 1),
		exited:    make(chan struct{}),
		forgotten: make(chan struct{}),
		stopping:  make(chan struct{}),
		killing:   make(chan struct{}),
	}
	p.ended, p.end = context.WithCancel(context.Background())
	p.askStop = sync.OnceFunc(func() {
		p.mu.Lock()
		p.exit.Stopped = p.ended.Err() == nil
		p.mu.Unlock()
		close(p.stopping)
	})
	p.askKill = sync.OnceFunc(func() { close(p.killing) })
	return p
}

// PID returns the process ID of the app's main process.
func (p *process) PID() int { return p.cmd.Process.Pid }

// Ready implements target.Process.
func (p *process) Ready() <-chan struct{} { return p.ready }

// NotReady implements target.Process.
func (p *process) NotReady() <-chan error { return p.notReady }

// Exited implements target.Process.
func (p *process) Exited() <-chan struct{} { return p.exited }

// Listeners implements target.Process. Listeners that open within listenSettle
// of Ready are added to those that made the process ready.
func (p *process) Listeners() []target.Listener {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.listeners)
}

// setListeners publishes what the tree listens on.
func (p *process) setListeners(list []target.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners = list
}

// Exit implements target.Process.
func (p *process) Exit() target.Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

// Stop implements target.Process. SIGTERM goes to the main process alone: it
// knows in which order its children must end, and may need them to finish its
// requests. What is left when it has ended is killed. These are the rules of
// KillMode=mixed, systemd.kill(5). On Windows, CTRL_BREAK_EVENT stands for
// SIGTERM; where it can't be sent, the tree is killed at once.
func (p *process) Stop(ctx context.Context) target.Exit {
	p.askStop()
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.askKill()
		<-p.exited
	}
	return p.Exit()
}

// kill makes the process end at once.
func (p *process) kill() {
	p.askStop()
	p.askKill()
}

// supervise starts the process, sends the outcome to started, and returns when
// the process and all that belongs to it are gone. One that is only prepared sends
// another outcome, that of its Start, to prepared.started.
//
// The goroutine stays on its thread, and the thread ends with it. The
// parent-death signal of Linux is sent when the thread that forked ends, not
// the process, so it must outlive the app; it costs nothing, since waiting for
// the process blocks a thread anyhow. Restrictions put on this thread before
// the start, such as a seccomp filter, reach the app and nothing else.
func (p *process) supervise(ctx context.Context, started chan<- error) {
	runtime.LockOSThread()
	defer p.end()
	watcher, err := newWatcher(p, nil)
	if err != nil {
		started <- err
		return
	}
	streams, err := openStreams(p.spec)
	if err != nil {
		started <- err
		return
	}
	if p.ports, err = movePorts(p.askedPorts(), p.hasBegunToListen); err != nil {
		streams.abandon()
		started <- err
		return
	}
	defer p.ports.close()
	if err := p.start(ctx, streams); err != nil {
		streams.abandon()
		started <- err
		return
	}
	if p.prepared != nil {
		p.prepared.exe = executable(p.PID())
		warm(p.PID())
		started <- nil
		started = p.prepared.started
		watcher, err = p.await(streams, watcher)
	}
	var tasks sync.WaitGroup
	tasks.Go(p.stopper)
	if err == nil {
		tasks.Go(func() { watcher.run(p.ended) })
	} else { // it is not to run
		p.askStop()
	}
	streams.pass()
	started <- err

	_ = p.cmd.Wait() // the state says it all
	at := time.Now()
	p.end()
	tasks.Wait()
	if err := p.tree.kill(); err != nil {
		p.log.Error("children of the app can't be killed", "pid", p.PID(), "err", err)
	}
	p.tree.release()
	if !streams.drain() {
		p.log.Warn("a process outside of the app's tree holds its output open: what it writes is lost", "pid", p.PID())
	}
	p.mu.Lock()
	p.exit = exitOf(p.cmd.ProcessState, at, p.exit)
	p.mu.Unlock()
	close(p.exited)
}

// askedPorts are the ports of the spec with which the process is started; nil for
// none. Until then they wait.
func (p *process) askedPorts() *target.Ports {
	if p.spec.Ports == nil {
		return nil
	}
	return &target.Ports{
		Claim: func(network, asked string) error {
			if !p.isStarted() {
				return errNotStarted
			}
			return p.spec.Ports.Claim(network, asked)
		},
		Bound: func(l target.Listener) { p.spec.Ports.Bound(l) },
		Missed: func(asked string, err error) {
			if p.isStarted() {
				p.spec.Ports.Missed(asked, err)
			}
		},
	}
}

// hasBegunToListen tells the readiness watcher.
func (p *process) hasBegunToListen() {
	select {
	case p.listens <- struct{}{}:
	default: // it has not heard of the time before
	}
}

// start starts the process and makes its tree.
func (p *process) start(ctx context.Context, s *streams) error {
	var err error
	if p.tree, err = newTree(p.marker); err != nil {
		return err
	}
	if p.cmd, err = p.startCommand(ctx, s); err != nil {
		p.tree.release()
		return err
	}
	if p.isHeld() {
		err = hold(p.cmd.Process.Pid)
	}
	if err == nil {
		err = p.tree.adopt(p.cmd.Process)
	}
	if err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.tree.release()
		return err
	}
	if err := p.keeper.record(p.tree); err != nil {
		p.log.Warn("after a double crash the app may be left running", "pid", p.PID(), "err", err)
	}
	return nil
}

// isHeld reports whether the process starts stopped.
func (p *process) isHeld() bool { return p.spec.Held || p.prepared != nil }

// Bounds of the retries of an executable that is open for writing.
const (
	busyFirst = 100 * time.Microsecond
	busyTotal = time.Second
)

// startCommand starts the app's command. ETXTBSY means that somebody has the
// executable open for writing: the linker that is about to close it, or a
// process that was forked from the linker's parent meanwhile and has not come
// to its exec yet (go.dev/issue/22315). Nothing tells of the end of that, which
// takes well below a millisecond, so it is tried again after times that double.
func (p *process) startCommand(ctx context.Context, s *streams) (*exec.Cmd, error) {
	for wait, total := busyFirst, time.Duration(0); ; wait, total = 2*wait, total+wait {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		cmd := p.command(s)
		err := cmd.Start()
		switch {
		case err == nil:
			return cmd, nil
		case !errors.Is(err, syscall.ETXTBSY) || total >= busyTotal:
			return nil, explainStart(err, p.spec)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// command makes the command of one try.
func (p *process) command(s *streams) *exec.Cmd {
	env := slices.DeleteFunc(slices.Clone(p.spec.Env), func(e string) bool { return strings.HasPrefix(e, markerKey+"=") })
	env = append(env, p.marker)
	if p.spec.Dir != "" {
		env = append(env, "PWD="+p.spec.Dir) // as a shell's cd does; the last one counts
	}
	cmd := &exec.Cmd{
		Path: p.spec.Binary.Path,
		Args: append([]string{p.spec.Binary.Path}, p.spec.Args...),
		Dir:  p.spec.Dir,
		Env:  env,
	}
	s.give(cmd)
	p.tree.configure(cmd)
	if p.isHeld() {
		stopAtEntry(cmd.SysProcAttr)
	}
	return cmd
}

// explainStart says which file err is about when the system does not: a
// missing working directory looks like a missing program.
func explainStart(err error, spec target.Spec) error {
	if spec.Dir == "" {
		return err
	}
	switch info, statErr := os.Stat(spec.Dir); {
	case statErr != nil:
		return fmt.Errorf("the working directory can't be entered: %w", statErr)
	case !info.IsDir():
		return fmt.Errorf("the working directory %s is not a directory", spec.Dir)
	}
	return err
}

// stopper carries out the stop once it is asked for.
func (p *process) stopper() {
	select {
	case <-p.stopping:
	case <-p.ended.Done():
		return
	}
	if err := p.tree.terminate(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.log.Warn("the app can't be asked to stop and is killed", "pid", p.PID(), "err", err)
		p.askKill()
	}
	patience := time.NewTimer(p.spec.StopTimeout)
	defer patience.Stop()
	select {
	case <-p.ended.Done():
		return
	case <-p.killing:
	case <-patience.C:
	}
	p.mu.Lock()
	p.exit.Killed = true
	p.mu.Unlock()
	if err := p.tree.kill(); err != nil {
		p.log.Error("the app can't be killed", "pid", p.PID(), "err", err)
	}
}

// exitOf completes e, which says how far a stop had come, with how the main
// process ended at the time at.
func exitOf(state *os.ProcessState, at time.Time, e target.Exit) target.Exit {
	e.Time = at
	e.Code = state.ExitCode()
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.Signal = ws.Signal().String()
	}
	// The app may have ended by itself just before the kill; Windows can't tell.
	e.Killed = e.Killed && (e.Signal == syscall.SIGKILL.String() || runtime.GOOS == "windows")
	return e
}
