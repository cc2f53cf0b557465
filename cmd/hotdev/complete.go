package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/graph"
)

// completePackages offers the workspace's main packages and directories.
func (c *cli) completePackages(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	w, err := c.workspace()
	if err != nil {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	mains, err := graph.ListMains(cmd.Context(), w.root)
	if err != nil {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return mains, cobra.ShellCompDirectiveDefault
}

// completeProfiles offers the profiles of hotdev.toml.
func (c *cli) completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	w, err := c.workspace()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var file struct {
		Profiles map[string]any `toml:"profiles"`
	}
	data, err := os.ReadFile(filepath.Join(w.root, config.FileName))
	if err != nil || toml.Unmarshal(data, &file) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(file.Profiles)), cobra.ShellCompDirectiveNoFileComp
}

// completeRevs offers the revs of the history, with their causes.
func (c *cli) completeRevs(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var revs []string
	if len(args) == 0 {
		_ = c.ask(cmd.Context(), func(cl *client.Client, _ workspace) error { // without an answer there is nothing to offer
			reloads, err := cl.History(cmd.Context())
			for _, r := range reloads {
				if r.BackTo != 0 {
					continue // that version has a record of its own
				}
				revs = append(revs, cobra.CompletionWithDesc(strconv.Itoa(r.Rev), r.Reason))
			}
			return err
		})
	}
	return revs, cobra.ShellCompDirectiveNoFileComp
}
