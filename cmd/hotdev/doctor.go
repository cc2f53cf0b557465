package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/doctor"
	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/watch"
)

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
configured port, hotdev's own directories and tracing of processes. For each it
prints ok, warn or fail, and the mend. It exits with 1 if one fails.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return c.examine(cmd.Context()) },
	}
}

func (c *cli) examine(ctx context.Context) error {
	found := doctor.Options{Environ: c.environ}
	findings := []doctor.Finding{c.examineWorkspace(ctx, &found)}
	if dir, err := os.UserCacheDir(); err == nil {
		found.CacheDir = filepath.Join(dir, "hotdev")
	}
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
	o.Address = conf.Run.Address
	if opt, err := w.clientOptions(); err == nil {
		_, err := client.Discover(ctx, opt)
		o.Serving = !errors.Is(err, client.ErrNoDaemon)
	}
	return doctor.Finding{Check: "workspace", Level: doctor.OK, Message: w.root}
}
