//go:build linux && (amd64 || arm64)

package redirect

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary is also the app: the first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "app" {
		app(os.Args[2:])
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "parent" { // its child listens
		cmd := exec.Command("/proc/self/exe", append([]string{"app"}, os.Args[2:]...)...)
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
		if err := cmd.Run(); err != nil {
			fmt.Println("error:", err)
		}
		return
	}
	os.Exit(m.Run())
}

// app listens on each network=address argument, prints a line for each and for
// the end of its standard input closes them. Every connection gets the address
// that was asked for. "reuse:" before the network sets SO_REUSEPORT.
func app(args []string) {
	for _, arg := range args {
		network, address, _ := strings.Cut(arg, "=")
		var config net.ListenConfig
		if rest, ok := strings.CutPrefix(network, "reuse:"); ok {
			network = rest
			config.Control = func(_, _ string, c syscall.RawConn) (err error) {
				_ = c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
				return err
			}
		}
		if network == "udp" {
			c, err := net.ListenPacket(network, address)
			if err != nil {
				fmt.Println("error:", err)
				continue
			}
			fmt.Println(c.LocalAddr())
			continue
		}
		l, err := config.Listen(context.Background(), network, address)
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println(l.Addr())
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				fmt.Fprint(c, address)
				c.Close()
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// redirected is an app under a Redirector.
type redirected struct {
	*Redirector
	lines   []string     // that it printed, one for each address
	listens atomic.Int32 // how often it was told that it does
}

// run starts the test binary in mode under a Redirector.
func run(t *testing.T, policy Policy, mode string, addresses ...string) *redirected {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", append([]string{mode}, addresses...)...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r := &redirected{}
	told := Told{
		Bound:   func(Binding) {},
		Missed:  func(asked netip.AddrPort, err error) { t.Errorf("%v: %v", asked, err) },
		Listens: func() { r.listens.Add(1) },
	}
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() { // the thread ends with the goroutine
		runtime.LockOSThread()
		var err error
		if r.Redirector, err = Install(policy, told); err == nil {
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			<-ended
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	for out := bufio.NewScanner(stdout); len(r.lines) < len(addresses) && out.Scan(); {
		r.lines = append(r.lines, out.Text())
	}
	t.Cleanup(func() {
		stdin.Close()
		err := cmd.Wait()
		ended <- err
		if err != nil {
			t.Error(err)
		}
		r.Close()
	})
	if len(r.lines) != len(addresses) {
		t.Fatalf("the app printed %q for %q", r.lines, addresses)
	}
	return r
}

func allow(string, netip.AddrPort) error { return nil }

// freePort returns a TCP port that nobody uses.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answer connects and returns what the app sends.
func answer(t *testing.T, address string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestEveryFamilyIsRedirectedToLoopback(t *testing.T) {
	for _, mode := range []string{"app", "parent"} {
		t.Run(mode, func(t *testing.T) {
			var asked []string
			for _, host := range []string{"tcp=:", "tcp4=0.0.0.0:", "tcp=127.0.0.1:", "tcp6=[::]:", "tcp=[::1]:"} {
				asked = append(asked, host+freePort(t))
			}
			var networks []string
			r := run(t, func(network string, _ netip.AddrPort) error { networks = append(networks, network); return nil }, mode, asked...)
			got := r.Bindings()
			if len(got) != len(asked) || r.listens.Load() != int32(len(asked)) {
				t.Fatalf("bindings %v, and it listens %d times, want one for each of %v", got, r.listens.Load(), asked)
			}
			for i, b := range got {
				_, address, _ := strings.Cut(asked[i], "=")
				if !b.Actual.Addr().IsLoopback() || b.Actual.Port() == b.Asked.Port() {
					t.Errorf("%s ended up at %s", address, b.Actual)
				}
				if !strings.HasSuffix(address, fmt.Sprintf(":%d", b.Asked.Port())) {
					t.Errorf("binding %d says that %s was asked for, not %s", i, b.Asked, address)
				}
				if got := answer(t, b.Actual.String()); got != address {
					t.Errorf("%s answers %q, want %q", b.Actual, got, address)
				}
				if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.Asked.Port())); err == nil {
					c.Close()
					t.Errorf("%s itself is in use", address)
				}
			}
			if want := []string{"tcp", "tcp4", "tcp4", "tcp6", "tcp"}; !slices.Equal(networks, want) {
				t.Errorf("networks %q, want %q", networks, want)
			}
		})
	}
}

func TestTwoVersionsRunSideBySide(t *testing.T) {
	address := "tcp=:" + freePort(t)
	first := run(t, allow, "app", address)
	second := run(t, allow, "app", address)
	a, b := first.Bindings(), second.Bindings()
	if len(a) != 1 || len(b) != 1 || a[0].Asked != b[0].Asked || a[0].Actual == b[0].Actual {
		t.Fatalf("bindings %v and %v", a, b)
	}
}

func TestOtherBindsAreLeftAlone(t *testing.T) {
	port := freePort(t)
	socket := t.TempDir() + "/s"
	r := run(t, allow, "app", "udp=127.0.0.1:"+port, "unix="+socket, "tcp=127.0.0.1:0")
	if got := r.Bindings(); len(got) != 0 || r.listens.Load() != 0 {
		t.Errorf("redirected %v, listens %d times", got, r.listens.Load())
	}
	if r.lines[0] != "127.0.0.1:"+port || r.lines[1] != socket || strings.HasPrefix(r.lines[2], "error") {
		t.Errorf("the app got %q", r.lines)
	}
}

func TestAPortInUseByTheAppItselfIsRefused(t *testing.T) {
	address := "tcp=127.0.0.1:" + freePort(t)
	r := run(t, allow, "app", address, address)
	if !strings.Contains(r.lines[1], "address already in use") {
		t.Errorf("the second listener got %q", r.lines[1])
	}
}

func TestReusePortSharesTheActualPort(t *testing.T) {
	address := "reuse:tcp=127.0.0.1:" + freePort(t)
	r := run(t, allow, "app", address, address)
	if r.lines[0] != r.lines[1] || len(r.Bindings()) != 1 || r.listens.Load() != 2 {
		t.Errorf("the listeners got %q, bindings %v, %d listen", r.lines, r.Bindings(), r.listens.Load())
	}
}

func TestPolicyRefuses(t *testing.T) {
	refuse := func(string, netip.AddrPort) error { return fmt.Errorf("no: %w", unix.EACCES) }
	r := run(t, refuse, "app", "tcp=127.0.0.1:"+freePort(t))
	if !strings.Contains(r.lines[0], "permission denied") || len(r.Bindings()) != 0 {
		t.Errorf("the app got %q, bindings %v", r.lines[0], r.Bindings())
	}
}
