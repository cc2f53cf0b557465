//go:build unix

package run

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// keeper makes sure that a runner's trees end with this process: it starts the
// guard and records what runs. Its goroutine waits for the guard; close ends
// the guard.
type keeper struct {
	opt  Options
	id   string
	file *os.File // of the records, locked for as long as this process lives; nil: none

	mu    sync.Mutex
	guard *guard // nil: none was started yet, or it has died
}

// guard is the running guard process.
type guard struct {
	life *os.File // its closed end tells the guard that this process is gone
	done chan struct{}
}

// newKeeper makes the file for the records of the runner id.
func newKeeper(o Options, id string) (*keeper, error) {
	k := &keeper{opt: o, id: id}
	if o.StateDir == "" {
		return k, nil
	}
	f, err := createState(o.StateDir, id)
	if err != nil {
		return nil, fmt.Errorf("recording what runs: %w", err)
	}
	k.file = f
	return k, nil
}

// ensure starts the guard if there is none.
func (k *keeper) ensure() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opt.Exe == "" || k.guard != nil {
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("making the life line of the guard: %w", err)
	}
	defer r.Close()
	cmd := exec.Command(k.opt.Exe, guardArg, k.id, k.opt.StateDir)
	cmd.Stdin = r
	cmd.Env = []string{}
	cmd.Dir = "/"
	// A session of its own: what the terminal sends to hotdev must not end it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return fmt.Errorf("starting the guard: %w", err)
	}
	g := &guard{life: w, done: make(chan struct{})}
	k.guard = g
	go k.wait(g, cmd)
	return nil
}

// wait waits for the end of the guard g. If it died, the next start of an app
// brings a new one.
func (k *keeper) wait(g *guard, cmd *exec.Cmd) {
	defer close(g.done)
	err := cmd.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.guard != g {
		return // close let it end
	}
	k.guard = nil
	g.life.Close()
	k.opt.Logger.Warn("the guard of the app's processes ended; the next start brings a new one", "err", err)
}

// record notes the main process of t for Reap.
func (k *keeper) record(t *tree) error {
	if k.file == nil {
		return nil
	}
	main := t.roots[0]
	line, err := json.Marshal(record{PID: main.pid, Start: main.start})
	if err == nil {
		_, err = k.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("recording what runs: %w", err)
	}
	return nil
}

// close ends the guard and removes the records; no tree is left.
func (k *keeper) close() error {
	k.mu.Lock()
	g := k.guard
	k.guard = nil
	k.mu.Unlock()
	if g != nil {
		g.life.Close()
		<-g.done
	}
	if k.file == nil {
		return nil
	}
	defer k.file.Close()
	if err := os.Remove(k.file.Name()); err != nil && !os.IsNotExist(err) { // the guard may have
		return fmt.Errorf("removing the record of what ran: %w", err)
	}
	return nil
}

// createState creates the locked file for the records of the runner id. It gets
// its name only with the lock: Reap never sees it without.
func createState(dir, id string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := statePath(dir, id)
	unlocked := path + ".new"
	f, err := os.OpenFile(unlocked, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = &os.PathError{Op: "lock", Path: unlocked, Err: err}
	} else {
		err = os.Rename(unlocked, path)
	}
	if err != nil {
		f.Close()
		os.Remove(unlocked)
		return nil, err
	}
	return f, nil
}

// statePath returns the path of the records of the runner id.
func statePath(dir, id string) string { return filepath.Join(dir, id+stateExt) }

const stateExt = ".runs"
