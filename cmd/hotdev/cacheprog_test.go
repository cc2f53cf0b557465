//go:build unix

package main

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
)

// machine builds a small program through the helper, with a local cache of its
// own.
type machine struct {
	testing.TB
	src, cache string
	flags      string // of the helper
}

func newMachine(t testing.TB, src, flags string) *machine {
	return &machine{TB: t, src: src, cache: filepath.Join(t.TempDir(), "cache"), flags: flags}
}

// source is a program that needs little of the standard library.
func source(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.com/app\n\ngo 1.24\n",
		"main.go":        "package main\n\nimport \"example.com/app/words\"\n\nfunc main() { print(words.Hello()) }\n",
		"words/words.go": "package words\n\nfunc Hello() string { return \"hello\" }\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (m *machine) helper() string { return hotdev + " cacheprog --cache " + m.cache + " " + m.flags }

// build builds, requires a program that works, and returns how many packages were
// compiled.
func (m *machine) build() (compiled int) {
	m.Helper()
	out := filepath.Join(m.TempDir(), "app")
	cmd := exec.CommandContext(m.Context(), "go", "build", "-x", "-trimpath", "-buildvcs=false", "-o", out, ".")
	cmd.Dir = m.src
	cmd.Env = append(os.Environ(), "GOCACHEPROG="+m.helper(), "GOCACHE="+m.TempDir(), "HOTDEV_CACHE_TOKEN=secret", "GOFLAGS=", "GOWORK=off")
	text, err := cmd.CombinedOutput()
	if err != nil {
		m.Fatalf("go build: %v\n%s", err, text)
	}
	if says, err := exec.CommandContext(m.Context(), out).CombinedOutput(); err != nil || string(says) != "hello" {
		m.Fatalf("the program says %q, %v", says, err)
	}
	return strings.Count(string(text), "/compile -o ")
}

// buildIncrementally holds that an app is learned from the helper's archives, and
// that what is then compiled without the go command stays out of the store.
func (m *machine) buildIncrementally(store string) {
	m.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	builder := build.New(build.Options{CacheDir: m.TempDir(), Mode: build.Fast})
	defer builder.Close()
	r := build.Request{Root: m.src, Env: append(os.Environ(), "GOCACHEPROG="+m.helper(), "GOCACHE="+m.TempDir(), "HOTDEV_CACHE_TOKEN=secret", "GOFLAGS=", "GOWORK=off")}
	if res := builder.Build(m.Context(), r); res.Err != nil || res.How.Method != build.GoCommand {
		m.Fatalf("the first build: %+v", res)
	}
	main := filepath.Join(m.src, "main.go")
	for giveUp := time.Now().Add(failsafe); builder.Forecast(main).Method != build.Incremental; <-time.After(10 * time.Millisecond) {
		if time.Now().After(giveUp) {
			m.Fatalf("the app was not learned: %+v", builder.Forecast(main))
		}
	}
	before := files(m.TB, store)
	edit(m.TB, m.src, "import", "// incrementally\n\nimport")
	if res := builder.Build(m.Context(), r); res.Err != nil || res.How.Method != build.Incremental {
		m.Errorf("the build after an edit: %+v", res)
	}
	if now := files(m.TB, store); !slices.Equal(now, before) {
		m.Errorf("an incremental build has written to the store: %q, and before %q", now, before)
	}
}

// shared is a store behind HTTP with a directory behind it.
type shared struct {
	*httptest.Server
	dir string
}

func newShared(t *testing.T) *shared {
	t.Helper()
	s := &shared{dir: t.TempDir()}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := filepath.Join(s.dir, filepath.FromSlash(r.URL.Path))
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			http.ServeFile(w, r, path)
			return
		}
		data, err := io.ReadAll(r.Body)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// files lists the files below a directory.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestCacheprog holds that what one machine has built is not compiled on another,
// that a store is written to only when that is asked for, that what does not have
// its hash is not used, and that builds go on without the store.
func TestCacheprog(t *testing.T) {
	t.Parallel()
	src := source(t)
	web := newShared(t)
	writer := newMachine(t, src, "--write --flush 1m --store "+web.URL)
	all := writer.build()
	if all == 0 {
		t.Fatal("an empty cache had everything")
	}
	if n := writer.build(); n != 0 {
		t.Errorf("%d packages were compiled that are in the local cache", n)
	}
	stored := files(t, web.dir)
	// However busy this machine is, what is in the store is to be waited for.
	byHTTP, byPath := newMachine(t, src, "--wait 1m --store "+web.URL), newMachine(t, src, "--wait 1m --store "+web.dir)
	for _, reader := range []*machine{byHTTP, byPath} {
		if n := reader.build(); n != 0 {
			t.Errorf("%d packages of %d were compiled that are in the store", n, all)
		}
	}
	edit(t, src, "import", "// edited\n\nimport")
	for _, reader := range []*machine{byHTTP, byPath} {
		if n := reader.build(); n != 1 {
			t.Errorf("after an edit of one package, %d were compiled", n)
		}
	}
	if now := files(t, web.dir); !slices.Equal(now, stored) {
		t.Errorf("readers have written to the store: %q, and before %q", now, stored)
	}

	writer.build() // the edited program
	writer.buildIncrementally(web.dir)
	for _, path := range files(t, filepath.Join(web.dir, "outputs")) {
		if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte("example.com/app/words")) {
			if err := os.WriteFile(path, bytes.Replace(data, []byte("hello"), []byte("howdy"), 1), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := newMachine(t, src, "--wait 1m --store "+web.URL).build(); n == 0 || n > 2 {
		t.Errorf("%d packages were compiled where the store has been tampered with", n)
	}

	var asked atomic.Int32
	ctx := t.Context()
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-ctx.Done()
	}))
	t.Cleanup(mute.Close)
	web.Close()
	for _, store := range []string{mute.URL, web.URL} {
		without := newMachine(t, src, "--write --store "+store)
		if err := os.CopyFS(without.cache, os.DirFS(writer.cache)); err != nil {
			t.Fatal(err)
		}
		edit(t, src, "import", "// without "+store+"\n\nimport")
		if n := without.build(); n != 1 {
			t.Errorf("without a store, %d packages were compiled after an edit of one", n)
		}
	}
	if asked.Load() == 0 {
		t.Error("the store was not asked")
	}
}
