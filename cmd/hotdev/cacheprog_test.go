//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/build/incremental"
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

func (m *machine) env() []string {
	return append(os.Environ(), "GOCACHEPROG="+m.helper(), "GOCACHE="+m.TempDir(), "HOTDEV_CACHE_TOKEN=secret", "GOFLAGS=", "GOWORK=off")
}

// build builds, requires a program that works, and returns how many packages were
// compiled.
func (m *machine) build() (compiled int) {
	m.Helper()
	out := filepath.Join(m.TempDir(), "app")
	cmd := exec.CommandContext(m.Context(), "go", "build", "-x", "-trimpath", "-buildvcs=false", "-o", out, ".")
	cmd.Dir = m.src
	cmd.Env = m.env()
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
	r := build.Request{Root: m.src, Env: m.env()}
	if res := builder.Build(m.Context(), r); res.Err != nil || res.How.Method != build.GoCommand {
		m.Fatalf("the first build: %+v", res)
	}
	main := filepath.Join(m.src, "main.go")
	m.await("the app was not learned", func() bool { return builder.Forecast(main).Method == build.Incremental })
	m.await("what was learned is not in the store", func() bool { return len(rehearsals(m.TB, store)) > 0 })
	before := files(m.TB, store)
	edit(m.TB, m.src, "import", "// incrementally\n\nimport")
	if res := builder.Build(m.Context(), r); res.Err != nil || res.How.Method != build.Incremental {
		m.Errorf("the build after an edit: %+v", res)
	}
	if now := files(m.TB, store); !slices.Equal(now, before) {
		m.Errorf("an incremental build has written to the store: %q, and before %q", now, before)
	}
}

// await waits until something has happened.
func (m *machine) await(otherwise string, happened func() bool) {
	m.Helper()
	for giveUp := time.Now().Add(failsafe); !happened(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(giveUp) {
			m.Fatal(otherwise)
		}
	}
}

// rehearsals are the files in a store that hold what go build -n prints, by the
// record of each.
func rehearsals(t testing.TB, store string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, path := range files(t, filepath.Join(store, "actions")) {
		record, err := os.ReadFile(path)
		if err != nil {
			continue // it is being replaced
		}
		output, _, _ := strings.Cut(string(record), " ")
		file := filepath.Join(store, "outputs", output[:2], output)
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("/link -o $WORK")) {
			found[path] = file
		}
	}
	return found
}

// learner learns how the app is built, with all that it keeps in a directory of its
// own.
type learner struct {
	*machine
	asked int             // how often the go command was, what it would do
	took  time.Duration   // the learning
	runs  func(*exec.Cmd) // called before each command; nil: nothing
}

// learns learns anew, and requires that a program comes out of it, after the go
// command was asked so many times what it would do.
func (l *learner) learns(what string, asked int, change ...string) {
	l.Helper()
	b, config := l.learn(what, nil, change...)
	if l.asked != asked {
		l.Errorf("%s: the go command was asked %d times what it would do, not %d", what, l.asked, asked)
	}
	out := filepath.Join(l.TempDir(), "app")
	if _, err := b.Build(l.Context(), incremental.Request{Config: config, Output: out}); err != nil {
		l.Fatalf("%s: %v", what, err)
	}
	if says, err := exec.CommandContext(l.Context(), out).CombinedOutput(); err != nil || string(says) != "hello" {
		l.Errorf("%s: the program says %q, %v", what, says, err)
	}
}

// learn learns anew and shares that. The environment is changed.
func (l *learner) learn(what string, wants error, change ...string) (*incremental.Builder, incremental.Config) {
	l.Helper()
	l.asked = 0
	run := func(cmd *exec.Cmd) error {
		if slices.Contains(cmd.Args, "-n") {
			l.asked++
		}
		if l.runs != nil {
			l.runs(cmd)
		}
		return cmd.Run()
	}
	b, err := incremental.New(incremental.Options{Dir: l.TempDir(), Run: run, Background: run})
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(b.Close)
	dir, err := filepath.EvalSymlinks(l.src)
	if err != nil {
		l.Fatal(err)
	}
	config := incremental.Config{Dir: dir, Package: ".", Flags: []string{"-trimpath", "-buildvcs=false"}, Env: append(append(l.env(), "PWD="+dir), change...)}
	start := time.Now()
	err = b.Capture(l.Context(), config, incremental.Made{})
	l.took = time.Since(start)
	if !errors.Is(err, wants) {
		l.Fatalf("%s: %v", what, err)
	}
	_ = b.Share(l.Context()) // a store that does not work is no reason to fail
	return b, config
}

