package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// setup is a way to develop the demo under load.
type setup struct {
	name   string
	tool   string
	toml   string // hotdev.toml
	air    string // .air.toml; PUBLIC and PRIVATE stand for ports
	refuse bool   // the system refuses what moves ports
	own    bool   // the app has its port from its settings, not from PORT
}

var setups = []setup{
	{name: "hotdev, the app's own port", tool: "hotdev", own: true},
	{name: "hotdev, port from PORT", tool: "hotdev", refuse: true},
	{name: "hotdev, exclusive", tool: "hotdev", own: true, toml: "[run]\nexclusive = true\n"},
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

// benchLoad measures the setups that names lists (all if it is empty), n saves
// each, and prints the table. The demo is changed in one thing: it writes down
// which orders it gets.
func benchLoad(ctx context.Context, n int, names string) error {
	work, err := os.MkdirTemp("", "reloadbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	binaries, err := installTools(ctx, work, []string{"hotdev", "air", "vegeta"})
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s/%s, %d CPUs, %d saves each, %d requests at once\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), n, concurrency)
	fmt.Println("| setup | saves served | requests | failed | POSTs sent | counted | counted twice | longest wait |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|---:|")
	for i, s := range setups {
		if names != "" && !slices.Contains(strings.Split(names, ";"), s.name) {
			continue
		}
		r, err := s.measure(ctx, filepath.Join(work, fmt.Sprint("load", i)), binaries, n)
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
	ledger := filepath.Join(dir, "orders.txt")
	if err := a.writeDownOrders(ledger); err != nil {
		return r, err
	}
	public, err := s.start(ctx, a, binaries[s.tool])
	if err != nil {
		return r, err
	}
	defer public.stop()
	base := "http://localhost:" + public.port
	if _, err := served(ctx, base+a.path, "hello"); err != nil {
		return r, err
	}
	attack, err := startAttack(ctx, binaries["vegeta"], filepath.Join(dir, "results.bin"), base+a.path, base+"/api/orders")
	if err != nil {
		return r, err
	}
	saves, err := a.saveOften(ctx, base+a.path, n)
	if err := errors.Join(err, attack.stop()); err != nil {
		return r, err
	}
	if r, err = attack.outcome(ctx); err != nil {
		return r, err
	}
	r.saves = saves
	return r, r.compare(ledger)
}

// saveOften saves n times, each time after the one before was served, and
// returns how many were. It ends with the first that is not served in time.
func (a *app) saveOften(ctx context.Context, url string, n int) (saves int, err error) {
	for ; saves < n; saves++ {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return saves, context.Cause(ctx)
		}
		greeting := fmt.Sprintf("hello-%d-", saves+1)
		if err := a.save(greeting); err != nil {
			return saves, err
		}
		if _, err := served(ctx, url, greeting); err != nil {
			if ctx.Err() != nil {
				return saves, err
			}
			fmt.Fprintln(os.Stderr, err)
			break
		}
	}
	return saves, nil
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
