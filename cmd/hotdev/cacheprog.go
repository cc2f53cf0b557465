package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hotdev/hotdev/cmd/hotdev/internal/cacheprog"
)

func (c *cli) cacheprogCommand() *cobra.Command {
	var o cacheprog.Options
	var store string
	var gigabytes float64
	cmd := &cobra.Command{
		Use:   "cacheprog",
		Short: "Be the go command's build cache, shared by a team",
		Long: `Cacheprog is started by the go command, for itself and for hotdev's builds:

    GOCACHEPROG="hotdev cacheprog --store https://cache.example.com/go"

It keeps what was built in a directory, and looks for what is not there in the shared
store: a directory, a URL that answers GET (and PUT, with --write), or s3://bucket/prefix.
Its files are checked against the hash that they are known by. A store that is slow or
does not answer is left alone before it costs more than 5 % of the go command's time and
0.2 s (--wait).

Who may write to a store decides on what its readers run: let your CI write and
developers read. A URL is sent $HOTDEV_CACHE_TOKEN as a bearer token. Amazon S3 and what
is compatible with it is asked as $AWS_ENDPOINT_URL, $AWS_REGION, $AWS_ACCESS_KEY_ID,
$AWS_SECRET_ACCESS_KEY and $AWS_SESSION_TOKEN say; a reader needs s3:GetObject and, so
that it is told of what is missing, s3:ListBucket.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Dir == "" {
				dir, err := os.UserCacheDir()
				if err != nil {
					return fmt.Errorf("finding a place for the cache: %w", err)
				}
				o.Dir = filepath.Join(dir, "hotdev", "gocache")
			}
			var err error
			if o.Dir, err = filepath.Abs(o.Dir); err != nil {
				return err
			}
			if store = cmp.Or(store, os.Getenv("HOTDEV_CACHE_STORE")); store != "" {
				if o.Store, err = cacheprog.Open(store, os.Getenv); err != nil {
					return usagef("--store: %w", err)
				}
			}
			o.MaxSize = int64(gigabytes * (1 << 30))
			cache, err := cacheprog.New(o)
			if err != nil {
				return err
			}
			defer cache.Close()
			return cache.Serve(cmd.Context(), c.in, c.out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Dir, "cache", "", "directory for what was built (default: hotdev/gocache in the user's cache)")
	flags.StringVar(&store, "store", "", "shared store: an absolute path, or a URL (http, https, s3) (default: $HOTDEV_CACHE_STORE)")
	flags.BoolVar(&o.Write, "write", false, "write what is built to the shared store, too")
	flags.DurationVar(&o.Wait, "wait", 200*time.Millisecond, "what waiting for the shared store may cost, beside 5 % of the time")
	flags.DurationVar(&o.Flush, "flush", 0, "how long the end may wait for what is still to be written (default: what is left of --wait and 5 % of the time)")
	flags.Float64Var(&gigabytes, "max-size", 10, "gigabytes that the directory may have")
	return cmd
}
