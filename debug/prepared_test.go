//go:build linux && (amd64 || arm64)

package debug_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/debug"
)

// TestPrepared holds that an app that waits for its start is held for Delve before it
// has run, if a debugger is wanted by then, and else runs as any other.
func TestPrepared(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		r := newRig(t, newFront(t, "IN INIT"))
		s := spec(t)
		s.Binary.BuildID = "app"
		s.Stdin, s.Stdout, s.Stderr = new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)
		if _, err := r.Prepare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		waits := stoppedChild(t)
		r.Set(debug.Wish{Wanted: wanted})
		out := newLines()
		s.Stdin, s.Stdout, s.Stderr = strings.NewReader("work x\n"), out, newLines()
		p, err := r.Start(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if p.PID() != waits {
			t.Errorf("wanted %v: process %d is the app, %d has waited", wanted, p.PID(), waits)
		}
		if wanted {
			g := r.front.generation()
			if !g.AtEntry || g.PID != waits {
				t.Errorf("generation %+v", g.Generation)
			}
			g.stop() // in the app's init
			g.resume()
		}
		a := &app{t: t, Process: p, out: out}
		a.up()
		out.next(t, "worked")
		p.Stop(t.Context())
	}
}

// TestNotPrepared holds that no app waits that has to be a host's child.
func TestNotPrepared(t *testing.T) {
	r := newRig(t, newFront(t))
	r.ByParent()
	if _, err := r.Prepare(t.Context(), spec(t)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	plain := spec(t)
	plain.Debug = nil
	if _, err := r.Prepare(t.Context(), plain); err != nil {
		t.Errorf("nobody is to debug it: %v", err)
	}
}

// stoppedChild waits until a child of this process is stopped.
func stoppedChild(t *testing.T) (pid int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for giveUp := time.Now().Add(20 * time.Second); time.Now().Before(giveUp); <-tick.C {
		files, err := filepath.Glob("/proc/[0-9]*/stat")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			stat, _ := os.ReadFile(file) // it may have ended
			_, rest, _ := strings.Cut(string(stat), ") ")
			if !strings.HasPrefix(rest, "T "+strconv.Itoa(os.Getpid())+" ") {
				continue
			}
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatal("no child is stopped")
	return 0
}
