//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
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

// Ports for tests are below those that the system gives out by itself, so that
// they stay free. A test process takes them from blocks that no other one has: it
// listens on a block's first port for as long as it lives.
const (
	firstBlock = 20_000
	afterLast  = 32_000 // the first port of no block
	blockSize  = 100
)

// ports are those that this process has not given to a test yet.
var ports struct {
	mu        sync.Mutex
	next, end int
	holds     []net.Listener // on the first ports of the blocks
}

// freePort returns a TCP port that nobody uses, nor will.
func freePort(t testing.TB) string {
	t.Helper()
	ports.mu.Lock()
	defer ports.mu.Unlock()
	for {
		if ports.next == ports.end && !takeBlock() {
			t.Fatal("other tests have all blocks of ports")
		}
		ln, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", ports.next))
		ports.next++
		if err == nil {
			ln.Close()
			return strconv.Itoa(ports.next - 1)
		}
	}
}

// takeBlock takes a block of ports, if there is one. ports.mu is held.
func takeBlock() bool {
	for first := firstBlock; first < afterLast; first += blockSize {
		if ln, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", first)); err == nil {
			ports.holds = append(ports.holds, ln)
			ports.next, ports.end = first+1, first+blockSize
			return true
		}
	}
	return false
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
