package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/doctor"
	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/watch"
)

// daemonTime is how long the daemon may take to answer doctor.
const daemonTime = 5 * time.Second

// finding is a doctor.Finding as doctor --json prints it.
type finding struct {
	Check   string       `json:"check"`
	Level   doctor.Level `json:"level"`
	Message string       `json:"message"`
	Mend    string       `json:"mend,omitempty"`
}

func (c *cli) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check what hotdev needs of this machine, and say how to mend it",
		Long: `Doctor checks the go command, file events and their limits, the mount, the
configured port, whether the app's ports can be moved, hotdev's own directories
and tracing of processes. For each it prints ok, warn or fail, and the mend. It
exits with 1 if one fails.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return c.examine(cmd.Context()) },
	}
}

func (c *cli) examine(ctx context.Context) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding hotdev's own program: %w", err)
	}
	found := doctor.Options{Environ: c.environ, Exe: exe}
	if dir, err := os.UserCacheDir(); err == nil {
		found.CacheDir = filepath.Join(dir, "hotdev")
	}
	findings := []doctor.Finding{c.examineWorkspace(ctx, &found)}
	findings = append(findings, doctor.Check(ctx, found)...)
	failed := false
	for _, f := range findings {
		failed = failed || f.Level == doctor.Fail
		if c.json {
			if err := c.printJSON(finding(f)); err != nil {
				return err
			}
			continue
		}
		c.printf("%-4s  %-9s  %s\n", f.Level, f.Check, f.Message)
		if f.Mend != "" {
			c.printf("%17s→ %s\n", "", f.Mend)
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// examineWorkspace fills in what the checks need to know of the workspace.
func (c *cli) examineWorkspace(ctx context.Context, o *doctor.Options) doctor.Finding {
	w, err := c.workspace()
	if err != nil {
		return doctor.Finding{Check: "workspace", Level: doctor.Fail, Message: err.Error(), Mend: "go to a Go module, or name one with -C"}
	}
	o.Root, o.Eventless = w.root, watch.Eventless(w.root)
	place, err := wire.NewWorkspace(w.root, "")
	o.SocketDir, o.SocketErr = place.Dir, err
	conf, err := config.Load(w.root, c.environ, c.overrides())
	if err != nil {
		return doctor.Finding{Check: "workspace", Level: doctor.Fail, Message: err.Error(), Mend: "mend the configuration"}
	}
	o.Address, o.DoorOff = conf.Run.Address, !conf.Proxy.Enabled
	o.Exclusive = exclusive(conf, filepath.Join(o.CacheDir, place.Name()))
	if opt, err := w.clientOptions(); err == nil {
		c.examineDaemon(ctx, opt, o)
	}
	return doctor.Finding{Check: "workspace", Level: doctor.OK, Message: w.root}
}

// exclusive says why the app's versions must not run at once, by configuration
// or by what a session with this cache has found out; "" if they may.
func exclusive(conf *config.Config, cache string) string {
	if conf.Run.Exclusive {
		return "[run] exclusive = true"
	}
	why, file, err := session.Learned(cache)
	if err != nil || why == "" {
		return ""
	}
	return why + " (found out before; remove " + file + " to have it tried again)"
}

// examineDaemon fills in what the daemon of the workspace says, if there is one.
func (c *cli) examineDaemon(ctx context.Context, opt client.Options, o *doctor.Options) {
	ctx, cancel := context.WithTimeout(ctx, daemonTime)
	defer cancel()
	cl, err := client.Dial(ctx, opt)
	if err != nil {
		o.Serving = !errors.Is(err, client.ErrNoDaemon)
		return
	}
	defer cl.Close()
	o.Serving = true
	if status, err := cl.Status(ctx); err == nil && status.Running != nil {
		o.InForce = status.Proxy.Mode
		if status.Proxy.Reason != "" {
			o.InForce += " (" + status.Proxy.Reason + ")"
		}
	}
}
