package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

const (
	airVersion    = "v1.67.4"
	vegetaVersion = "v12.13.0"
)

// installTools builds the tools that are named and returns their binaries.
func installTools(ctx context.Context, work string, tools []string) (map[string]string, error) {
	binaries := map[string]string{}
	for _, tool := range tools {
		switch tool {
		case "floor":
		case "dlv":
			binaries[tool] = filepath.Join(work, "dlv")
			if err := command(ctx, ".", "go", "build", "-o", binaries[tool], "github.com/go-delve/delve/cmd/dlv"); err != nil {
				return nil, err
			}
		case "hotdev", "hotdev+dap":
			binaries[tool] = filepath.Join(work, "hotdev")
			if err := command(ctx, ".", "go", "build", "-o", binaries[tool], "./cmd/hotdev"); err != nil {
				return nil, err
			}
		case "air":
			bin, err := install(ctx, tool, "github.com/air-verse/air", airVersion)
			if err != nil {
				return nil, err
			}
			binaries[tool] = bin
		case "vegeta":
			bin, err := install(ctx, tool, "github.com/tsenart/vegeta/v12", vegetaVersion)
			if err != nil {
				return nil, err
			}
			binaries[tool] = bin
		default:
			return nil, fmt.Errorf("no tool is named %q", tool)
		}
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
	// saved is called after each save; the floor does its work here.
	saved(ctx context.Context) error
	stop()
}

// start lets the tool develop the app in dir on port.
func start(ctx context.Context, tool, bin string, a *app, port string) (driver, error) {
	dir := a.dir
	env := append(os.Environ(), "PORT="+port, "GIN_MODE=release")
	switch tool {
	case "floor":
		f := &floor{dir: dir, env: env}
		return f, f.saved(ctx)
	case "dlv":
		d := &delve{dlv: bin, dir: dir, file: a.file, env: env}
		return d, d.saved(ctx)
	case "hotdev+dap":
		return debugHotdev(ctx, dir, a.file, env, bin)
	case "hotdev":
		return watching(ctx, dir, env, bin, "run")
	default:
		return watching(ctx, dir, env, bin)
	}
}

// floor builds and starts by hand: nothing can be faster with go build.
type floor struct {
	dir string
	env []string
	app *exec.Cmd
}

func (f *floor) saved(ctx context.Context) error {
	bin := filepath.Join(f.dir, "floor.bin")
	if err := command(ctx, f.dir, "go", "build", "-o", bin, "."); err != nil {
		return err
	}
	f.stop()
	f.app = exec.Command(bin)
	f.app.Dir, f.app.Env = f.dir, f.env
	return f.app.Start()
}

func (f *floor) stop() {
	if f.app != nil {
		_ = f.app.Process.Signal(syscall.SIGTERM)
		_ = f.app.Wait()
	}
}

// watcher is a tool that watches the files by itself.
type watcher struct{ cmd *exec.Cmd }

func watching(ctx context.Context, dir string, env []string, name string, args ...string) (driver, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	return watcher{cmd}, cmd.Start()
}

func (w watcher) saved(context.Context) error { return nil }

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
