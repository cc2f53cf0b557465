//go:build unix

package run

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// record is a line in a runner's state file: the main process of an app.
type record struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // unit of the system: see proc
}

// guardArg makes this program a guard: see Helper.
const guardArg = "hotdev-run-guard"

// Helper runs one of this package's hidden commands if args (without the
// program's name) ask for it, and returns the exit code. The main function of
// Options.Exe calls it before it does anything else.
//
// The only one so far is the guard of a runner: a process that waits for the
// end of its standard input, which comes with the end of the runner's process
// however that ends, and kills all trees of the runner.
func Helper(args []string) (handled bool, code int) {
	if len(args) != 3 || args[0] != guardArg {
		return false, 0
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	_, _ = io.Copy(io.Discard, os.Stdin) // an error ends the life line, too
	if err := guardEnd(args[1], args[2]); err != nil {
		return true, 1
	}
	return true, 0
}

// guardEnd kills the trees of the runner id, whose process is gone, and removes
// its records.
func guardEnd(id, stateDir string) error {
	if stateDir == "" {
		_, err := reap(id, nil)
		return err
	}
	path := statePath(stateDir, id)
	f, err := os.Open(path)
	if err != nil {
		_, reapErr := reap(id, nil)
		return errors.Join(err, reapErr)
	}
	defer f.Close()
	if _, err = reap(id, f); err != nil {
		return err
	}
	return os.Remove(path)
}

// Reap kills what runners that recorded in stateDir left behind when their
// processes and their guards died, and returns how many processes that were.
// It leaves alone what runners of living processes started, and kills only what
// is proven: a recorded main process with the same start time and (on Linux)
// marker, its group and descendants, and what carries a marker of the runner.
func Reap(stateDir string) (killed int, err error) {
	paths, err := filepath.Glob(filepath.Join(stateDir, "*"+stateExt))
	if err != nil {
		return 0, fmt.Errorf("looking for what a killed hotdev left: %w", err)
	}
	var errs []error
	for _, path := range paths {
		n, err := reapState(path)
		killed += n
		if err != nil {
			errs = append(errs, fmt.Errorf("ending what a killed hotdev left (%s): %w", path, err))
		}
	}
	return killed, errors.Join(errs...)
}

// reapState ends what the state file at path tells of, unless its owner lives.
func reapState(path string) (killed int, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil // a guard was faster
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return 0, nil // the owner lives
		}
		return 0, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	killed, err = reap(strings.TrimSuffix(filepath.Base(path), stateExt), f)
	if err != nil {
		return killed, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return killed, err
	}
	return killed, nil
}

// reap kills all trees of the runner id; records, if not nil, tells their main
// processes. Lines that were not written to their end are skipped.
func reap(id string, records io.Reader) (killed int, err error) {
	t, err := newTree(marker(id, 0))
	if err != nil {
		return 0, err
	}
	if records != nil {
		for lines := bufio.NewScanner(records); lines.Scan(); {
			var r record
			if json.Unmarshal(lines.Bytes(), &r) != nil {
				continue
			}
			if p, err := lookUp(r.PID); err == nil && p.start == r.Start && stillOurs(p.pid, t.marker) {
				t.add(p)
			}
		}
	}
	members, err := t.members()
	if err != nil {
		return 0, err
	}
	for _, p := range members {
		if !p.gone {
			killed++
		}
	}
	return killed, t.kill()
}
