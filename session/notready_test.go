package session_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/target"
)

// impatient is a runner that waits for rev only so long that it counts as not
// ready.
type impatient struct {
	target.Runner
	rev  int
	once bool // only where nothing else is said
}

func (r impatient) Start(ctx context.Context, s target.Spec) (target.Process, error) {
	if s.Binary.Rev == r.rev && (s.Ready.Timeout == 0 || !r.once) {
		s.Ready.Timeout = 500 * time.Millisecond
	}
	return r.Runner.Start(ctx, s)
}

func TestAVersionThatIsNotReadyInTimeLeavesTheOldOneServing(t *testing.T) {
	w := open(t, hello+"-- hotdev.toml --\n[run]\nready = \"http /\"\n", func(o *session.Options) {
		o.Runner = impatient{Runner: o.Runner, rev: 2}
	})
	w.reload(session.Swapped)
	w.learned("main.go") // else the mend is another program for all that is known
	pid := w.Status().Running.PID
	l := w.load(4)
	w.edit("main.go", `fmt.Fprint(w, text.Greeting`, `w.WriteHeader(500); fmt.Fprint(w, text.Greeting`)
	w.reload(session.StartFailed)
	if s := w.Status(); s.State != session.Running || s.Running.PID != pid || !strings.Contains(s.Message, "rev 2 failed to start") {
		t.Errorf("status is %+v, running %+v", s, s.Running)
	}
	w.edit("main.go", `w.WriteHeader(500); `, ``)
	w.reload(session.Unchanged)
	l.allServed()
	w.answers("one")
}

func TestAVersionThatNeverListensIsReplacedByTheOneBefore(t *testing.T) {
	w := open(t, hello+"-- hotdev.toml --\n[run]\nready = \"tcp\"\n", func(o *session.Options) {
		o.Runner = impatient{Runner: o.Runner, rev: 2}
	})
	w.reload(session.Swapped)
	l := w.load(4)
	w.edit("main.go", `	fmt.Println("listening")`, `	select {}`)
	w.reload(session.StartFailed)
	if r := w.reload(session.RolledBack); r.Rev != 2 || r.BackTo != 1 {
		t.Errorf("the rollback is %+v", r)
	}
	if s := w.Status(); s.State != session.Running || s.Running.Rev != 1 || !strings.Contains(s.Message, "rev 2 failed to start") {
		t.Errorf("status is %+v, running %+v", s, s.Running)
	}
	l.allServed()
	w.answers("one")
}

func TestAVersionThatWaitsForALockOfTheOldOneIsGivenWay(t *testing.T) {
	const lock = `	f, err := os.OpenFile("lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		panic(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		panic(err)
	}
	defer f.Close()`
	files := strings.Replace(hello, `	fmt.Println("listening")`, lock, 1)
	files = strings.Replace(files, `	"os"`, "\t\"os\"\n\t\"syscall\"", 1)
	w := open(t, files+"-- hotdev.toml --\n[run]\nready = \"tcp\"\n", func(o *session.Options) {
		o.Runner = impatient{Runner: o.Runner, rev: 2, once: true}
	})
	w.reload(session.Swapped)
	l := w.load(4)
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
	if p := w.Status().Proxy; !strings.Contains(p.Reason, "versions do not run at once") {
		t.Errorf("proxy is %+v", p)
	}
	w.edit("text/text.go", "two", "three")
	w.reload(session.Swapped)
	w.answers("three")
	l.allServed()
}