// learn holds that what is learned of the go command comes from the store where
// everything is the same, and only there, on another machine and on the same one.
func (m *machine) learn(reader *machine, store string) {
	m.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	l := &learner{machine: m}
	edit(m.TB, m.src, "import", "// learned\n\nimport")
	l.learns("what is new", 2)
	l.learns("the same once more", 0)
	edit(m.TB, m.src, "// learned", "// other")
	l.learns("an edit", 2)
	edit(m.TB, m.src, "// other", "// learned")
	l.learns("an edit undone", 0)
	l.learns("other flags", 2, "GOFLAGS=-gcflags=-N")
	l.learns("an environment that has no bearing", 0, "PAGER=less")
	added := filepath.Join(m.src, "words", "more.go")
	if err := os.WriteFile(added, []byte("package words\n"), 0o600); err != nil {
		m.Fatal(err)
	}
	l.learns("one more file", 2)
	if err := os.Remove(added); err != nil {
		m.Fatal(err)
	}
	l.learns("without it", 0)

	other := &learner{machine: reader}
	other.learns("on another machine", 0)
	m.learnDespite(store)
	m.learnMeanwhile()
}

// learnDespite holds that what is wrong in a store is not used, and mended by who may
// write there.
func (m *machine) learnDespite(store string) {
	m.Helper()
	fresh := func() *learner {
		return &learner{machine: &machine{TB: m.TB, src: m.src, cache: filepath.Join(m.TempDir(), "cache"), flags: m.flags + " --wait 1m"}}
	}
	for _, file := range rehearsals(m.TB, store) {
		if err := os.WriteFile(file, []byte("damaged"), 0o600); err != nil {
			m.Fatal(err)
		}
	}
	l := fresh()
	l.learns("where it is damaged", 2)
	l.learns("once it was mended", 0)
	fresh().learns("mended for others", 0)
	mark := filepath.Join(m.TempDir(), "mark")
	for record, file := range rehearsals(m.TB, store) {
		text, err := os.ReadFile(file)
		if err != nil {
			m.Fatal(err)
		}
		evil := filepath.Join(m.TempDir(), "compile")
		if err := os.WriteFile(evil, []byte("#!/bin/sh\ntouch "+mark+"\n"), 0o700); err != nil {
			m.Fatal(err)
		}
		text = regexp.MustCompile(`(?m)^\S*/compile `).ReplaceAll(text, []byte(evil+" "))
		output := fmt.Sprintf("%x", sha256.Sum256(text))
		err = errors.Join(
			os.MkdirAll(filepath.Join(store, "outputs", output[:2]), 0o700),
			os.WriteFile(filepath.Join(store, "outputs", output[:2], output), text, 0o600),
			os.WriteFile(record, fmt.Appendf(nil, "%s %d\n", output, len(text)), 0o600),
		)
		if err != nil {
			m.Fatal(err)
		}
	}
	fresh().learns("where another compiler is named", 2)
	if _, err := os.Stat(mark); err == nil {
		m.Error("another compiler has run")
	}
}

// learnMeanwhile holds that nothing is learned, nor kept for later, of an app that
// changes while what is kept is looked for.
func (m *machine) learnMeanwhile() {
	m.Helper()
	assets := filepath.Join(m.src, "assets")
	embeds := filepath.Join(m.src, "embed.go")
	err := errors.Join(
		os.Mkdir(assets, 0o700),
		os.WriteFile(filepath.Join(assets, "a.txt"), nil, 0o600),
		os.WriteFile(embeds, []byte("package main\n\nimport \"embed\"\n\n//go:embed assets\nvar Assets embed.FS\n"), 0o600),
	)
	if err != nil {
		m.Fatal(err)
	}
	l := &learner{machine: m}
	l.learns("what embeds files", 2)
	l.learns("what embeds the same files", 0)
	for what, change := range map[string]func(){
		"a source that changes": func() { edit(m.TB, m.src, "// learned", "// meanwhile") },
		"a file that is embedded from now on": func() {
			if err := os.WriteFile(filepath.Join(assets, "b.txt"), nil, 0o600); err != nil {
				m.Fatal(err)
			}
		},
	} {
		change := sync.OnceFunc(change)
		l.runs = func(cmd *exec.Cmd) {
			if slices.Contains(cmd.Args, "cacheprog") {
				change()
			}
		}
		l.learn(what, incremental.ErrChanged)
		l.runs = nil
		l.learns(what+", then", 2)
		l.learns(what+", then once more", 0)
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
	writer.learn(byHTTP, web.dir)
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
