//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/hotdev/hotdev/debug"
	"github.com/hotdev/hotdev/session/run"
	"github.com/hotdev/hotdev/session/target"
)

// TestKilledHost shows that an app does not survive the host that held it, and
// that it is said why.
func TestKilledHost(t *testing.T) {
	for way, start := range ways {
		if way == "let go" {
			continue
		}
		t.Run(way, func(t *testing.T) {
			r := newRig(t, newFront(t, "WORK"))
			a, gen := start(r, spec(t, "graceful"))
			a.tell("work x")
			gen.stop()
			fd := pidfd(t, a.PID())
			if err := syscall.Kill(tracer(t, a.PID()), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			// It may run into a breakpoint that was left before it is killed.
			if exit := a.ended(); exit.Signal == "" || exit.Stopped {
				t.Errorf("exit %+v, want a signal, and not as if it had been asked to stop", exit)
			}
			gone(t, fd)
			var last string
			for len(a.err.c) > 0 {
				last = <-a.err.c
			}
			if !strings.HasPrefix(last, "hotdev: the debugger's process ended") {
				t.Errorf("the app's error output ends with %q, want what became of the debugger", last)
			}
			r.state(debug.StateIdle)
		})
	}
}

// daemon is a hotdev that runs an app under the debugger until it is killed:
// "daemon", its directory, the program of its hosts, the app, whether that is to
// be launched under Delve, and the state after it.
func daemon(args []string) (handled bool, code int) {
	if len(args) != 6 || args[0] != "daemon" {
		return false, 0
	}
	ctx := context.Background()
	f := &front{begun: make(chan *session, 10)}
	r := debug.New(debug.Options{
		Exe:   args[2],
		Plain: run.New(run.Options{Exe: must(os.Executable()), StateDir: args[1] + "/state"}),
		Dir:   args[1] + "/sockets",
		Front: f,
	})
	r.Set(debug.Wish{Wanted: args[4] == "launched"})
	p := must(r.Start(ctx, target.Spec{
		Binary: target.Binary{Path: args[3]},
		Env:    os.Environ(),
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Debug:  &target.Debug{},
	}))
	r.Set(debug.Wish{Wanted: args[5] == debug.StateAttached})
	if args[5] == debug.StateAttached {
		<-f.begun
	}
	for r.State().State != args[5] {
		<-r.Changed()
	}
	fmt.Println("pid", p.PID())
	<-p.Exited()
	return true, 1
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestKilledDaemon shows that nothing survives the daemon.
func TestKilledDaemon(t *testing.T) {
	path := build(t, debuggable...)
	for _, how := range [][2]string{
		{"launched", debug.StateAttached},
		{"plain", debug.StateAttached},
		{"launched", debug.StateIdle},
	} {
		t.Run(how[0]+", "+how[1], func(t *testing.T) {
			cmd := exec.Command(must(os.Executable()), "daemon", socketDir(t), hostProgram(t), path, how[0], how[1])
			cmd.Stderr = t.Output()
			in, out := must(cmd.StdinPipe()), must(cmd.StdoutPipe())
			defer in.Close()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var pid int
			for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
				fmt.Sscanf(lines.Text(), "pid %d", &pid)
			}
			if pid == 0 {
				t.Fatal("the daemon says nothing of its app")
			}
			host := tracer(t, pid)
			if how[1] == debug.StateIdle {
				host = status(t, pid, "PPid")
			}
			fds := []int{pidfd(t, pid), pidfd(t, host)}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			for _, fd := range fds {
				gone(t, fd)
			}
		})
	}
}
