//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/hotdev/hotdev/session/run/redirect/refuse"
)

// hotdev is the program under test.
var hotdev string

// TestMain builds the real program: it starts itself again as its own helpers.
// With the arguments refuse PROGRAM ARGS… the test binary becomes a program that
// can't move ports.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "refuse" {
		fmt.Fprintln(os.Stderr, refuse.Exec(os.Args[2:]))
		os.Exit(1)
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hotdev-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	hotdev = filepath.Join(dir, "hotdev")
	if out, err := exec.Command("go", "build", raceFlag, "-o", hotdev, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building hotdev: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// lastPort is the port that freePort has tried last.
var lastPort atomic.Int32

// freePort returns a TCP port that nobody uses. It is below those that the
// system gives out by itself, so that it stays free.
func freePort(t testing.TB) string {
	t.Helper()
	lastPort.CompareAndSwap(0, int32(20_000+os.Getpid()%9_000))
	for range 1000 {
		port := strconv.Itoa(int(lastPort.Add(1)))
		ln, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		ln.Close()
		return port
	}
	t.Fatal("no port is free")
	return ""
}

// testEnviron is the environment of hotdev in a test: its directories are the
// test's own, the go command's cache is shared.
func testEnviron(t testing.TB, home string) []string {
	t.Helper()
	goEnv := func(name string) string {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatalf("go env %s: %v", name, err)
		}
		return string(out[:len(out)-1])
	}
	// A socket's path is short; a test's directory may not be.
	sockets, err := os.MkdirTemp("", "hd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	return []string{
		"PORT=" + freePort(t),
		"PATH=" + filepath.Dir(hotdev) + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"HOME=" + home,
		"XDG_RUNTIME_DIR=" + sockets,
		"XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"XDG_STATE_HOME=" + filepath.Join(home, "state"),
		"GOCACHE=" + goEnv("GOCACHE"),
		"GOMODCACHE=" + goEnv("GOMODCACHE"),
		"GOPROXY=off",
		"GOTOOLCHAIN=local",
		"GOFLAGS=-buildvcs=false",
		"GORACE=atexit_sleep_ms=0",
		"NO_COLOR=",
		"TERM=xterm",
	}
}
