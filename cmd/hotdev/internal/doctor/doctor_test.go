package doctor

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The test binary is also what the checks try something with.
func TestMain(m *testing.M) {
	if handled, code := Helper(os.Args[1:]); handled {
		syscall.Exit(code) // os.Exit takes a second under the race detector
	}
	os.Exit(m.Run())
}

// self is the test binary.
func self(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// find returns the finding of a check.
func find(t *testing.T, all []Finding, check string) Finding {
	t.Helper()
	for _, f := range all {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("no finding of %s in %+v", check, all)
	return Finding{}
}

// TestHealthy makes the checks where all is well; the machine itself may have
// reasons for warnings.
func TestHealthy(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com/app\n\ngo 1.24\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(t.TempDir(), "new", "cache")
	all := Check(t.Context(), Options{Root: root, Environ: os.Environ(), Address: "127.0.0.1:0", SocketDir: "/run/x", CacheDir: cache, Exe: self(t)})
	for _, f := range all {
		if f.Level == Fail {
			t.Errorf("%+v", f)
		}
		if (f.Level == OK) != (f.Mend == "") {
			t.Errorf("a mend belongs to what is wrong: %+v", f)
		}
	}
	find(t, all, "linker")
	if left, err := os.ReadDir(cache); err != nil || len(left) != 0 {
		t.Errorf("the cache holds %v (%v), want nothing", left, err)
	}
}

// TestFailing spoils one thing after the other.
func TestFailing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, "go.mod"), []byte("module example.com/app\n\ngo 1.999\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, tt := range map[string]struct {
		check  string
		change func(*Options)
		level  Level
	}{
		"a cache that is a file":         {"cache", func(o *Options) { o.CacheDir = file }, Fail},
		"no cache":                       {"cache", func(o *Options) { o.CacheDir = "" }, Fail},
		"sockets that others can use":    {"sockets", func(o *Options) { o.SocketErr = errors.New("others can use it") }, Fail},
		"a port in use":                  {"port", func(o *Options) { o.Address = ln.Addr().String() }, Fail},
		"a port in use by the app":       {"port", func(o *Options) { o.Address, o.Serving = ln.Addr().String(), true }, OK},
		"an address of another machine":  {"port", func(o *Options) { o.Address = "192.0.2.1:1" }, Fail},
		"a program that does not start":  {"ports", func(o *Options) { o.Exe = file }, Warn},
		"no ports to move":               {"ports", func(o *Options) { o.DoorOff = true }, OK},
		"a module for a Go of tomorrow":  {"modules", func(o *Options) { o.Root = newer }, Fail},
		"a mount without events":         {"mount", func(o *Options) { o.Root, o.Eventless = newer, "9p" }, Warn},
		"a C compiler that is not there": {"cgo", func(o *Options) { o.Environ = append(os.Environ(), "CGO_ENABLED=1", "CC=no-such-cc") }, Warn},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Environ: append(os.Environ(), "GOTOOLCHAIN=local"), CacheDir: t.TempDir(), Exe: self(t)}
			tt.change(&o)
			f := find(t, Check(t.Context(), o), tt.check)
			if f.Level != tt.level || (f.Level != OK && f.Mend == "") {
				t.Errorf("%+v, want level %s and its mend", f, tt.level)
			}
		})
	}
}
