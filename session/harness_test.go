package session_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/run"
)

// The test binary is the guard of the apps that it starts, too.
func TestMain(m *testing.M) {
	if handled, code := run.Helper(os.Args[1:]); handled {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// patience bounds every wait; it is no measure: a wrong outcome fails earlier.
const patience = 2 * time.Minute

// workspace is a session on a module of its own, seen by one subscriber.
type workspace struct {
	*testing.T
	*session.Session
	dir      string
	port     string
	sub      *session.Subscription
	status   session.Status
	byFile   map[string][]diag.Diagnostic // by path relative to dir
	log      []session.LogEntry
	reloads  []session.Reload
	answered []session.Reload
	ended    chan error
	stop     context.CancelFunc
}

// open lays out the txtar files and runs a session on them.
func open(t *testing.T, files string, change ...func(*session.Options)) *workspace {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &workspace{T: t, dir: dir, port: freePort(t), byFile: map[string][]diag.Diagnostic{}, ended: make(chan error, 1)}
	for _, f := range txtar.Parse([]byte(files)).Files {
		w.write(f.Name, string(f.Data))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	runner := run.New(run.Options{Exe: self, StateDir: t.TempDir()})
	o := session.Options{
		Root:      dir,
		Environ:   append(os.Environ(), "PORT="+w.port, "GOFLAGS=-mod=mod", "GOWORK="),
		Runner:    runner,
		CacheDir:  t.TempDir(),
		Autostart: true,
	}
	for _, f := range change {
		f(&o)
	}
	w.Session = session.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	var snap session.Snapshot
	snap, w.sub = w.Subscribe(0)
	w.status = snap.Status
	go func() { w.ended <- w.Session.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-w.ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := runner.Close(); err != nil {
			t.Errorf("closing the runner: %v", err)
		}
		if t.Failed() {
			for _, e := range w.log {
				t.Logf("%s| %s", e.Stream, e.Text)
			}
		}
	})
	return w
}

// write replaces a file as most editors do: a new one is renamed over it.
func (w *workspace) write(name, text string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path+"~", []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		w.Fatal(err)
	}
}

// edit replaces a text in a file.
func (w *workspace) edit(name, old, new string) {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		w.Fatalf("%s has no %q", name, old)
	}
	w.write(name, strings.Replace(string(data), old, new, 1))
}

// until takes notices until met holds for what is known then.
func (w *workspace) until(what string, met func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !met() {
		notices, err := w.sub.Next(ctx)
		if err != nil {
			w.Fatalf("waiting for %s: %v; status %+v, diagnostics %v", what, err, w.status, w.byFile)
		}
		for _, n := range notices {
			switch n := n.(type) {
			case session.StatusChanged:
				w.status = n.Status
			case session.DiagnosticsChanged:
				name, err := filepath.Rel(w.dir, n.File)
				if err != nil {
					w.Fatal(err)
				}
				w.byFile[name] = n.Diagnostics
				if len(n.Diagnostics) == 0 {
					delete(w.byFile, name)
				}
			case session.LogAppended:
				w.log = append(w.log, n.Entries...)
			case session.Reloaded:
				w.reloads = append(w.reloads, n.Reload)
			case session.Answered:
				w.answered = append(w.answered, n.Reload)
			}
		}
	}
}

// reload waits for the next reload that comes to an end of its own, and fails
// unless it ends as wanted.
func (w *workspace) reload(want session.Outcome) session.Reload {
	w.Helper()
	var got session.Reload
	w.until("a reload that ends with "+string(want), func() bool {
		w.reloads = slices.DeleteFunc(w.reloads, func(r session.Reload) bool { return r.Outcome == session.Superseded })
		if len(w.reloads) == 0 {
			return false
		}
		got, w.reloads = w.reloads[0], w.reloads[1:]
		return true
	})
	if got.Outcome != want {
		w.Fatalf("the reload ended with %s (%s), want %s; diagnostics %v", got.Outcome, got.Message, want, w.byFile)
	}
	return got
}

// running waits until a version serves and everything is quiet.
func (w *workspace) running() {
	w.Helper()
	w.until("state running", func() bool { return w.status.State == session.Running })
}

// learned waits until the session knows how to build a change of a file by
// itself, without the go command, where it ever does.
func (w *workspace) learned(name string) {
	w.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for giveUp := time.Now().Add(patience); w.forecast(name).Method != build.Incremental; <-tick.C {
		if time.Now().After(giveUp) {
			w.Fatalf("how a change of %s is built was not learned: %+v", name, w.forecast(name))
		}
	}
}

// forecast says how a change of a file would be built.
func (w *workspace) forecast(name string) build.How {
	w.Helper()
	why, err := w.Why(filepath.Join(w.dir, name))
	if err != nil {
		w.Fatal(err)
	}
	return why.Build
}

// get asks the app.
func (w *workspace) get(path string) (status int, body string) {
	w.Helper()
	resp, err := http.Get("http://localhost:" + w.port + path)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// answers fails unless the app answers / with want.
func (w *workspace) answers(want string) {
	w.Helper()
	if _, got := w.get("/"); got != want {
		w.Fatalf("the app answers %q, want %q", got, want)
	}
}

// pidFile returns what the app wrote to a file.
func (w *workspace) read(name string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

// gone fails if something listens on the app's port still.
func (w *workspace) gone() {
	w.Helper()
	if c, err := net.Dial("tcp", "localhost:"+w.port); err == nil {
		c.Close()
		w.Fatalf("something listens on port %s still", w.port)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// said reports whether a line of output is text.
func (w *workspace) said(text string) bool {
	return slices.ContainsFunc(w.log, func(e session.LogEntry) bool { return e.Text == text })
}

// tryGet is get for requests that the app may break off.
func (w *workspace) tryGet(path string) (int, error) {
	resp, err := http.Get("http://localhost:" + w.port + path)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// raw fails unless a connection to port is greeted with want.
func (w *workspace) raw(port, want string) {
	w.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	if got, err := io.ReadAll(c); err != nil || string(got) != want {
		w.Fatalf("port %s says %q, %v, want %q", port, got, err, want)
	}
}
