package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
)

// strippedProject is one whose program was linked without debug information.
func strippedProject(t *testing.T) (p *project, r build.Request, program string) {
	t.Helper()
	p = newProject(t, hello)
	p.incrementally(build.Fast)
	r = build.Request{Debug: true}
	p.mustBuildBy(r, "not known yet")
	p.replace("words/words.go", "hello", "one")
	program = p.mustBuildBy(r, "").Binary.Path
	r.Keep = []string{program}
	return p, r, program
}

// beginTwin has debug information made ahead, and its linker stopped in the
// middle. ended delivers what comes of it.
func (p *project) beginTwin(program string) (linker int, ended <-chan error) {
	p.Helper()
	waits := p.awaitLinker()
	result := make(chan error, 1)
	go func() {
		_, err := p.builder.DebugInfoAhead(p.Context(), program)
		result <- err
	}()
	return p.stopLinker(waits), result
}

// stopLinker stops the linker that gives way to others, once there is one beside
// that which waits.
func (p *project) stopLinker(waits int) (pid int) {
	p.Helper()
	const lowPriority = 20 - 10 // as getpriority(2) tells the niceness 10
	for deadline := time.After(20 * time.Second); ; {
		for _, pid := range p.linkers(func(pid int) bool {
			priority, _ := syscall.Getpriority(syscall.PRIO_PROCESS, pid)
			return pid != waits && priority == lowPriority
		}) {
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				p.Fatal(err)
			}
			return pid
		}
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			p.Fatal("nothing is linked at low priority")
		}
	}
}

// twins are the debug twins of a program.
func twins(t *testing.T, program string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(program), ".build-id", "??", "*.debug"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestEarlyDebugTwin holds that debug information can be made before a debugger
// comes, which then finds it, and that the linker that waits for the next build
// goes on waiting.
func TestEarlyDebugTwin(t *testing.T) {
	t.Parallel()
	p, r, program := strippedProject(t)
	waits := p.awaitLinker()
	if tried, err := p.builder.DebugInfoAhead(t.Context(), program); !tried || err != nil {
		t.Fatalf("tried %t: %v", tried, err)
	}
	early := twins(t, program)
	if len(early) != 1 || !hasDebugInfo(t, early[0]) || hasDebugInfo(t, program) {
		t.Fatalf("there are the twins %v", early)
	}
	before, err := os.Stat(early[0])
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(p.debugFile(program)); err != nil || !os.SameFile(before, after) {
		t.Errorf("a debugger got another file: %v", err)
	}
	if tried, err := p.builder.DebugInfoAhead(t.Context(), program); tried || err != nil {
		t.Errorf("made once, it is tried %t again: %v", tried, err)
	}
	if now := p.awaitLinker(); now != waits {
		t.Errorf("linker %d waits, no more %d", now, waits)
	}
	p.replace("words/words.go", "one", "two")
	if got := run(t, p.mustBuildBy(r, "").Binary.Path); got != "two none" {
		t.Errorf("the next version prints %q", got)
	}
	plain := newProject(t, hello)
	if tried, err := plain.builder.DebugInfoAhead(t.Context(), plain.mustBuild(build.Request{}).Binary.Path); tried || err != nil {
		t.Errorf("go build's program: tried %t, %v", tried, err)
	}
}

// TestADebuggerTakesOver holds that who asks for debug information that is being
// made at low priority does not wait for that.
func TestADebuggerTakesOver(t *testing.T) {
	t.Parallel()
	p, _, program := strippedProject(t)
	_, ended := p.beginTwin(program)
	if twin := p.debugFile(program); !hasDebugInfo(t, twin) {
		t.Errorf("%s has no debug information", twin)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("what was made ahead ended with %v", err)
	}
}

// TestAFailedEarlyDebugTwin holds that one that nobody has asked for changes
// nothing by its failure but that there are no others.
func TestAFailedEarlyDebugTwin(t *testing.T) {
	t.Parallel()
	p, r, _ := strippedProject(t)
	p.replace("words/words.go", "one", "unheard")
	program := p.mustBuildBy(r, "").Binary.Path
	r.Keep = append(r.Keep, program)
	published := filepath.Join(p.cache, "incremental", "published")
	var back []func() error
	for _, name := range listFiles(t, published) {
		path := filepath.Join(published, name)
		if !strings.Contains(read(t, path), "unheard") {
			continue
		}
		away := filepath.Join(t.TempDir(), name)
		if err := os.Rename(path, away); err != nil {
			t.Fatal(err)
		}
		back = append(back, func() error { return os.Rename(away, path) })
	}
	if tried, err := p.builder.DebugInfoAhead(t.Context(), program); !tried || err == nil {
		t.Fatalf("tried %t without an archive: %v", tried, err)
	}
	for _, bring := range back {
		if err := bring(); err != nil {
			t.Fatal(err)
		}
	}
	p.replace("words/words.go", "unheard", "two")
	res := p.mustBuildBy(r, "")
	if hasDebugInfo(t, res.Binary.Path) || res.How.Link != dependenciesFirst {
		t.Errorf("the next version was linked by %q", res.How.Link)
	}
	if tried, err := p.builder.DebugInfoAhead(t.Context(), res.Binary.Path); tried || err != nil {
		t.Errorf("tried %t again: %v", tried, err)
	}
	if twin := p.debugFile(res.Binary.Path); run(t, twin) != "two none" {
		t.Errorf("%s, asked for, is another program", twin)
	}
}

// TestABuildEndsAnEarlyDebugTwin holds that a build does not share the machine
// with it, and leaves nothing of it.
func TestABuildEndsAnEarlyDebugTwin(t *testing.T) {
	t.Parallel()
	p, r, program := strippedProject(t)
	linker, ended := p.beginTwin(program)
	p.replace("words/words.go", "one", "two")
	if got := run(t, p.mustBuildBy(r, "").Binary.Path); got != "two none" {
		t.Errorf("the next version prints %q", got)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if slices.Contains(p.waitingLinkers(), linker) {
		t.Error("its linker lives")
	}
	if left := twins(t, program); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	if twin := p.debugFile(program); run(t, twin) != "one none" {
		t.Errorf("later, %s is another program", twin)
	}
}
