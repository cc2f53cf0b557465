package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	airVersion    = "v1.67.4"
	vegetaVersion = "v12.13.0"
)

// installTools builds the programs of the tools that are named and returns their
// paths.
func installTools(ctx context.Context, work string, tools []string) (map[string]string, error) {
	binaries := map[string]string{}
	for _, tool := range tools {
		var err error
		bin := filepath.Join(work, tool)
		switch tool {
		case "floor", "start":
		case "dlv":
			_, err = command(ctx, ".", "go", "build", "-o", bin, "github.com/go-delve/delve/cmd/dlv")
		case "hotdev", "hotdev+dap", "hotdev+editor":
			_, err = command(ctx, ".", "go", "build", "-o", bin, "./cmd/hotdev")
		case "air":
			bin, err = install(ctx, tool, "github.com/air-verse/air", airVersion)
		case "vegeta":
			bin, err = install(ctx, tool, "github.com/tsenart/vegeta/v12", vegetaVersion)
		default:
			err = fmt.Errorf("no tool is named %q", tool)
		}
		if err != nil {
			return nil, err
		}
		binaries[tool] = bin
	}
	return binaries, nil
}

// install builds a program once into the user's cache.
func install(ctx context.Context, name, pkg, version string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "hotdev-test", name+"-"+version)
	bin := filepath.Join(dir, name)
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "install", pkg+"@"+version)
	cmd.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("installing %s: %w\n%s", name, err, out)
	}
	return bin, nil
}

// driver is a tool at work on an app.
type driver interface {
	// typed is called with what will be saved, before it is, and may take its
	// time.
	typed(ctx context.Context, e edit, text string) error
	// saved is called after each save; the floor does its work here.
	saved(ctx context.Context) error
	// cpu is the CPU time that was used so far, by the app as well.
	cpu() time.Duration
	stop()
}

// start lets the tool develop the app on port.
func start(ctx context.Context, tool, bin string, a *app, port string) (driver, error) {
	env := append(os.Environ(), "PORT="+port, "GIN_MODE=release")
	switch tool {
	case "floor", "start":
		f := floor{dir: a.dir, env: env}
		if err := f.saved(ctx); tool == "floor" {
			return &f, err
		} else {
			return &starter{f}, err
		}
	case "dlv":
		d := &delve{dlv: bin, floor: floor{dir: a.dir, env: env}, file: a.armed}
		return d, d.saved(ctx)
	case "hotdev+dap":
		return debugHotdev(ctx, a, env, bin)
	case "hotdev+editor":
		return editHotdev(ctx, a, env, bin)
	case "hotdev":
		return watching(ctx, a.dir, env, bin, "run")
	default:
		return watching(ctx, a.dir, env, bin)
	}
}

// floor builds and starts by hand: nothing can be faster with go build.
type floor struct {
	dir   string
	env   []string
	app   *exec.Cmd
	spent time.Duration // by what has ended
}

func (f *floor) typed(context.Context, edit, string) error { return nil }

func (f *floor) saved(ctx context.Context) error {
	if err := f.build(ctx); err != nil {
		return err
	}
	f.stop()
	return f.exec()
}

func (f *floor) bin() string { return filepath.Join(f.dir, "floor.bin") }

// build builds with more flags.
func (f *floor) build(ctx context.Context, flags ...string) error {
	args := append([]string{"build", "-o", f.bin()}, flags...)
	cpu, err := command(ctx, f.dir, "go", append(args, ".")...)
	f.spent += cpu
	return err
}

func (f *floor) exec() error {
	f.app = exec.Command(f.bin())
	f.app.Dir, f.app.Env = f.dir, f.env
	return f.app.Start()
}

func (f *floor) cpu() time.Duration {
	if f.app == nil {
		return f.spent
	}
	return f.spent + treeCPU(f.app.Process.Pid)
}

func (f *floor) stop() {
	if f.app == nil {
		return
	}
	_ = f.app.Process.Signal(syscall.SIGTERM)
	_ = f.app.Wait()
	f.spent += f.app.ProcessState.UserTime() + f.app.ProcessState.SystemTime()
	f.app = nil
}

// starter builds before the save, and then only starts: the floor of a reload
// whose build was ready.
type starter struct{ floor }

func (s *starter) typed(ctx context.Context, e edit, text string) error {
	if err := e.save(text); err != nil {
		return err
	}
	if err := s.build(ctx); err != nil {
		return err
	}
	s.stop()
	return nil
}

func (s *starter) saved(context.Context) error { return s.exec() }

// watcher is a tool that watches the files by itself.
type watcher struct{ cmd *exec.Cmd }

func watching(ctx context.Context, dir string, env []string, name string, args ...string) (driver, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it has an app to end
	return watcher{cmd}, cmd.Start()
}

func (w watcher) typed(context.Context, edit, string) error { return nil }

func (w watcher) saved(context.Context) error { return nil }

func (w watcher) cpu() time.Duration { return treeCPU(w.cmd.Process.Pid) }

func (w watcher) stop() {
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	_ = w.cmd.Wait()
}

// freePort returns a TCP port that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
