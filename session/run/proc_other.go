//go:build unix && !linux

package run

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// dieWithParent does nothing: only the guard ends the app.
func dieWithParent(*syscall.SysProcAttr) {}

// processes returns the process table as ps(1) knows it; start counts seconds.
func processes() ([]proc, error) { return ps("-A") }

// lookUp returns the entry of pid.
func lookUp(pid int) (proc, error) {
	list, err := ps("-p", strconv.Itoa(pid))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("process %d: %w", pid, syscall.ESRCH)
	}
	if err != nil {
		return proc{}, err
	}
	return list[0], nil
}

// ps runs ps(1) for the selected processes.
func ps(selection ...string) ([]proc, error) {
	cmd := exec.Command("/bin/ps", append(selection, "-o", "pid=,ppid=,pgid=,state=,lstart=")...)
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC"} // for lstart
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	var list []proc
	for line := range bytes.Lines(out) {
		if p, err := parsePS(strings.Fields(string(line))); err == nil && p.pid != cmd.Process.Pid {
			list = append(list, p)
		}
	}
	return list, nil
}

// parsePS reads the fields of a line of ps: three numbers, the state, and the
// five words of the start time.
func parsePS(fields []string) (p proc, err error) {
	if len(fields) != 9 {
		return p, fmt.Errorf("ps printed %d fields for a process", len(fields))
	}
	var started time.Time
	var errs [4]error
	p.pid, errs[0] = strconv.Atoi(fields[0])
	p.ppid, errs[1] = strconv.Atoi(fields[1])
	p.pgid, errs[2] = strconv.Atoi(fields[2])
	started, errs[3] = time.Parse("Mon Jan 2 15:04:05 2006", strings.Join(fields[4:], " "))
	p.gone = strings.HasPrefix(fields[3], "Z")
	p.start = uint64(started.Unix())
	return p, errors.Join(errs[:]...)
}

// carries is false: the environment of other processes can't be read here.
func carries(int, string) bool { return false }

// stillOurs is true: pid and start time must do here.
func stillOurs(int, string) bool { return true }

// killProcesses kills the processes in list, which has just been read, and
// gives them a moment to end. It returns why some can't be killed, by pid.
func killProcesses(list []proc, patience time.Duration) (refused map[int]error) {
	refused = map[int]error{}
	for _, p := range list {
		if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			refused[p.pid] = fmt.Errorf("killing process %d: %w", p.pid, err)
		}
	}
	<-time.After(min(patience, 2*time.Millisecond))
	return refused
}
