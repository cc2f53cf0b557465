package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
)

// ownBreakpoints is the owner of the breakpoints that clients without DAP keep.
const ownBreakpoints = "hotdev"

func (c *cli) breakCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "break",
		Short: "List, set and remove breakpoints that stay over reloads",
		Long: `Break works on the breakpoints of the daemon: those set here, which editors without
a debugger share, and those of the debuggers that are connected. They stay on
their statements over edits and reloads; those set here stay over the daemon's
end, too. A breakpoint alone lets the app stop: attach with 'hotdev attach --dlv',
or from an editor, to look around and go on.`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return c.listBreakpoints(cmd.Context()) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:         "list",
		Short:       "List all breakpoints",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return c.listBreakpoints(cmd.Context()) },
	}, c.breakAddCommand(), c.breakRemoveCommand())
	return cmd
}

func (c *cli) breakAddCommand() *cobra.Command {
	var b protocol.SourceBreakpoint
	cmd := &cobra.Command{
		Use:   "add FILE:LINE",
		Short: "Set a breakpoint, or change the one that is there",
		Example: `  hotdev break add handlers/items.go:42 --if 'len(items) > 3'
  hotdev break add main.go:17 --log 'user {user.Name}'`,
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			file, line, err := splitPlace(args[0])
			if err != nil {
				return err
			}
			b.Line = line
			return c.ask(cmd.Context(), func(cl *client.Client, w workspace) error {
				return c.changeBreakpoints(cmd.Context(), cl, w.file(file), line, &b)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&b.Condition, "if", "", "stop only where this Go `EXPR` is true")
	flags.StringVar(&b.LogMessage, "log", "", "print `MESSAGE` instead of stopping; {expression} is replaced by its value")
	flags.StringVar(&b.HitCondition, "hits", "", "stop only at these hits: `N`, or an operator and a number such as '> 5' or '% 2'")
	return cmd
}

func (c *cli) breakRemoveCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:         "rm FILE[:LINE]",
		Short:       "Remove the breakpoint on a line, or all of a file (--all: all of all files)",
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return usagef("break rm takes either FILE[:LINE] or --all")
			}
			return c.ask(cmd.Context(), func(cl *client.Client, w workspace) error {
				if all {
					return c.removeAll(cmd.Context(), cl)
				}
				file, line, err := splitPlace(args[0])
				if err != nil { // then it is a file
					file, line = args[0], 0
				}
				return c.changeBreakpoints(cmd.Context(), cl, w.file(file), line, nil)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove all that 'hotdev break' has set")
	return cmd
}

// splitPlace takes FILE:LINE apart.
func splitPlace(place string) (file string, line int, err error) {
	i := strings.LastIndexByte(place, ':')
	if i > 0 {
		line, err = strconv.Atoi(place[i+1:])
	}
	if i <= 0 || err != nil || line < 1 {
		return "", 0, usagef("%s: a place is FILE:LINE, with lines from 1", place)
	}
	return place[:i], line, nil
}

// own returns what 'hotdev break' has set, by file; all of it for file "".
func own(ctx context.Context, cl *client.Client, file string) (map[string][]protocol.SourceBreakpoint, error) {
	list, err := cl.Breakpoints(ctx)
	if err != nil {
		return nil, err
	}
	byFile := map[string][]protocol.SourceBreakpoint{}
	for _, b := range list {
		if b.Owner == ownBreakpoints && (file == "" || b.File == file) {
			byFile[b.File] = append(byFile[b.File], protocol.SourceBreakpoint{
				Line: b.Line, Condition: b.Condition, HitCondition: b.HitCondition, LogMessage: b.LogMessage,
			})
		}
	}
	return byFile, nil
}

// changeBreakpoints puts b in the place of what is on a line of file (0: on all
// of them); nil removes it.
func (c *cli) changeBreakpoints(ctx context.Context, cl *client.Client, file string, line int, b *protocol.SourceBreakpoint) error {
	byFile, err := own(ctx, cl, file)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(byFile[file]), func(old protocol.SourceBreakpoint) bool { return line == 0 || old.Line == line })
	if b == nil && len(rest) == len(byFile[file]) {
		return fmt.Errorf("'hotdev break' has set no breakpoint at %s", c.place(file, line))
	}
	if b != nil {
		rest = append(rest, *b)
	}
	set, err := cl.SetBreakpoints(ctx, protocol.SetBreakpointsParams{File: file, Breakpoints: rest})
	if err != nil || b == nil {
		return err
	}
	added := set[len(set)-1]
	if c.json {
		return c.printJSON(added)
	}
	c.printf("%s\n", c.breakpoint(added))
	return nil
}

func (c *cli) removeAll(ctx context.Context, cl *client.Client) error {
	byFile, err := own(ctx, cl, "")
	if err != nil {
		return err
	}
	for file := range byFile {
		if _, err := cl.SetBreakpoints(ctx, protocol.SetBreakpointsParams{File: file, Breakpoints: []protocol.SourceBreakpoint{}}); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) listBreakpoints(ctx context.Context) error {
	return c.ask(ctx, func(cl *client.Client, _ workspace) error {
		list, err := cl.Breakpoints(ctx)
		if err != nil {
			return err
		}
		if c.json {
			return printAll(c, list)
		}
		if len(list) == 0 {
			c.printf("no breakpoints: 'hotdev break add FILE:LINE' sets one\n")
			return nil
		}
		w := tabwriter.NewWriter(c.err, 0, 0, 2, ' ', 0)
		for _, b := range list {
			fmt.Fprintf(w, "%d\t%s\t%s\n", b.ID, b.Owner, c.breakpoint(b))
		}
		return w.Flush()
	})
}

// breakpoint describes b in one line.
func (c *cli) breakpoint(b protocol.Breakpoint) string {
	text := b.Function
	if b.File != "" {
		text = c.place(b.File, b.Line)
	}
	for _, part := range []struct{ name, value string }{{"if", b.Condition}, {"hits", b.HitCondition}, {"log", b.LogMessage}} {
		if part.value != "" {
			text += fmt.Sprintf(" %s %q", part.name, part.value)
		}
	}
	if !b.Verified && b.Message != "" {
		text += ": " + b.Message
	}
	return text
}

// place is FILE:LINE for people; line 0 stands for the file.
func (c *cli) place(file string, line int) string {
	if line == 0 {
		return c.format().Path(file)
	}
	return fmt.Sprintf("%s:%d", c.format().Path(file), line)
}
