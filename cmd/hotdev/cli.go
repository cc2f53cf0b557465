package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
)

// cli is what the commands share: the process's streams and environment, and
// the global flags.
type cli struct {
	in, out, err *os.File
	environ      []string

	dir     string // -C
	profile string
	json    bool
}

const longHelp = `Hotdev develops a Go web app beside your editor: every save becomes
diagnostics, or a new running version that takes over without a failed request.

The workspace is found as git finds a repository: it is the nearest directory,
from the current one (or that of -C) upwards, that holds a hotdev.toml, go.work
or go.mod. One daemon serves a workspace: 'hotdev run' is one, editors start one
with 'hotdev lsp', and all other commands talk to whichever is there.

What people read goes to standard error, what programs read (--json) to standard
output, one JSON object a line. Exit codes: 0 fine, 1 failed, 2 wrong usage,
3 no daemon.`

// jsonOutput marks the commands that take --json.
const jsonOutput = "json"

// execute runs the command that args name and returns the exit code.
func (c *cli) execute(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return c.exitCode(cmd, err)
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "hotdev",
		Short:         "The daemon beside your editor for Go web apps",
		Long:          longHelp,
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       unknownCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if c.json && cmd.Annotations[jsonOutput] == "" {
				return usagef("%s has no --json", cmd.CommandPath())
			}
			return nil
		},
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	flags := root.PersistentFlags()
	flags.StringVarP(&c.dir, "dir", "C", ".", "work as if started in `DIR`")
	flags.StringVar(&c.profile, "profile", "", "profile of hotdev.toml to use (run, serve, start, doctor)")
	flags.BoolVar(&c.json, "json", false, "write JSON, one object a line, to standard output")
	must(root.MarkPersistentFlagDirname("dir"))
	must(root.RegisterFlagCompletionFunc("profile", c.completeProfiles))
	for _, command := range []func() *cobra.Command{
		c.runCommand, c.lspCommand, c.dapCommand, c.serveCommand, c.attachCommand,
		c.statusCommand, c.reloadCommand, c.startCommand, c.stopCommand, c.rollbackCommand,
		c.historyCommand, c.routesCommand, c.logsCommand, c.whyCommand, c.breakCommand,
		c.initCommand, c.doctorCommand, c.versionCommand, c.cacheprogCommand,
	} {
		root.AddCommand(command())
	}
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		usageOnly(cmd)
	}
	return root
}

// usageOnly makes the errors of the argument checks of cmd, and of all commands
// below it, usage errors.
func usageOnly(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageOnly(sub)
	}
}

// unknownCommand refuses arguments of the root command, which are commands that
// do not exist, and names the nearest ones.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		hint = ": did you mean " + strings.Join(similar, " or ") + "?"
	}
	return usagef("unknown command %q%s", args[0], hint)
}

// must is for set-up that can fail only by a mistake in this package.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// printf writes to people.
func (c *cli) printf(format string, args ...any) {
	fmt.Fprintf(c.err, format, args...)
}

// printJSON writes v to programs, as one line.
func (c *cli) printJSON(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// getenv looks into the command's environment; the last setting of a name wins.
func (c *cli) getenv(name string) string {
	for i := len(c.environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(c.environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// format renders for people: paths relative to where they are.
func (c *cli) format() console.Format {
	here, err := os.Getwd()
	if err != nil {
		here = "" // paths are shown absolute
	}
	return console.Format{
		Color:    console.Colors(c.err, c.getenv),
		Width:    console.Columns(c.err),
		Dir:      here,
		ReadFile: os.ReadFile,
	}
}
