package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStatOfAProgramWithAHostileName runs a program whose name looks like the
// fields that follow it.
func TestStatOfAProgramWithAHostileName(t *testing.T) {
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "a) Z 1 (b")
	if err := os.Symlink(cat, path); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := lookUp(cmd.Process.Pid)
	in.Close()
	_ = cmd.Wait()
	if err != nil || p.gone || p.ppid != os.Getpid() || p.start == 0 {
		t.Errorf("lookUp = %+v, %v, want a living child of %d", p, err, os.Getpid())
	}
}

func TestOnlyAProcessWithoutThreadsIsGone(t *testing.T) {
	stat := func(state, threads string) []byte {
		return []byte("7 (app) " + state + " 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 " + threads + " 0 4711 0 0")
	}
	for _, tt := range []struct {
		state, threads string
		gone, stopped  bool
	}{
		{"S", "1", false, false}, {"Z", "1", true, false}, {"X", "0", true, false}, {"Z", "5", false, false},
		{"T", "1", false, true}, {"t", "1", false, false}, // by a tracer
	} {
		p, err := parseStat(7, stat(tt.state, tt.threads))
		if err != nil || p != (proc{pid: 7, ppid: 1, pgid: 7, start: 4711, gone: tt.gone, stopped: tt.stopped}) {
			t.Errorf("state %s with %s threads: %+v, %v", tt.state, tt.threads, p, err)
		}
	}
	if _, err := parseStat(7, []byte("7 (app) S 1")); err == nil || !strings.Contains(err.Error(), "/proc/7/stat") {
		t.Errorf("a short line: error = %v", err)
	}
}
