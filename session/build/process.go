package build

import (
	"errors"
	"os/exec"
	"time"
)

// treeTimeout bounds how long a killed build may take to be gone, and how long
// a process that it left behind may keep its output open. Only processes that
// put themselves into a session of their own, or hang in the kernel, last.
const treeTimeout = 2 * time.Second

// RunTree runs cmd, which must come from exec.CommandContext, until it ends.
// When its context ends, cmd and all its descendants are killed, and RunTree
// returns when they are gone: nothing writes to the output any more.
func RunTree(cmd *exec.Cmd) error { return runTreeAt(cmd, nil) }

// runTreeAt is RunTree for a command that lower, if it is not nil, makes give
// way to others.
func runTreeAt(cmd *exec.Cmd, lower func(*exec.Cmd)) error {
	cmd.WaitDelay = treeTimeout
	tree, err := newTree(cmd)
	if err != nil {
		return err
	}
	defer tree.close()
	cmd.Cancel = tree.kill
	if err := cmd.Start(); err != nil {
		return err
	}
	tree.started()
	if lower != nil {
		lower(cmd)
	}
	err = cmd.Wait()
	switch {
	case tree.killed.Load():
		tree.waitGone()
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it succeeded, but left a process behind that holds its output
	}
	return err
}
