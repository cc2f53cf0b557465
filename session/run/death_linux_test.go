package run_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/run"
)

// hotdev is a process that runs an app and can be killed.
type hotdev struct {
	*exec.Cmd
	out   *lines
	state string
}

// startHotdev starts one whose app takes the steps; guarded says whether it has
// a guard.
func startHotdev(t *testing.T, guarded bool, steps ...string) *hotdev {
	t.Helper()
	h := &hotdev{out: newLines(), state: filepath.Join(t.TempDir(), "state")}
	guard := ""
	if guarded {
		guard = exe(t)
	}
	h.Cmd = exec.Command(exe(t), append([]string{"app", "hotdev", h.state, guard}, steps...)...)
	h.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	h.Stdout, h.Stderr = h.out, t.Output()
	h.WaitDelay = time.Second
	if err := h.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.kill(t) })
	return h
}

// kill is kill -9.
func (h *hotdev) kill(t *testing.T) {
	if h.ProcessState != nil {
		return
	}
	if err := h.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = h.Wait()
}

// runnerID returns the ID of the only runner that records in dir.
func runnerID(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.runs"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("state files: %v, %v, want one", paths, err)
	}
	return strings.TrimSuffix(filepath.Base(paths[0]), ".runs")
}

func TestNothingOutlivesAKilledHotdev(t *testing.T) {
	h := startHotdev(t, true, "ignore-term", "print-pid",
		"and", "daemon", "ignore-term", "print-pid", "block", "end", "child", "ignore-term", "print-pid", "block")
	var fds []int
	for range 3 {
		fds = append(fds, pidfd(t, h.out.pid(t)))
	}
	id := runnerID(t, h.state)
	if n := len(marked(t, "HOTDEV_RUN="+id)); n < 3 {
		t.Fatalf("%d processes carry the marker: the test shows nothing", n)
	}
	h.kill(t)
	for i, fd := range fds {
		if !ends(t, fd, 20*time.Second) {
			t.Errorf("process %d of the app outlives hotdev", i)
		}
	}
	if pids := marked(t, "HOTDEV_RUN="+id); len(pids) > 0 {
		t.Errorf("processes %v outlive hotdev", pids)
	}
}

func TestReapEndsWhatADoubleCrashLeft(t *testing.T) {
	h := startHotdev(t, false, "print-pid", "daemon", "print-pid", "block")
	main, daemon := pidfd(t, h.out.pid(t)), pidfd(t, h.out.pid(t))
	if n, err := run.Reap(h.state); n != 0 || err != nil {
		t.Fatalf("Reap = %d, %v while hotdev lives, want 0", n, err)
	}
	h.kill(t)
	if !ends(t, main, 20*time.Second) {
		t.Error("the main process outlives hotdev")
	}
	if ends(t, daemon, 0) {
		t.Fatal("the daemon does not outlive an unguarded hotdev: the test shows nothing")
	}
	if n, err := run.Reap(h.state); n != 1 || err != nil {
		t.Errorf("Reap = %d, %v, want 1 process", n, err)
	}
	if !ends(t, daemon, 0) {
		t.Error("the daemon outlives Reap")
	}
	if left, err := os.ReadDir(h.state); err != nil || len(left) > 0 {
		t.Errorf("Reap left %v in the state directory (%v)", left, err)
	}
	if n, err := run.Reap(h.state); n != 0 || err != nil {
		t.Errorf("Reap again = %d, %v, want 0", n, err)
	}
}

func TestReapWithoutAnything(t *testing.T) {
	if n, err := run.Reap(filepath.Join(t.TempDir(), "none")); n != 0 || err != nil {
		t.Errorf("Reap = %d, %v, want 0", n, err)
	}
}

// TestReapSparesStrangers has a record whose pid and start time are those of a
// process that hotdev did not start, as after the pid was used again at the
// same time since boot.
func TestReapSparesStrangers(t *testing.T) {
	cmd := exec.Command(exe(t), "app", "block")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	fd := pidfd(t, cmd.Process.Pid)
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	ticks := strings.Fields(string(data[strings.LastIndexByte(string(data), ')'):]))[20]
	for name, record := range map[string]string{
		"without marker":     fmt.Sprintf(`{"pid":%d,"start":%s}`, cmd.Process.Pid, ticks),
		"started later":      fmt.Sprintf(`{"pid":%d,"start":1}`, cmd.Process.Pid),
		"half written":       fmt.Sprintf(`{"pid":%d,"sta`, cmd.Process.Pid),
		"about this process": fmt.Sprintf(`{"pid":%d,"start":1}`, os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "0123456789abcdef.runs"), []byte(record+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if n, err := run.Reap(dir); n != 0 || err != nil {
				t.Errorf("Reap = %d, %v, want 0", n, err)
			}
			if ends(t, fd, 0) {
				t.Error("Reap killed a process that hotdev did not start")
			}
		})
	}
}

// guards returns the guards that are children of this process.
func guards(t *testing.T) (pids []int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue // the thread is gone
		}
		for _, field := range strings.Fields(string(data)) {
			var pid int
			fmt.Sscan(field, &pid)
			args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if strings.Contains(string(args), "hotdev-run-guard") {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func TestDeadGuardIsReplaced(t *testing.T) {
	logged := newLines()
	r := run.New(run.Options{Exe: exe(t), Logger: slog.New(slog.NewTextHandler(logged, nil))})
	defer r.Close()
	before := guards(t)
	p := start(t, r, spec(t, nil, "block"))
	first := slices.DeleteFunc(guards(t), func(pid int) bool { return slices.Contains(before, pid) })
	if len(first) != 1 {
		t.Fatalf("guards = %v, want one", first)
	}
	if err := (&os.Process{Pid: first[0]}).Kill(); err != nil {
		t.Fatal(err)
	}
	if line := logged.next(t, "time="); !strings.Contains(line, "level=WARN") || !strings.Contains(line, "guard") {
		t.Errorf("logged %q, want a warning about the guard", line)
	}
	stillOpen(t, p.Exited(), "the app ended with its guard")
	start(t, r, spec(t, nil, "block"))
	second := slices.DeleteFunc(guards(t), func(pid int) bool { return slices.Contains(before, pid) })
	if len(second) != 1 || second[0] == first[0] {
		t.Errorf("guards = %v, want a new one", second)
	}
}
