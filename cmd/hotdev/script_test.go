//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// TestScripts runs testdata/script: the real program, real builds, and small
// real apps. Beside testscript's own commands there are
//
//	start [-stdin FILE] NAME PROGRAM ARGS…   run it beside the script
//	expect NAME REGEXP                       wait for a line of its output, and take it
//	signal NAME INT|TERM|HUP|KILL            send it a signal
//	ended NAME [CODE]                        wait until it has ended, with CODE (0) or by a signal (-1)
//	code N PROGRAM ARGS…                     run it; it must exit with N
//	listen                                   listen on a TCP port; its address becomes $LISTENING
//	get PATH                                 GET from the running app; the body becomes stdout
//	hold NAME                                open a connection to the app, and keep it
//	dropped NAME                             wait until the other side of it is gone
//
// and, as a program, $REFUSE refuse PROGRAM ARGS…, which runs it where ports
// can't be moved.
func TestScripts(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, testEnviron(t, filepath.Join(e.WorkDir, ".home"))...)
			e.Setenv("REFUSE", self)
			e.Values[processesKey{}] = processes{}
			e.Values[connectionsKey{}] = connections{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":   cmdStart,
			"expect":  cmdExpect,
			"signal":  cmdSignal,
			"ended":   cmdEnded,
			"code":    cmdCode,
			"listen":  cmdListen,
			"get":     cmdGet,
			"hold":    cmdHold,
			"dropped": cmdDropped,
			"learned": cmdLearned,
		},
		RequireUniqueNames: true,
	})
}

// failsafe is how long an event may take before the test fails; no test waits
// for it to pass.
const failsafe = 60 * time.Second

// running asks the daemon for the version that serves.
func running(ts *testscript.TestScript) protocol.Running {
	cmd := exec.Command(hotdev, "status", "--json")
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = scriptEnviron(ts)
	out, err := cmd.Output()
	ts.Check(err)
	var st protocol.Status
	ts.Check(json.Unmarshal(out, &st))
	if st.Running == nil || len(st.Running.Listeners) == 0 {
		ts.Fatalf("the app does not listen: %s", out)
	}
	return *st.Running
}

func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: get PATH")
	}
	client := http.Client{Timeout: failsafe}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + running(ts).Address + args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s", body)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("GET %s: %s", args[0], resp.Status)
	}
}

// cmdLearned waits until hotdev knows how to build a change of a file by itself.
func cmdLearned(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: learned FILE")
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(failsafe); ; <-tick.C {
		cmd := exec.Command(hotdev, "why", args[0], "--json")
		cmd.Dir, cmd.Env = ts.MkAbs("."), scriptEnviron(ts)
		out, err := cmd.Output()
		ts.Check(err)
		var why protocol.WhyResult
		ts.Check(json.Unmarshal(out, &why))
		if why.Build != nil && why.Build.Method == protocol.BuildIncremental {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("how to build a change of %s is not learned: %s", args[0], out)
		}
	}
}

func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	program := args[1]
	if program == "hotdev" {
		program = hotdev // $PATH may be empty
	}
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(program, args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("it exited with %d, want %d", code, want)
	}
}

func cmdListen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: listen")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ln.Close() })
	ts.Setenv("LISTENING", ln.Addr().String())
}
