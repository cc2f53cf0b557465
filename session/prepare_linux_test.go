//go:build amd64 || arm64

package session_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/target"
)

// preparing is a Runner that tells of processes that are let go before their start.
type preparing struct {
	target.Runner
	letGo func()
}

func (p preparing) Prepare(ctx context.Context, s target.Spec) (func(), error) {
	letGo, err := p.Runner.Prepare(ctx, s)
	return func() {
		letGo()
		p.letGo()
	}, err
}

// preparer is a typist whose saves processes wait for.
type preparer struct {
	*typist
	slots     string // of the executables
	gone      atomic.Int32
	meanwhile func() // is done when a process was let go
}

func openPreparer(t *testing.T, files string) *preparer {
	t.Helper()
	cache, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &preparer{slots: filepath.Join(cache, "slots"), meanwhile: func() {}}
	p.typist = openTypist(t, files, func(o *session.Options) {
		o.CacheDir, o.Runner = cache, preparing{o.Runner, func() {
			p.gone.Add(1)
			p.meanwhile()
		}}
	})
	return p
}

// processes returns those of the app, by whether they wait.
func (p *preparer) processes() (waiting, running []int) {
	p.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		p.Fatal(err)
	}
	for _, file := range files {
		exe, _ := os.Readlink(file) // it may have ended
		stat, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "stat"))
		_, state, _ := strings.Cut(string(stat), ") ")
		if !strings.HasPrefix(exe, p.slots) || state == "" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		switch {
		case err != nil:
			p.Fatal(err)
		case state[0] == 'T':
			waiting = append(waiting, pid)
		case state[0] != 'Z':
			running = append(running, pid)
		}
	}
	return waiting, running
}

// waits types a greeting and returns the process that waits for its save.
func (p *preparer) waits(word string) (pid int) {
	p.Helper()
	p.types(greeting, fmt.Sprintf(greets, word))
	p.hears("a process waits for the save")
	p.await("one process waits", func(waiting, _ []int) bool {
		if len(waiting) == 1 {
			pid = waiting[0]
		}
		return len(waiting) == 1
	})
	return pid
}

// await waits until the app's processes are so.
func (p *preparer) await(what string, met func(waiting, running []int) bool) {
	p.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
		waiting, running := p.processes()
		if met(waiting, running) {
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("%s is not so: %v wait, %v run", what, waiting, running)
		}
	}
}

// none waits until no process waits, and one runs.
func (p *preparer) none() {
	p.Helper()
	p.await("none waits", func(waiting, running []int) bool { return len(waiting) == 0 && len(running) == 1 })
}

// TestAProcessWaitsForTheSave holds that it becomes the app with the save, and runs
// before that is built only if nothing has to come first.
func TestAProcessWaitsForTheSave(t *testing.T) {
	t.Parallel()
	for config, early := range map[string]bool{
		"": true,
		"[run]\nbefore = [[\"sh\", \"-c\", \"echo before >> befores\"]]\n": false,
		"[run]\nexclusive = true\n":                                        false,
		"[proxy]\nenabled = false\n":                                       false,
	} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			p := openPreparer(t, hello+"-- hotdev.toml --\n"+config)
			old := "one"
			for _, word := range []string{"two", "three", "after a crash"} {
				if word == "after a crash" {
					_, _ = p.tryGet("/exit")
					p.until("state crashed", func() bool { return p.status.State == session.Crashed })
				} else {
					p.answers(old)
				}
				pid := p.waits(word)
				p.gone.Store(0)
				p.saves(greeting, fmt.Sprintf(greets, word))
				if r := p.reload(session.Swapped); !r.Ahead {
					t.Errorf("the reload: %+v", r)
				}
				p.answers(word)
				old = word
				if s := p.Status(); s.Running.PID != pid {
					t.Errorf("process %d runs, %d has waited", s.Running.PID, pid)
				}
				if gone := p.gone.Load(); gone != map[bool]int32{true: 1}[early] {
					t.Errorf("%d processes were let go before the build", gone)
				}
			}
			if strings.Contains(config, "before") && strings.Count(p.read("befores"), "before") != 4 {
				t.Errorf("before is %q", p.read("befores"))
			}
		})
	}
}

// TestEveryStateIsTold holds that no state is left out while nobody is woken.
func TestEveryStateIsTold(t *testing.T) {
	t.Parallel()
	p := openPreparer(t, hello)
	p.waits("told")
	p.saves(greeting, fmt.Sprintf(greets, "told"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var states []session.State
	for !slices.Contains(states, session.Starting) || states[len(states)-1] != session.Running {
		notices, err := p.sub.Next(ctx)
		if err != nil {
			t.Fatalf("%v after the states %v", err, states)
		}
		for _, n := range notices {
			if n, ok := n.(session.StatusChanged); ok {
				states = append(states, n.Status.State)
			}
		}
	}
	if !slices.Contains(states, session.Building) || p.gone.Load() != 1 {
		t.Errorf("the states %v were told, %d processes let go", states, p.gone.Load())
	}
}

// TestAProcessWaitsInVain holds that it ends with what it waits for, and that
// another save is served by another one.
func TestAProcessWaitsInVain(t *testing.T) {
	t.Parallel()
	p := openPreparer(t, hello+"-- page2.html --\n")
	first := p.waits("typed")
	if second := p.waits("typed on"); second == first {
		t.Errorf("%d waits on", first)
	}
	p.saves(greeting, fmt.Sprintf(greets, "something else"))
	p.reload(session.Swapped)
	p.answers("something else")
	p.none()

	p.waits("given up")
	p.Buffer(filepath.Join(p.dir, greeting), nil)
	p.none()

	p.waits("not to run")
	p.types(greeting, "package text\n\nvar Greeting = undefined\n")
	p.none()

	p.waits("not to run any more")
	if _, err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.await("none is left", func(waiting, running []int) bool { return len(waiting)+len(running) == 0 })
	if gone := p.gone.Load(); gone != 0 {
		t.Errorf("%d processes were let go", gone)
	}
}

// TestLetGoInVain holds that what was let go never serves when the build finds that
// something else has changed, too.
func TestLetGoInVain(t *testing.T) {
	t.Parallel()
	p := openPreparer(t, hello)
	pid := p.waits("alone")
	p.meanwhile = func() { p.edit("main.go", "text.Greeting,", `text.Greeting, " with more",`) }
	p.saves(greeting, fmt.Sprintf(greets, "alone"))
	if r := p.reload(session.Swapped); r.Ahead {
		t.Errorf("the reload: %+v", r)
	}
	p.answers("alone with more")
	p.until("all saves are served", func() bool { return p.status.State == session.Running })
	p.none()
	if _, running := p.processes(); running[0] == pid || p.gone.Load() != 1 {
		t.Errorf("%d was let go %d times, %v runs", pid, p.gone.Load(), running)
	}
}
