//go:build unix

package run

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// killTime bounds the wait for killed processes to be gone. One that hangs in
// the kernel can't be waited for longer.
const killTime = 5 * time.Second

// proc is an entry of the system's process table.
type proc struct {
	pid, ppid, pgid int
	start           uint64 // when it started, in a unit of the system; tells pids used again
	gone            bool   // a zombie: it has ended, and waits for its parent to notice
	stopped         bool   // by a signal; Linux only
}

// tree is the set of processes that belong to one app, or to all apps of a
// runner. Its methods may be called by several goroutines.
type tree struct {
	marker string // environment entries of its processes begin with it
	since  uint64 // no process of it started before

	mu    sync.Mutex
	known map[int]uint64 // pid → start of its processes when last looked at
	roots []proc         // main processes: each leads a process group
}

func newTree(marker string) (*tree, error) {
	return &tree{marker: marker, known: map[int]uint64{}}, nil
}

// configure sets what a main process needs before its start.
func (t *tree) configure(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		// A Ctrl-C in hotdev's terminal is hotdev's: it stops the app gracefully.
		Setpgid: true,
	}
	dieWithParent(cmd.SysProcAttr)
}

// adopt makes main the tree's main process. It must not have been waited for.
func (t *tree) adopt(main *os.Process) error {
	p, err := lookUp(main.Pid)
	if err != nil {
		return fmt.Errorf("finding the new process %d: %w", main.Pid, err)
	}
	t.add(p)
	t.since = p.start
	return nil
}

// add makes p a main process of the tree.
func (t *tree) add(p proc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[p.pid] = p.start
	t.roots = append(t.roots, p)
}

// terminate asks the main process to end. SIGCONT lets a stopped one see it.
// The members are noted first: a child that loses its parent now stays known.
func (t *tree) terminate(main *os.Process) error {
	_, _ = t.members()
	if err := main.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	_ = main.Signal(syscall.SIGCONT) // it may have ended already
	return nil
}

// members returns the processes of the tree, ended ones included, and
// remembers them.
func (t *tree) members() ([]proc, error) {
	all, err := processes()
	if err != nil {
		return nil, fmt.Errorf("reading the process table: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	in := map[int]uint64{}     // pid → start
	groups := map[int]uint64{} // process group → start of its leader, a main process
	for _, p := range t.roots {
		groups[p.pid] = p.start
	}
	for _, p := range all {
		if start, ok := t.known[p.pid]; ok && start == p.start ||
			p.start >= t.since && p.pid != os.Getpid() && carries(p.pid, t.marker) {
			in[p.pid] = p.start
		}
		if leader, ok := groups[p.pid]; ok && leader != p.start {
			delete(groups, p.pid) // the pid was used again, so the group is not ours
		}
	}
	for grew := true; grew; {
		grew = false
		for _, p := range all {
			if _, ok := in[p.pid]; ok || p.pid == os.Getpid() {
				continue
			}
			parent, child := in[p.ppid]
			leader, grouped := groups[p.pgid]
			if child && p.start >= parent || grouped && p.start >= leader {
				in[p.pid] = p.start
				grew = true
			}
		}
	}
	t.known = in
	var list []proc
	for _, p := range all {
		if _, ok := in[p.pid]; ok {
			list = append(list, p)
		}
	}
	return list, nil
}

// kill kills the tree, again and again until nothing of it is left: what is
// killed may have forked meanwhile.
func (t *tree) kill() error {
	deadline := time.Now().Add(killTime)
	refused := map[int]error{} // such as children that run as another user
	for {
		members, err := t.members()
		if err != nil {
			return err
		}
		alive := slices.DeleteFunc(members, func(p proc) bool { return p.gone || refused[p.pid] != nil })
		left := time.Until(deadline)
		switch {
		case len(alive) == 0:
			return errors.Join(slices.Collect(maps.Values(refused))...)
		case left <= 0:
			return fmt.Errorf("%d processes do not end, among them %d", len(alive), alive[0].pid)
		}
		maps.Copy(refused, killProcesses(alive, left))
	}
}

// release gives back what the tree holds of the system: nothing.
func (t *tree) release() {}
