package session_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/target"
)

// load asks the app without a pause from several clients until stop; every
// second request is an order of its own. It counts the requests that were not
// answered with 200.
type load struct {
	*workspace
	stop func()

	mu      sync.Mutex
	asked   int
	failed  []error
	orders  []string
	longest time.Duration // that one waited for its answer
}

func (w *workspace) load(clients int) *load {
	l := &load{workspace: w}
	ctx, cancel := context.WithCancel(context.Background())
	var tasks sync.WaitGroup
	l.ask(http.DefaultClient, "the first order")
	for i := range clients {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
		tasks.Go(func() {
			defer client.CloseIdleConnections()
			for n := 0; ctx.Err() == nil; n++ {
				order := ""
				if n%2 == 1 {
					order = fmt.Sprintf("client %d order %d", i, n)
				}
				l.ask(client, order)
			}
		})
	}
	l.stop = sync.OnceFunc(func() { cancel(); tasks.Wait() })
	w.Cleanup(l.stop)
	return l
}

// ask sends one request: an order, or the question for the greeting.
func (l *load) ask(client *http.Client, order string) {
	began := time.Now()
	var resp *http.Response
	var err error
	if order == "" {
		resp, err = client.Get("http://localhost:" + l.port + "/")
	} else {
		resp, err = client.Post("http://localhost:"+l.port+"/orders", "text/plain", strings.NewReader(order))
	}
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %s", resp.Status)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	l.longest = max(l.longest, time.Since(began))
	if order != "" {
		l.orders = append(l.orders, order)
	}
	if err != nil {
		l.failed = append(l.failed, err)
	}
}

// allServed ends the load and fails if a request did, or if the app has not
// got every order just once.
func (l *load) allServed() {
	l.Helper()
	l.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, err := range l.failed[max(0, len(l.failed)-3):] {
		l.Errorf("%d of %d requests failed; one of the last: %v", len(l.failed), l.asked, err)
	}
	got := strings.Split(strings.TrimSpace(l.read("orders")), "\n")
	slices.Sort(got)
	slices.Sort(l.orders)
	if !slices.Equal(got, l.orders) {
		l.Errorf("%d orders were given, the app got %d, %d different ones", len(l.orders), len(got), len(slices.Compact(got)))
	}
	l.Logf("%d requests; the longest took %v", l.asked, l.longest)
}

func TestNoRequestFailsOverReloads(t *testing.T) {
	const reloads = 5
	for _, c := range []struct {
		name      string
		hardCoded bool // the app pays no attention to PORT
		config    string
		change    func(*session.Options)
		mode      string
	}{
		{name: "a port of the app's own", hardCoded: true, mode: "redirect"},
		{name: "the port in PORT", change: withoutPorts, mode: "env"},
		{name: "one version at a time", config: "-- hotdev.toml --\n[run]\nexclusive = true\n", mode: "redirect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, port := hello+c.config, ""
			if c.hardCoded {
				port = freePort(t)
				files = strings.Replace(files, `os.Getenv("PORT")`, `"`+port+`"`, 1)
			}
			w := open(t, files, func(o *session.Options) {
				if c.change != nil {
					c.change(o)
				}
			})
			w.port = cmp.Or(port, w.port)
			w.reload(session.Swapped)
			l := w.load(16)
			old := "one"
			for i := range reloads {
				next := fmt.Sprintf("version %d", i)
				w.edit("text/text.go", old, next)
				w.reload(session.Swapped)
				w.answers(next)
				old = next
			}
			l.allServed()
			if p := w.Status().Proxy; p.Mode != c.mode || !strings.HasSuffix(p.Address, ":"+w.port) {
				t.Errorf("proxy is %+v", p)
			}
		})
	}
}

func TestAnOldVersionServesWhileANewOneFails(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	pid := w.Status().Running.PID
	l := w.load(2)
	w.edit("text/text.go", `"one"`, `func() string { panic("no greeting") }()`)
	w.reload(session.StartFailed)
	if s := w.Status(); s.State != session.Running || s.Running.PID != pid || !strings.Contains(s.Message, "rev 2 failed to start") {
		t.Errorf("status is %+v", s)
	}
	w.edit("text/text.go", `func() string { panic("no greeting") }()`, `"two"`)
	w.reload(session.Swapped)
	l.allServed()
	w.answers("two")
}

