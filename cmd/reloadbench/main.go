// Command reloadbench measures how long a developer waits after a save, and
// prints a Markdown table of medians. Each tool develops a copy of its own of the
// same app; the tools take turns, save by save, so that what else the machine
// does hits all of them. Flag -table says what is measured:
//
//   - reload: from the save to the first response of the new version. The floor
//     is go build, then exec by hand; air runs with its defaults.
//   - debugger: the same with a debugger that has a breakpoint. The floor is go
//     build with -N -l, then dlv exec by hand, and a client that sets the
//     breakpoint again; with hotdev, a client that has stayed.
//   - ahead: the same for hotdev when the editor had shown it the text before the
//     save and the build was ready, to the app's own start: exec to first
//     response.
//   - errors: from the save of a type error to the first diagnostic in the
//     editor, to the first error that go build prints.
//   - load: what becomes of requests over reloads of the demo: vegeta, a load
//     generator of its own process, keeps 64 of them under way, every second one
//     an order that the app counts.
//
// For example:
//
//	go run ./cmd/reloadbench -table reload -n 15
//
// The CPU time of a save is that of the tool and of all its children, with the
// app, from the save until they have nothing more to do. Air and vegeta are built
// from the module proxy into the user's cache.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/hotdev/hotdev/session/run/redirect/refuse"
)

// quick is how many saves there are for trying out.
const quick = 2

func main() {
	if len(os.Args) > 1 && os.Args[1] == refuseArg {
		fmt.Fprintln(os.Stderr, "reloadbench:", refuse.Exec(os.Args[2:]))
		os.Exit(1)
	}
	b := &bench{}
	table := flag.String("table", "reload", "what to measure: reload, debugger, ahead, errors, load")
	flag.IntVar(&b.n, "n", 15, "saves to measure for each tool, app and kind of edit")
	isQuick := flag.Bool("quick", false, fmt.Sprintf("measure %d saves, to try it out", quick))
	apps := flag.String("apps", "demo,cgo,many", "apps to measure: demo, cgo, many")
	tools := flag.String("tools", "", "tools to measure, the floor first and what is compared to the others last, of floor, air, hotdev, dlv, hotdev+dap, start, hotdev+editor (default: those of the table)")
	edits := flag.String("edits", "", "kinds of edits to measure, separated by semicolons (default all)")
	names := flag.String("setups", "", "for -table load: the setups to measure, separated by semicolons (default all: "+setupNames()+")")
	flag.Parse()
	if *isQuick {
		b.n = quick
	}
	b.apps, b.edits = list(*apps, ","), list(*edits, ";")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx, *table, list(*tools, ","), *names); err != nil {
		fmt.Fprintln(os.Stderr, "reloadbench:", err)
		os.Exit(1)
	}
}

func list(s, separator string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return string(c) == separator })
}

// bench is what to measure.
type bench struct {
	n     int // saves
	apps  []string
	edits []string // none: all
	work  string   // directory
}

func (b *bench) run(ctx context.Context, table string, tools []string, setups string) (err error) {
	if b.work, err = os.MkdirTemp("", "reloadbench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	usual := map[string][]string{"reload": {"floor", "air", "hotdev"}, "debugger": {"dlv", "hotdev+dap"}, "ahead": {"start", "hotdev+editor"}}
	switch {
	case usual[table] != nil:
		if len(tools) == 0 {
			tools = usual[table]
		}
		return b.reloads(ctx, tools)
	case table == "errors":
		return b.errors(ctx)
	case table == "load":
		return b.load(ctx, setups)
	}
	return fmt.Errorf("there is no table %q", table)
}

// heading prints what holds for a whole table.
func (b *bench) heading(more string) {
	fmt.Printf("%s, %s/%s, %d CPUs, medians of %d saves, %s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), b.n, more)
}

// wants reports whether a kind of edit is to be measured.
func (b *bench) wants(e edit) bool {
	return len(b.edits) == 0 || slices.Contains(b.edits, e.name)
}

// titles are the names of tools in tables; others have their own.
var titles = map[string]string{"floor": "go build + exec", "dlv": "go build + dlv exec", "start": "the app's start", "hotdev+dap": "hotdev", "hotdev+editor": "hotdev"}

func title(tool string) string { return cmp.Or(titles[tool], tool) }
