package watch

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotdev/hotdev/session/graph"
)

// These tests run on the real clock: what they expect doesn't depend on how
// fast things go.

// A checkout is one batch.
func TestGitCheckout(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	root := memoryDir(t)
	git := func(stdin string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", root}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	const dirs, perDir = 100, 50
	names := []string{"."}
	for d := range dirs {
		names = append(names, fmt.Sprintf("p%d", d))
	}
	// Two branches, in which every file differs: git fast-import makes them
	// without writing the files.
	var branches strings.Builder
	for _, branch := range []string{"one", "two"} {
		content := "package p // " + branch
		fmt.Fprintf(&branches, "commit refs/heads/%s\ncommitter t <t@example.com> 0 +0000\ndata 0\n", branch)
		for _, name := range names[1:] {
			for f := range perDir {
				fmt.Fprintf(&branches, "M 644 inline %s/f%d.go\ndata %d\n%s\n", name, f, len(content), content)
			}
		}
	}
	git("", "init", "-q")
	git(branches.String(), "fast-import", "--quiet")
	git("", "checkout", "-q", "one")

	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.SetGraph(newFakeGraph(root, names...))
	git("", "checkout", "-q", "two")
	b := <-w.Batches()
	if len(b.Changes) != dirs*perDir {
		t.Fatalf("the first batch has %d changes, want %d", len(b.Changes), dirs*perDir)
	}
	for _, c := range b.Changes {
		if c.Op != Modified || c.Class != graph.Rebuild {
			t.Fatalf("%+v, want modified, rebuild", c)
		}
	}
}

// memoryDir returns a new directory in memory where the system has such a place,
// for a tree that a busy disk takes half a minute to write.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "watch")
	if err != nil {
		return tempDir(t)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Whatever several writers do, what was reported adds up to what is there.
func TestRandomOperations(t *testing.T) {
	t.Run("events", func(t *testing.T) {
		root := tempDir(t)
		w, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		checkReports(t, root, w, func(rng *rand.Rand) {
			// Mostly as fast as possible, sometimes after a moment that lets
			// batches come in between.
			if rng.IntN(20) == 0 {
				<-time.After(time.Duration(rng.IntN(30)) * time.Millisecond)
			}
		})
	})
	t.Run("poll", func(t *testing.T) {
		root := tempDir(t)
		synctest.Test(t, func(t *testing.T) {
			w := startWatcher(t, pollAlways, nil)
			checkReports(t, root, w, func(rng *rand.Rand) {
				<-time.After(time.Duration(rng.IntN(60)) * time.Millisecond)
			})
		})
	})
}

// checkReports lets writers loose on root, keeps what w reports and compares it
// with the tree.
func checkReports(t *testing.T, root string, w *Watcher, rest func(*rand.Rand)) {
	g := newFakeGraph(root, ".", "w0", "w1", "w2", "w3", "shared", "shared/in")
	for _, dir := range g.dirs {
		writeFile(t, filepath.Join(dir, "start.go"), "start")
	}
	reported := goFiles(t, root)
	w.SetGraph(g)

	var writers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), 1))
			for i := range 150 {
				randomOperation(root, rng, n, i)
				rest(rng)
				if i%40 == 0 {
					w.SetGraph(g) // as after a change of imports
				}
			}
		})
	}
	written := make(chan struct{})
	go func() {
		writers.Wait()
		close(written)
	}()

	// After the writers, a last file is written: its event comes after all
	// others, so when it is reported everything must have been. What follows
	// from a late event may take another round.
	end := filepath.Join(root, "end.go")
	const rounds = 5
	round := 0
	for {
		select {
		case <-written:
			written = nil
			writeFile(t, end, "round 0")
		case b := <-w.Batches():
			ended := false
			for _, c := range b.Changes {
				content, err := os.ReadFile(c.Path)
				if err != nil {
					delete(reported, c.Path)
				} else {
					reported[c.Path] = string(content)
				}
				ended = ended || c.Path == end && len(content) > 0
			}
			if !ended {
				continue
			}
			there := goFiles(t, root)
			if maps.Equal(reported, there) {
				return
			}
			if round++; round == rounds {
				t.Fatalf("reported and real content differ:\n%s", difference(root, reported, there))
			}
			writeFile(t, end, fmt.Sprint("round ", strings.Repeat(".", round)))
		}
	}
}

// randomOperation is step i of writer n: it edits, replaces, moves or removes a
// file or a directory of its own or of those that all share. It may fail, when
// another writer was faster.
func randomOperation(root string, rng *rand.Rand, n, i int) {
	base := filepath.Join(root, "shared")
	if rng.IntN(3) > 0 {
		base = filepath.Join(root, fmt.Sprint("w", n))
	}
	dirs := []string{base, filepath.Join(base, "in"), filepath.Join(base, "a"), filepath.Join(base, "a", "b"), filepath.Join(base, "a", "b", "c")}
	dir := dirs[rng.IntN(len(dirs))]
	file := filepath.Join(dir, fmt.Sprintf("f%d.go", rng.IntN(4)))
	// The lengths of two contents differ, for kernels whose clocks step slowly.
	content := []byte(strings.Repeat("x", n*1000+i+1))
	switch rng.IntN(12) {
	case 0, 1, 2, 3:
		_ = os.MkdirAll(dir, 0o777)
		_ = os.WriteFile(file, content, 0o666)
	case 4, 5:
		_ = os.MkdirAll(dir, 0o777)
		temp := filepath.Join(dir, fmt.Sprintf("f%d.go.swp", n))
		_ = os.WriteFile(temp, content, 0o666)
		_ = os.Rename(temp, file)
	case 6, 7:
		_ = os.Remove(file)
	case 8:
		_ = os.RemoveAll(dir)
	case 9:
		_ = os.RemoveAll(dir)
		_ = os.MkdirAll(dir, 0o777)
		_ = os.WriteFile(file, content, 0o666)
	case 10:
		_ = os.Rename(dir, filepath.Join(base, fmt.Sprint("moved", rng.IntN(2))))
	case 11:
		_ = os.Rename(filepath.Join(base, fmt.Sprint("moved", rng.IntN(2))), dir)
	}
}

// goFiles returns the content of all .go files below root.
func goFiles(t *testing.T, root string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// difference lists where two trees differ.
func difference(root string, reported, there map[string]string) string {
	all := maps.Clone(reported)
	maps.Copy(all, there)
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		got, known := reported[path]
		want, exists := there[path]
		if known != exists || got != want {
			lines = append(lines, fmt.Sprintf("%s: reported %v (%d bytes), is there %v (%d bytes)",
				strings.TrimPrefix(path, root), known, len(got), exists, len(want)))
		}
	}
	return strings.Join(lines, "\n")
}

// A directory that appears with files in it within microseconds is never
// missed.
func TestNestedDirectoryAtOnce(t *testing.T) {
	root := tempDir(t)
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.SetGraph(newFakeGraph(root, "."))
	for i := range 20 {
		path := filepath.Join(root, fmt.Sprint("n", i), "a", "b", "c", "x.go")
		writeFile(t, path, "package c")
		for found := false; !found; {
			b := <-w.Batches()
			found = slices.ContainsFunc(b.Changes, func(c Change) bool { return c.Path == path })
		}
	}
}