// noPorts is a runner on a system where ports can't be moved.
type noPorts struct{ target.Runner }

func (r noPorts) Start(ctx context.Context, s target.Spec) (target.Process, error) {
	if s.Ports != nil {
		return nil, fmt.Errorf("starting: %w", &target.NoPortsError{Err: errors.New("this is a test")})
	}
	return r.Runner.Start(ctx, s)
}

func withoutPorts(o *session.Options) { o.Runner = noPorts{o.Runner} }

func TestWherePortsCannotBeMovedTheAppGetsItsPortFromPORT(t *testing.T) {
	w := open(t, hello, withoutPorts)
	w.reload(session.Swapped)
	if p := w.Status().Proxy; p.Mode != "env" || p.Reason != "the app's ports can't be moved: this is a test" || p.Address != "localhost:"+w.port {
		t.Errorf("proxy is %+v", p)
	}
	if r := w.Status().Running; r.Address != "localhost:"+w.port || len(r.Listeners) != 1 || r.Listeners[0].Asked == r.Listeners[0].Actual {
		t.Errorf("running is %+v", r)
	}
	l := w.load(4)
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
	l.allServed()
}

func TestWhereTheAppIgnoresPORTItIsRestartedInPlace(t *testing.T) {
	port := freePort(t)
	w := open(t, strings.Replace(hello, `os.Getenv("PORT")`, `"`+port+`"`, 1), withoutPorts)
	w.port = port
	w.reload(session.Swapped)
	if p := w.Status().Proxy; p.Mode != "exclusive" || !strings.Contains(p.Reason, port) {
		t.Errorf("proxy is %+v", p)
	}
	w.answers("one")
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
}

func TestALockOfTheOldVersionIsLearned(t *testing.T) {
	const lock = `	f, err := os.OpenFile("lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		panic(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		fmt.Fprintln(os.Stderr, "opening the database:", err)
		os.Exit(1)
	}
	defer f.Close()
	fmt.Println("listening")`
	files := strings.Replace(hello, `	fmt.Println("listening")`, lock, 1)
	files = strings.Replace(files, `	"os"`, "	\"os\"\n\t\"syscall\"", 1)
	cache := t.TempDir()
	keepCache := func(o *session.Options) { o.CacheDir = cache }
	w := open(t, files, keepCache)
	w.reload(session.Swapped)
	l := w.load(4)
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.answers("two")
	if p := w.Status().Proxy; !strings.Contains(p.Reason, "resource temporarily unavailable") {
		t.Errorf("proxy is %+v", p)
	}
	w.edit("text/text.go", "two", "three")
	w.reload(session.Swapped)
	w.answers("three")
	l.allServed()
	if _, err := os.Stat(cache + "/exclusive"); err != nil {
		t.Errorf("what was learned is not kept: %v", err)
	}
}

func TestAnAddressThatAnotherProcessHasStopsNoVersion(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w := open(t, hello)
	w.reload(session.Swapped)
	pid := w.Status().Running.PID
	l := w.load(4)
	w.edit("main.go", `"localhost:"+os.Getenv("PORT")`, `"`+taken.Addr().String()+`"`)
	r := w.reload(session.StartFailed)
	if !strings.Contains(r.Message, "listening on the app's address "+taken.Addr().String()) {
		t.Errorf("the reload says %q", r.Message)
	}
	if s := w.Status(); s.State != session.Running || s.Running.PID != pid || strings.Contains(s.Proxy.Reason, "at once") {
		t.Errorf("status is %+v", s)
	}
	l.allServed()
}

