package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/console"
	"github.com/hotdev/hotdev/rpc/client"
	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/session/graph"
)

var errSeveralMains = errors.New("the workspace has several main packages")

// runView shows the session of run; when it turns out that there are several
// main packages, it asks which one to run, or fails where nobody can answer.
// The view is to be finished in every case.
func (c *cli) runView(ctx context.Context, w workspace, cl *client.Client, o viewOptions, begin func(context.Context) error) (*view, error) {
	untilSeveral, several := context.WithCancelCause(ctx)
	defer several(nil)
	o.hide = func(r protocol.Reload) bool {
		found := isSeveralMains(r)
		if found {
			several(errSeveralMains)
		}
		return found
	}
	v := c.newView(cl, o)
	err := v.run(untilSeveral, begin)
	if !errors.Is(context.Cause(untilSeveral), errSeveralMains) {
		return v, err
	}
	choice, err := c.choosePackage(ctx, w)
	if err != nil {
		return v, err
	}
	return v, v.run(ctx, func(ctx context.Context) error {
		_, err := cl.Start(ctx, protocol.StartParams{Package: choice})
		return err
	})
}

// isSeveralMains reports whether r failed because the main package is
// ambiguous.
func isSeveralMains(r protocol.Reload) bool {
	return slices.ContainsFunc(r.Diagnostics, func(d protocol.Diagnostic) bool { return d.Code == "several-mains" })
}

// choosePackage asks which main package to run. Where standard input and error
// are no terminal the error lists the commands to choose from.
func (c *cli) choosePackage(ctx context.Context, w workspace) (string, error) {
	mains, err := graph.ListMains(ctx, w.root)
	if err != nil {
		return "", err
	}
	if !console.IsTerminal(c.in) || !console.IsTerminal(c.err) {
		return "", usagef("%w; name one, or set package in hotdev.toml's [app]:\n  hotdev run %s", errSeveralMains, strings.Join(mains, "\n  hotdev run "))
	}
	c.printf("%v:\n", errSeveralMains)
	for i, m := range mains {
		c.printf("%3d  %s\n", i+1, m)
	}
	for {
		c.printf("Which one shall run? [1-%d] ", len(mains))
		answer, err := console.ReadLine(ctx, c.in)
		if err != nil {
			return "", fmt.Errorf("choosing a main package: %w", err)
		}
		if n, err := strconv.Atoi(strings.TrimSpace(answer)); err == nil && n >= 1 && n <= len(mains) {
			return mains[n-1], nil
		}
	}
}
