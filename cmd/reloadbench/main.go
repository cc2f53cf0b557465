// Command reloadbench measures the time from a save to the first response of
// the new version, for hotdev, for air with its defaults, and for the floor
// (go build, then exec by hand), on the same apps in the same run. It prints a
// Markdown table of medians with the ratio to the floor.
//
// With a debugger, on the demo only, the floor is dlv: go build, then dlv exec
// by hand and a client that sets its breakpoint again; hotdev+dap is hotdev
// with a client that has the same breakpoint.
//
//	go run ./cmd/reloadbench -n 15
//
// air is built from the module proxy into the user's cache. While a tool
// rebuilds, the app is asked again every few milliseconds; every request that
// is not answered with status 200 counts as failed.
//
//	go run ./cmd/reloadbench -load -n 100
//
// measures instead what becomes of requests over reloads of the demo: vegeta, a
// load generator of its own process that is built as air is, keeps 64 requests
// under way, every second one an order that the app counts (see load).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/run/redirect/refuse"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == refuseArg {
		fmt.Fprintln(os.Stderr, "reloadbench:", refuse.Exec(os.Args[2:]))
		os.Exit(1)
	}
	n := flag.Int("n", 15, "saves to measure for each tool and app")
	apps := flag.String("apps", "demo,cgo", "apps to measure: demo, cgo")
	tools := flag.String("tools", "floor,hotdev,air", "tools to measure, each floor before what is compared to it: floor, hotdev, air, dlv, hotdev+dap")
	load := flag.Bool("load", false, "measure requests under load over the saves, on the demo")
	names := flag.String("setups", "", "with -load: the setups to measure, separated by semicolons (default all: "+setupNames()+")")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *load {
		err = benchLoad(ctx, *n, *names)
	} else {
		err = bench(ctx, *n, strings.Split(*apps, ","), strings.Split(*tools, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reloadbench:", err)
		os.Exit(1)
	}
}

// bench measures every tool on every app and prints the table.
func bench(ctx context.Context, n int, apps, tools []string) error {
	work, err := os.MkdirTemp("", "reloadbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	binaries, err := installTools(ctx, work, tools)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %s/%s, %d CPUs, medians of %d saves\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), n)
	fmt.Println("| app | tool | save → served, median | fastest – slowest | to the floor | failed requests a save | longest request |")
	fmt.Println("|---|---|---:|---:|---:|---:|---:|")
	for _, app := range apps {
		var floor time.Duration
		for _, tool := range tools {
			r, err := measure(ctx, work, app, tool, binaries[tool], n)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", tool, app, err)
			}
			median := r.median()
			if tool == "floor" || tool == "dlv" {
				floor = median
			}
			ratio := "–"
			if floor > 0 {
				ratio = fmt.Sprintf("%.2f", float64(median)/float64(floor))
			}
			fmt.Printf("| %s | %s | %d ms | %d – %d ms | %s | %.1f | %d ms |\n", app, tool, median.Milliseconds(),
				slices.Min(r.times).Milliseconds(), slices.Max(r.times).Milliseconds(), ratio, float64(r.failed)/float64(len(r.times)), r.longest.Milliseconds())
		}
	}
	return nil
}

// result is what was measured of one tool on one app.
type result struct {
	times  []time.Duration // save → first response of the new version
	failed int             // requests not answered with 200 in all these times

	longest time.Duration // of all requests that were answered
}

func (r result) median() time.Duration {
	sorted := slices.Sorted(slices.Values(r.times))
	return sorted[len(sorted)/2]
}
