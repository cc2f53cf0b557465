package session_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
)

// debuggable is an editor in a workspace whose app runs, was built without debug
// information, and can be debugged.
type debuggable struct {
	*typist
	debugger *debugger
	cache    string
}

func openDebuggable(t *testing.T, files string) *debuggable {
	t.Helper()
	h := told{slog.DiscardHandler, make(chan string, 10_000)}
	d := &debugger{changed: make(chan struct{}, 1), state: session.DebuggerState{State: session.DebugIdle}}
	cache := t.TempDir()
	w := open(t, files, func(o *session.Options) {
		d.Runner = o.Runner
		o.Runner, o.Debugger, o.CacheDir, o.Logger = d, d, cache, slog.New(h)
	})
	w.reload(session.Swapped)
	w.running()
	w.learned(greeting)
	linker(t, cache, usualPriority) // the program is linked by it, and so is its twin
	w.edit(greeting, "one", "two")
	w.reload(session.Swapped)
	w.running()
	return &debuggable{&typist{w, h}, d, cache}
}

// twins are the files with debug information beside the programs.
func (e *debuggable) twins() []string {
	e.Helper()
	files, err := filepath.Glob(filepath.Join(e.cache, "slots", "*", ".build-id", "??", "*.debug"))
	if err != nil {
		e.Fatal(err)
	}
	return files
}

// twinOfApp fails unless there is debug information beside the program that was
// started last, and no other.
func (e *debuggable) twinOfApp() {
	e.Helper()
	if list := e.twins(); len(list) != 1 || !strings.HasPrefix(list[0], filepath.Dir(e.debugger.last().Binary.Path)) {
		e.Errorf("the debug information is %v", list)
	}
}

// opens opens a file in the editor.
func (e *debuggable) opens(name string) { e.types(name, e.read(name)) }

const (
	aheadMade = "debug information was made ahead"
	aheadNone = "no debug information is made ahead because="
)

// findLinker returns a linker that loads dependencies first and has the priority
// that getpriority(2) tells; 0 for none.
func findLinker(t *testing.T, cache string, priority int) (pid int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		if is, _ := syscall.Getpriority(syscall.PRIO_PROCESS, pid); is != priority {
			continue // to read all of them would take too long
		}
		if data, _ := os.ReadFile(file); strings.Contains(string(data), "HOTDEV_EARLY="+cache) { // else it may have ended
			return pid
		}
	}
	return 0
}

// linker waits for what findLinker finds.
func linker(t *testing.T, cache string, priority int) (pid int) {
	t.Helper()
	for deadline := time.After(patience); ; {
		if pid := findLinker(t, cache, priority); pid != 0 {
			return pid
		}
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatal("there is no such linker")
		}
	}
}

const (
	usualPriority = 20
	lowPriority   = usualPriority - 10
)

// stopsTwin stops the linker that makes debug information ahead, once there is
// one.
func (e *debuggable) stopsTwin() {
	e.Helper()
	if err := syscall.Kill(linker(e.T, e.cache, lowPriority), syscall.SIGSTOP); err != nil {
		e.Fatal(err)
	}
}

// TestTwinWhileIdle holds that debug information is there before a debugger comes
// once one was there before, and not earlier.
func TestTwinWhileIdle(t *testing.T) {
	t.Parallel()
	e := openDebuggable(t, hello)
	e.hears(aheadNone + "no editor holds a file, and there was no debugger")
	e.debugger.set(func(s *session.DebuggerState) { s.Clients = 1 })
	e.until("a debugger", func() bool { return e.status.Debug.Clients == 1 })
	e.debugger.set(func(s *session.DebuggerState) { s.Clients = 0 })
	if m := e.hears(aheadMade); !strings.HasSuffix(m, "err=<nil>") || !strings.Contains(m, "tried=true") {
		t.Fatal(m)
	}
	e.twinOfApp()
}

// TestASaveEndsTheTwin holds that with an editor debug information is made ahead,
// that a save ends that, and that the version which comes of it gets its own.
func TestASaveEndsTheTwin(t *testing.T) {
	t.Parallel()
	e := openDebuggable(t, hello)
	e.opens(greeting)
	e.stopsTwin()
	e.saves(greeting, strings.Replace(e.read(greeting), "two", "three", 1))
	e.reload(session.Swapped)
	e.answers("three")
	if m := e.hears(aheadMade); !strings.HasSuffix(m, "err=context canceled") {
		t.Error(m)
	}
	if list := e.twins(); len(list) != 0 {
		t.Errorf("it left %v", list)
	}
	e.hears(aheadMade)
	e.twinOfApp()
}

// TestNoTwin holds that nothing is made ahead of a debugger that can't come, nor
// without an app.
func TestNoTwin(t *testing.T) {
	t.Parallel()
	e := openDebuggable(t, hello+"-- hotdev.toml --\n[debug]\nmode = \"off\"\n")
	e.opens(greeting)
	e.hears(aheadNone + `[debug] mode = "off"`)
	if _, err := e.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.opens(greeting)
	e.hears(aheadNone + "no version serves")
}
