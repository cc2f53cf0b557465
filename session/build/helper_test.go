package build_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// The test executable serves as a -toolexec program, and as a part of a custom
// command, when these variables are set.
const (
	gateAddress = "HOTDEV_TEST_GATE"         // where to ask for leave to go on
	gatePackage = "HOTDEV_TEST_GATE_PACKAGE" // import path whose compiler has to ask; "" only when run alone
)

func TestMain(m *testing.M) {
	address := os.Getenv(gateAddress)
	switch {
	case address == "":
		os.Exit(m.Run())
	case len(os.Args) == 1:
		pass(address)
	case strings.TrimSuffix(filepath.Base(os.Args[1]), ".exe") == "compile" && os.Getenv("TOOLEXEC_IMPORTPATH") == os.Getenv(gatePackage) && !slices.Contains(os.Args, "-V=full"):
		pass(address)
		fallthrough
	default:
		cmd := exec.Command(os.Args[1], os.Args[2:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := cmd.Run()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		} else if err != nil {
			os.Exit(125)
		}
	}
}

// pass waits at the gate until it is opened, which is when the test closes the
// connection.
func pass(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		os.Exit(126)
	}
	_, _ = io.Copy(io.Discard, conn)
}

// gate holds processes of a build up.
type gate struct{ net.Listener }

func newGate(t *testing.T) gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return gate{l}
}

// env makes the compiler of package pkg wait.
func (g gate) env(pkg string) []string {
	return append(os.Environ(), gateAddress+"="+g.Addr().String(), gatePackage+"="+pkg)
}

// arrive waits for a process at the gate.
func (g gate) arrive(t *testing.T) net.Conn {
	t.Helper()
	conn, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// mustBeGone fails when the process at the other end does not hang up.
func mustBeGone(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a process of the build lives on")
	}
}

// project is a module on the disk with a Builder for it.
type project struct {
	*testing.T
	root, cache string
	builder     *build.Builder
}

// newProject writes the files of a txtar archive; go.mod is made when it is not
// among them.
func newProject(t *testing.T, files string) *project {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &project{T: t, root: filepath.Join(dir, "my app"), cache: filepath.Join(dir, "cache")}
	p.write("go.mod", "module example.com/app\n\ngo 1.26\n")
	for _, f := range txtar.Parse([]byte(files)).Files {
		p.write(f.Name, string(f.Data))
	}
	p.builder = build.New(build.Options{CacheDir: p.cache})
	return p
}

func (p *project) path(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }

func (p *project) write(name, content string) {
	p.Helper()
	if err := p.save(name, content); err != nil {
		p.Fatal(err)
	}
}

// save is write for benchmarks.
func (p *project) save(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o700); err != nil {
		return err
	}
	return os.WriteFile(p.path(name), []byte(content), 0o600)
}

func (p *project) read(name string) (string, error) {
	data, err := os.ReadFile(p.path(name))
	return string(data), err
}

// replace edits a file.
func (p *project) replace(name, old, new string) {
	p.Helper()
	p.write(name, p.edited(name, old, new))
}

// edited returns what replace would write.
func (p *project) edited(name, old, new string) string {
	p.Helper()
	text, err := p.read(name)
	if err != nil {
		p.Fatal(err)
	}
	if !strings.Contains(text, old) {
		p.Fatalf("%s has no %q", name, old)
	}
	return strings.ReplaceAll(text, old, new)
}

// build builds the module's root package.
func (p *project) build(r build.Request) build.Result {
	p.Helper()
	r.Root = p.root
	return p.builder.Build(p.Context(), r)
}

// mustBuild builds and requires an executable.
func (p *project) mustBuild(r build.Request) build.Result {
	p.Helper()
	res := p.build(r)
	if res.Binary == nil || res.Err != nil {
		p.Fatalf("no executable: %v\n%s", res.Err, show(res.Diagnostics))
	}
	return res
}

// run runs an executable and returns what it prints.
func run(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), path).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, out)
	}
	return string(out)
}

func show(list []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(filepath.Base(d.File) + ": " + d.Code + ": " + d.Message + "\n")
	}
	return b.String()
}

// cancelWhen returns a context that ends when f returns.
func cancelWhen(t *testing.T, f func()) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
		cancel()
	}()
	t.Cleanup(func() { <-done })
	return ctx
}
