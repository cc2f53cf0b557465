package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-dap"
	"golang.org/x/sys/unix"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// status asks the daemon.
func (d *debugged) status() protocol.Status {
	d.Helper()
	var s protocol.Status
	if err := json.Unmarshal([]byte(d.hotdev("status", "--json")), &s); err != nil {
		d.Fatal(err)
	}
	return s
}

// tracer returns the process that debugs pid.
func tracer(t testing.TB, pid int) int {
	t.Helper()
	thread := statusNumber(t, pid, "TracerPid")
	if thread == 0 {
		t.Fatalf("nobody debugs process %d", pid)
	}
	return statusNumber(t, thread, "Tgid")
}

// statusNumber is a number of /proc/PID/status, proc_pid_status(5).
func statusNumber(t testing.TB, pid int, name string) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			if n, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}

// handle opens a process, so that its end can be waited for whosever child it is.
func handle(t testing.TB, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// ends fails unless the process of a handle ends.
func ends(t testing.TB, what string, fd int) {
	t.Helper()
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, int(failsafe/time.Millisecond))
		if err == unix.EINTR {
			continue
		}
		if n != 1 {
			t.Fatalf("%s lives on (%v)", what, err)
		}
		return
	}
}

// both starts the app twice: Delve holds it because it has joined it, and because
// it has started it.
func both(t *testing.T, check func(t *testing.T, d *debugged, c *debugClient)) {
	for _, how := range []string{"joined", "started"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			d := startDebugged(t)
			c, _ := d.client()
			c.attach("test", d.main, d.line("// stop here"))
			if how == "started" {
				d.edit("n := 40", "n := 41")
				event[struct{}](c, "hotdev/reloaded")
			}
			check(t, d, c)
		})
	}
}

// mends saves, and wants the breakpoint to be hit as before.
func mends(t *testing.T, d *debugged, c *debugClient) {
	t.Helper()
	d.edit("return n + 2", "return n + 3")
	event[struct{}](c, "hotdev/reloaded")
	answer := d.get("/greet?name=again")
	thread, _, locals := c.stopped()
	if locals["name"] != `"again"` {
		t.Errorf("the app stands with %v", locals)
	}
	c.goOn(thread)
	d.want(answer, "hello, again")
}

func TestAKilledAppIsACrashWithADebuggerToo(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d *debugged, c *debugClient) {
		if err := syscall.Kill(d.status().Running.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if _, err := d.run.expect(regexp.MustCompile("● crashed.*killed")); err != nil {
			t.Fatalf("%v\n%s", err, d.run.transcript())
		}
		mends(t, d, c)
	})
}

func TestAKilledDelveIsACrashOfTheApp(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d *debugged, c *debugClient) {
		answer := d.get("/greet?name=lost")
		c.stopped()
		app := d.status().Running.PID
		running := handle(t, app)
		if err := syscall.Kill(tracer(t, app), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		ends(t, "the app", running)
		if got := <-answer; strings.HasPrefix(got, "hello") {
			t.Errorf("the app answered %q", got)
		}
		if _, err := d.run.expect(regexp.MustCompile("● crashed")); err != nil {
			t.Fatalf("%v\n%s", err, d.run.transcript())
		}
		mends(t, d, c)
	})
}

func TestNothingIsLeftOfAKilledDaemonsDebugger(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, d *debugged, c *debugClient) {
		d.get("/greet?name=lost")
		c.stopped()
		app := d.status().Running.PID
		running, debugging := handle(t, app), handle(t, tracer(t, app))
		if err := d.run.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		ends(t, "the app", running)
		ends(t, "Delve", debugging)
	})
}

// TestAnEditorKilledWhileItSteps leaves the app to the editor that is left, and,
// when that has left as well, to itself. Whether the step comes to its end is
// open: Delve gives it up if the breakpoints change meanwhile.
func TestAnEditorKilledWhileItSteps(t *testing.T) {
	t.Parallel()
	d := startDebugged(t)
	stepping, bridge := d.client()
	watching, other := d.client()
	stepping.attach("stepping", d.main, d.line("// stop here"))
	watching.attach("watching", d.main)
	answer := d.get("/greet?name=x")
	thread, _, _ := stepping.stopped()
	if got := event[dap.StoppedEventBody](watching, "stopped"); got.ThreadId != thread {
		t.Errorf("the watching editor sees thread %d, want %d", got.ThreadId, thread)
	}
	call[struct{}](stepping, "next", dap.NextArguments{ThreadId: thread})
	event[dap.ContinuedEventBody](watching, "continued")
	if err := bridge.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	set := watching.setBreakpoints(d.main, d.line("n := 40"))
	if len(set) != 1 || !set[0].Verified {
		t.Errorf("the editor that is left sets %+v", set)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	d.want(answer, "hello, x")
	d.want(d.get("/greet?name=y"), "hello, y") // its breakpoint has gone with it
}
