package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/session/config"
)

// initResult is what init --json prints.
type initResult struct {
	File  string   `json:"file"`
	Notes []string `json:"notes"` // what of the other tool's file has no equal or differs
}

func (c *cli) initCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "init [package]",
		Short: "Write a hotdev.toml",
		Long: `Init writes a hotdev.toml into the workspace's root: every key with its meaning
and default, as comments. hotdev needs none; a package is set in it if given.

With --from it takes over the configuration of air, and says what has no equal.`,
		Example:     "  hotdev init\n  hotdev init ./cmd/api\n  hotdev init --from .air.toml",
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(_ *cobra.Command, args []string) error {
			arg := ""
			if len(args) == 1 {
				arg = args[0]
			}
			if arg != "" && from != "" {
				return usagef("--from and a package exclude each other: edit the package in the file that is written")
			}
			return c.initialize(arg, from)
		},
		ValidArgsFunction: c.completePackages,
	}
	cmd.Flags().StringVar(&from, "from", "", "take over the configuration of air in `FILE`")
	must(cmd.MarkFlagFilename("from", "toml"))
	return cmd
}

func (c *cli) initialize(arg, from string) error {
	w, err := c.workspace()
	if errors.Is(err, errNoWorkspace) {
		return fmt.Errorf("init needs a Go module: %w", err)
	}
	if err != nil {
		return err
	}
	var text []byte
	notes := []string{}
	if from == "" {
		pkg := ""
		if arg != "" {
			if pkg, err = w.pkg(arg); err != nil {
				return err
			}
		}
		text = config.Template(pkg)
	} else {
		air, err := os.ReadFile(w.file(from))
		if err != nil {
			return fmt.Errorf("--from: %w", err)
		}
		if text, notes, err = config.FromAir(air); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	file := filepath.Join(w.root, config.FileName)
	if err := writeNew(file, text); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(initResult{file, notes})
	}
	c.printf("wrote %s\n", c.format().Path(file))
	for _, note := range notes {
		c.printf("  %s\n", note)
	}
	return nil
}

// writeNew writes a file that must not exist.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already: edit it, or remove it first", name)
	}
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the configuration: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}
