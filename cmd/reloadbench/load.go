package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-dap"
)

// setup is a way to develop the demo under load.
type setup struct {
	name   string
	tool   string
	toml   string // hotdev.toml
	air    string // .air.toml; PUBLIC and PRIVATE stand for ports
	refuse bool   // the system refuses what moves ports
	own    bool   // the app has its port from its settings, not from PORT
	// debug attaches a client with a breakpoint, which it continues from and which
	// each new version must come to, and a log point in what takes the orders.
	debug bool
}

var setups = []setup{
	{name: "hotdev, the app's own port", tool: "hotdev", own: true},
	{name: "hotdev, port from PORT", tool: "hotdev", refuse: true},
	{name: "hotdev, exclusive", tool: "hotdev", own: true, toml: "[run]\nexclusive = true\n"},
	{name: "hotdev, debugged", tool: "hotdev", own: true, debug: true},
	{name: "air", tool: "air"},
	{name: "air with its proxy", tool: "air", air: "[proxy]\nenabled = true\nproxy_port = PUBLIC\napp_port = PRIVATE\n"},
}

func setupNames() string {
	var names []string
	for _, s := range setups {
		names = append(names, fmt.Sprintf("%q", s.name))
	}
	return strings.Join(names, ", ")
}

// pause is between a new version's first answer and the next save; with less
// air misses some.
const pause = time.Second

// refuseArg makes this program one that runs another where ports can't be moved.
const refuseArg = "refuse-moving-ports"

// load measures the setups that are named (all if none is), n saves each, and
// prints the table. The demo is changed in one thing: it writes down which orders
// it gets.
func (b *bench) load(ctx context.Context, names string) error {
	binaries, err := installTools(ctx, b.work, []string{"hotdev", "air", "vegeta"})
	if err != nil {
		return err
	}
	b.heading(fmt.Sprintf("%d requests at once", concurrency))
	fmt.Println("| setup | saves served | requests | failed | POSTs sent | counted | counted twice | longest wait |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|---:|")
	for i, s := range setups {
		if names != "" && !slices.Contains(strings.Split(names, ";"), s.name) {
			continue
		}
		r, err := s.measure(ctx, filepath.Join(b.work, fmt.Sprint("load", i)), binaries, b.n)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("| %s | %d | %d | %d | %d | %d | %d | %d ms |\n", s.name, r.saves, r.requests, r.failed, r.orders, r.counted, r.twice, r.longest.Milliseconds())
		for why, times := range r.reasons {
			fmt.Fprintf(os.Stderr, "%s: %d × %s\n", s.name, times, why)
		}
	}
	return nil
}

// measure saves n times under load.
func (s setup) measure(ctx context.Context, dir string, binaries map[string]string, n int) (r outcome, err error) {
	a, err := prepare(ctx, "demo", dir)
	if err != nil {
		return r, err
	}
	e, err := a.edit(leafBody)
	if err != nil {
		return r, err
	}
	ledger := filepath.Join(dir, "orders.txt")
	if err := writeDownOrders(&e, ledger); err != nil {
		return r, err
	}
	public, err := s.start(ctx, a, binaries[s.tool])
	if err != nil {
		return r, err
	}
	defer func() { public.stop() }()
	base := "http://localhost:" + public.port
	if _, err := served(ctx, base+e.path, "hello"); err != nil {
		return r, err
	}
	stopped := func() error { return nil }
	if s.debug {
		d, err := s.attach(ctx, e, public, binaries[s.tool])
		if err != nil {
			return r, err
		}
		public.driver = d
		stopped = func() error { return d.comesToBreakpoint(ctx, base+breakPath) }
		defer func() { fmt.Fprintf(os.Stderr, "%s: %d lines of output from the log point\n", s.name, d.logged.Load()) }()
	}
	attack, err := startAttack(ctx, binaries["vegeta"], filepath.Join(dir, "results.bin"), base+e.path, base+"/api/orders")
	if err != nil {
		return r, err
	}
	saves, err := saveOften(ctx, e, base+e.path, n, stopped)
	if err := errors.Join(err, attack.stop()); err != nil {
		return r, err
	}
	if r, err = attack.outcome(ctx); err != nil {
		return r, err
	}
	r.saves = saves
	return r, r.compare(ledger)
}

// saveOften saves n times, each time after the one before was served and then
// did well, and returns how many were. It ends with the first that is not served
// in time.
func saveOften(ctx context.Context, e edit, url string, n int, then func() error) (saves int, err error) {
	for ; saves < n; saves++ {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return saves, context.Cause(ctx)
		}
		token := fmt.Sprintf("hello-%d-", saves+1)
		text, err := e.text(saves, token)
		if err == nil {
			err = e.save(text)
		}
		if err != nil {
			return saves, err
		}
		_, err = served(ctx, url, token)
		if err == nil {
			err = then()
		}
		if err != nil {
			if ctx.Err() != nil {
				return saves, err
			}
			fmt.Fprintln(os.Stderr, err)
			break
		}
	}
	return saves, nil
}

const (
	breakPath = "/api/slow?for=1us" // leads to the breakpoint, at breakAt
	breakAt   = "time.ParseDuration("
)

// attach attaches the debug client.
func (s setup) attach(ctx context.Context, e edit, r running, bin string) (*debuggedHotdev, error) {
	b, err := breakpointAt(e.file, breakAt, "")
	if err != nil {
		return nil, err
	}
	line, err := lineOf(e.file, "writeDown(")
	if err != nil {
		return nil, err
	}
	b.Breakpoints = append(b.Breakpoints, dap.SourceBreakpoint{Line: line, LogMessage: "order {body.Item}"})
	return debugging(ctx, filepath.Dir(filepath.Dir(e.file)), os.Environ(), bin, r.driver, b)
}

// comesToBreakpoint asks for what has the breakpoint until the client was told of
// a stop there.
func (d *debuggedHotdev) comesToBreakpoint(ctx context.Context, url string) error {
	select {
	case <-d.stopped: // in the version before
	default:
	}
	if _, err := served(ctx, url, "waited"); err != nil {
		return err
	}
	select {
	case <-d.stopped:
		return nil
	case <-time.After(giveUp):
		return errors.New("the breakpoint was passed without a stop")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// running is a tool at work and the port that the app is asked on.
type running struct {
	driver
	port string
}

// start lets the tool develop the app.
func (s setup) start(ctx context.Context, a *app, bin string) (r running, err error) {
	if r.port, err = freePort(); err != nil {
		return r, err
	}
	private := r.port
	if s.air != "" {
		if private, err = freePort(); err != nil {
			return r, err
		}
	}
	files := map[string]string{"hotdev.toml": "[watch]\nrestart = [\"settings.json\"]\n" + s.toml}
	if s.air != "" {
		files[".air.toml"] = strings.NewReplacer("PUBLIC", r.port, "PRIVATE", private).Replace(s.air)
	}
	env := append(os.Environ(), "GIN_MODE=release", "PORT="+private)
	if s.own {
		files["settings.json"] = fmt.Sprintf(`{"title": "demo", "port": %q}`, r.port)
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, "PORT=") })
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o644); err != nil {
			return r, err
		}
	}
	argv := []string{bin}
	if s.tool == "hotdev" {
		argv = append(argv, "run")
	}
	if s.refuse {
		self, err := os.Executable()
		if err != nil {
			return r, err
		}
		argv = append([]string{self, refuseArg}, argv...)
	}
	r.driver, err = watching(ctx, a.dir, env, argv[0], argv[1:]...)
	return r, err
}
