package watch

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestScripts runs testdata/*.txtar, each with the system's events and with
// polling. The files of the archive are the tree at the start; its comment is
// the script, a command a line:
//
//	graph DIR…      watch these directories (relative to the tree)
//	write FILE TEXT append FILE TEXT   empty FILE   touch FILE   chmod MODE FILE
//	mkdir DIR       rm PATH   mv FROM TO   ln TARGET LINK
//	save FILE       an editor tells of a save
//	flush FILE      the same, and a batch is wanted
//	note            let the watcher see what happened, without letting time pass
//	pass DURATION   let so much time pass
//	wait            let everything settle; the lines after it that begin with ">"
//	                are all the changes that must be reported, with a line "> --"
//	                between two batches
//
// Time is that of a synctest bubble; files and events are real.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name+"/events", func(t *testing.T) { runScript(t, file, pollNever) })
		t.Run(name+"/poll", func(t *testing.T) { runScript(t, file, pollAlways) })
	}
}

// script is one run of a script.
type script struct {
	root  string
	w     *Watcher
	tap   *tap // nil when polling
	clock time.Time
}

func runScript(t *testing.T, file, poll string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{root: tempDir(t), clock: time.Now().Add(-time.Hour)}
	for _, f := range archive.Files {
		s.do(t, "write "+f.Name+" "+strings.TrimSuffix(string(f.Data), "\n"))
	}
	if poll != pollAlways {
		s.tap = newTap(t)
	}
	lines := strings.Split(strings.TrimSpace(string(archive.Comment)), "\n")
	synctest.Test(t, func(t *testing.T) {
		s.w = startWatcher(t, poll, s.tap)
		for i := 0; i < len(lines); i++ {
			line := strings.TrimSpace(lines[i])
			if line == "" || line[0] == '#' {
				continue
			}
			if line != "wait" {
				s.do(t, line)
				continue
			}
			at := i + 1
			var want []string
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], ">") {
				i++
				want = append(want, strings.TrimSpace(lines[i][1:]))
			}
			if got := s.settle(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("%s:%d: reported\n\t%s\nwant\n\t%s", file, at, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		}
	})
}

// startWatcher starts a watcher inside of a bubble; tp may be nil.
func startWatcher(t *testing.T, poll string, tp *tap) *Watcher {
	t.Helper()
	sys := system{eventless: func(string) string { return "" }}
	if tp != nil {
		sys.newNotifier = tp.enter
	}
	w, err := newWatcher(Options{Poll: poll}, sys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// settle lets everything settle and returns the changes that came.
func (s *script) settle(t *testing.T) []string {
	if s.tap != nil {
		s.tap.settle(t)
	}
	var got []string
	for {
		select {
		case b := <-s.w.Batches():
			if len(got) > 0 {
				got = append(got, "--")
			}
			got = append(got, format(s.root, b)...)
		case <-time.After(2 * pollLimit):
			return got
		}
	}
}

// format writes a batch as scripts do.
func format(root string, b Batch) []string {
	var lines []string
	for _, c := range b.Changes {
		path, err := filepath.Rel(root, c.Path)
		if err != nil {
			path = c.Path
		}
		lines = append(lines, fmt.Sprint(c.Op, " ", c.Class, " ", filepath.ToSlash(path)))
	}
	if b.Flushed {
		lines = append(lines, "flushed")
	}
	return lines
}

// do runs one command.
func (s *script) do(t *testing.T, line string) {
	t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	arg, text, _ := strings.Cut(rest, " ")
	path := filepath.Join(s.root, arg)
	var err error
	switch verb {
	case "graph":
		s.w.SetGraph(newFakeGraph(s.root, strings.Fields(rest)...))
	case "write":
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.WriteFile(path, []byte(text+"\n"), 0o666)
			s.stamp(t, path)
		}
	case "append":
		var f *os.File
		if f, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0); err == nil {
			_, err = f.WriteString(text + "\n")
			f.Close()
			s.stamp(t, path)
		}
	case "empty":
		err = os.Truncate(path, 0)
		s.stamp(t, path)
	case "touch":
		s.stamp(t, path)
	case "chmod":
		var mode uint64
		if mode, err = strconv.ParseUint(arg, 8, 32); err == nil {
			err = os.Chmod(filepath.Join(s.root, text), fs.FileMode(mode))
		}
	case "mkdir":
		err = os.MkdirAll(path, 0o777)
	case "rm":
		err = os.RemoveAll(path)
	case "mv":
		err = os.Rename(path, filepath.Join(s.root, text))
	case "ln":
		err = os.Symlink(filepath.FromSlash(arg), filepath.Join(s.root, text))
	case "save":
		s.w.Saved(path)
	case "flush":
		s.w.Flush(path)
	case "note":
		if s.tap != nil {
			s.tap.settle(t)
		}
		synctest.Wait()
	case "pass":
		var d time.Duration
		if d, err = time.ParseDuration(arg); err == nil {
			<-time.After(d)
		}
	default:
		t.Fatalf("unknown command %q", line)
	}
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// stamp gives a file a time stamp that no other write of the script has:
// older kernels step their clocks only every few milliseconds.
func (s *script) stamp(t *testing.T, path string) {
	t.Helper()
	s.clock = s.clock.Add(time.Second)
	if err := os.Chtimes(path, time.Time{}, s.clock); err != nil {
		t.Fatal(err)
	}
}

// tempDir returns a new directory, named without symbolic links.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
