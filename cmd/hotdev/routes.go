package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
)

func (c *cli) routesCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "routes",
		Short:       "List the running version's routes and how they do",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error {
				table, err := cl.Routes(cmd.Context())
				if err != nil {
					return err
				}
				if c.json {
					return printAll(c, table.Routes)
				}
				if len(table.Routes) == 0 {
					c.printf("no routes are known: the app has printed none yet (gin does in its debug mode)\n")
					return nil
				}
				f := c.format()
				w := tabwriter.NewWriter(c.err, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "METHOD\tPATH\tHITS\tERRORS\tP50\tHANDLER\tAT")
				for _, r := range table.Routes {
					place := ""
					if r.File != "" {
						place = fmt.Sprintf("%s:%d", f.Path(r.File), r.Line)
					}
					p50 := ""
					if r.Hits > 0 {
						p50 = fmt.Sprintf("%.1f ms", r.P50)
					}
					fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\n", r.Method, r.Path, r.Hits, r.Errors, p50, r.Handler, place)
				}
				return w.Flush()
			})
		},
	}
}
