//go:build unix

package build

import (
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// tree is a command with its descendants: a process group. The write end of a
// pipe is inherited by each of them, so that the read end tells when the last
// one has gone, be it a child or not, reaped or not.
type tree struct {
	cmd        *exec.Cmd
	gone, held *os.File
	killed     atomic.Bool
}

func newTree(cmd *exec.Cmd) (*tree, error) {
	gone, held, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.ExtraFiles = append(cmd.ExtraFiles, held)
	return &tree{cmd: cmd, gone: gone, held: held}, nil
}

// started gives up our own end, once the command has its copy.
func (t *tree) started() { t.held.Close() }

// kill kills the process group.
func (t *tree) kill() error {
	t.killed.Store(true)
	if err := syscall.Kill(-t.cmd.Process.Pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return os.ErrProcessDone
}

// waitGone waits until no process holds the pipe, at most treeTimeout.
func (t *tree) waitGone() {
	if t.gone.SetReadDeadline(time.Now().Add(treeTimeout)) == nil {
		_, _ = t.gone.Read(make([]byte, 1)) // its end, or the deadline
	}
}

func (t *tree) close() {
	t.gone.Close()
	t.held.Close()
}

// lowPriority makes a command, which leads a process group, and what it starts
// from now on give way to others. Where that is refused, it does not.
func lowPriority(cmd *exec.Cmd) {
	const niceness = 10
	_ = syscall.Setpriority(syscall.PRIO_PGRP, cmd.Process.Pid, niceness)
	idleIO(cmd.Process.Pid)
}