func TestTheDoorIsClosedWhenTheAppIsStopped(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	if _, err := w.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.gone()
	if _, err := w.Start(context.Background(), session.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	w.answers("one")
}

func TestACrashIsAnsweredWithItsReason(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	_, _ = w.tryGet("/exit")
	w.until("state crashed", func() bool { return w.status.State == session.Crashed })
	if status, body := w.get("/"); status != http.StatusServiceUnavailable || !strings.Contains(body, "exit status 3") {
		t.Errorf("the answer is %d %q", status, body)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	for range 5 {
		w.answers("one")
	}
	w.until("the count", func() bool {
		return w.status.Running != nil && w.status.Running.Requests.Requests == 5 && w.status.Running.Requests.P50 > 0
	})
}

func TestTheProxyCanBeOff(t *testing.T) {
	w := open(t, hello+"-- hotdev.toml --\n[proxy]\nenabled = false\n")
	w.reload(session.Swapped)
	if s := w.Status(); s.Proxy.Mode != "off" || s.Proxy.Address != "" || s.Running.Address != "127.0.0.1:"+w.port {
		t.Errorf("status is %+v", s)
	}
	w.answers("one")
	w.write("hotdev.toml", "")
	w.reload(session.Restarted)
	if s := w.Status(); s.Proxy.Mode != "redirect" || s.Proxy.Address != "127.0.0.1:"+w.port {
		t.Errorf("status is %+v", s)
	}
	w.answers("one")
	if len(w.byFile) != 0 {
		t.Errorf("diagnostics: %v", w.byFile)
	}
}

func TestManyListeners(t *testing.T) {
	metrics := freePort(t)
	w := open(t, strings.Replace(hello, `	fmt.Println("listening")`, `	line, err := net.Listen("tcp", "127.0.0.1:`+metrics+`")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := line.Accept()
			if err != nil {
				return
			}
			fmt.Fprintln(c, "hello", text.Greeting)
			c.Close()
		}
	}()`, 1))
	w.reload(session.BuildFailed)
	w.edit("main.go", `	"fmt"`, "	\"fmt\"\n\t\"net\"")
	w.reload(session.Swapped)
	w.until("both listeners", func() bool { return w.status.Running != nil && len(w.status.Running.Listeners) == 2 })
	w.raw(metrics, "hello one\n")
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	w.raw(metrics, "hello two\n")
}

func TestAnAppThatAsksForAnyPort(t *testing.T) {
	w := open(t, strings.Replace(hello, `"localhost:"+os.Getenv("PORT")`, `"localhost:0"`, 1))
	w.reload(session.Swapped)
	first := w.Status()
	if first.Proxy.Mode != "redirect" || first.Proxy.Address != "" || first.Running.Address == "" {
		t.Errorf("status is %+v", first)
	}
	w.edit("text/text.go", "one", "two")
	w.reload(session.Swapped)
	_, w.port, _ = strings.Cut(w.Status().Running.Address, ":")
	w.answers("two")
}

func TestSettingsOfTheDoorChangeWithoutARestart(t *testing.T) {
	second := freePort(t)
	w := open(t, strings.Replace(hello, `	fmt.Println("listening")`, `	go http.ListenAndServe("localhost:`+second+`", nil)
	go http.ListenAndServe("localhost:0", nil)`, 1))
	w.reload(session.Swapped)
	pid := w.Status().Running.PID
	w.until("all listeners", func() bool { return w.status.Running != nil && len(w.status.Running.Listeners) == 3 })
	w.write("hotdev.toml", "[proxy]\ninject = false\n")
	w.reload(session.ConfigRead)
	w.answers("one")
	w.port = second
	w.answers("one")
	if got := w.Status().Running.PID; got != pid {
		t.Errorf("process %d runs, want %d still", got, pid)
	}
	for _, e := range w.log {
		if e.Stream == session.HotdevStream && e.Level == "error" {
			t.Errorf("hotdev says %q", e.Text)
		}
	}
}

func TestFilesForTheRaceDetectorCountWithIt(t *testing.T) {
	w := open(t, hello+`
-- hotdev.toml --
[build]
race = true
-- text/race.go --
//go:build race

package text

func init() { Greeting = "race" }
`)
	w.reload(session.Swapped)
	w.answers("race")
	w.edit("text/race.go", `"race"`, `"raced"`)
	w.reload(session.Swapped)
	w.answers("raced")
}
