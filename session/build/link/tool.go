package link

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// What is added to Go's linker, as a file each of two of its packages.
var (
	//go:embed patch/ld.go.txt
	ldAddition string
	//go:embed patch/loader.go.txt
	loaderAddition string
	//go:embed patch/ld_pcln.go.txt
	tablesAddition string
	//go:embed patch/ld_dwarf.go.txt
	debugAddition string
	//go:embed patch/ld_types.go.txt
	typesAddition string
	//go:embed patch/ld_units.go.txt
	unitsAddition string
)

// calls are where Go's linker calls what is added to it: lines of a file, and
// what takes their place.
var calls = []struct{ file, lines, with string }{
	{"ld/lib.go", "\t// ctxt.Library grows during the loop, so not a range loop.\n", "\tctxt.loadEarly()\n"},
	{"ld/lib.go", "\tctxt.loader.LoadSyms(ctxt.Arch)\n", "\tctxt.loadLate()\n"},
	{"ld/lib.go", "\t\tany := false\n\t\tundefs, froms := ctxt.loader.UndefinedRelocTargets(1)\n", "\t\tany := false\n\t\tundefs, froms := ctxt.loader.Undefined()\n"},
	{"ld/deadcode.go", "\tldr := ctxt.loader\n\td := deadcodePass{ctxt: ctxt, ldr: ldr}\n\td.init()\n", "\td := ctxt.startDeadcode()\n"},
	{"ld/data.go", "func dynrelocsym(ctxt *Link, s loader.Sym) {\n", "func dynrelocsym(ctxt *Link, s loader.Sym) {\n\tif ctxt.loader.Settled(s) {\n\t\treturn\n\t}\n"},
	{"ld/dwarf.go", "\td.typeRuntimeEface = d.lookupOrDiag(\"type:runtime.eface\")\n", "\tif !d.resume() {\n\td.typeRuntimeEface = d.lookupOrDiag(\"type:runtime.eface\")\n"},
	{"ld/dwarf.go", "\t// fake root DIE for compile unit DIEs\n", "\t}\n\tif d.defineEarly() {\n\t\treturn\n\t}\n"},
	{"ld/dwarf.go", "\tfor idx := loader.Sym(1); idx < loader.Sym(d.ldr.NDef()); idx++ {\n", "\tfor _, idx := range d.dataSymbols() {\n"},
	{"ld/dwarf.go", "\tslices.SortFunc(d.linkctxt.compUnits, compilationUnitByStartPCCmp)\n", "\tslices.SortFunc(d.linkctxt.compUnits, compilationUnitByStartPCCmp)\n\td.arrange()\n"},
	{"ld/dwarf.go", "dwarf.GetAbbrev()", "abbreviations()"},
	{"ld/dwarf.go", "\t\t// NB: this looks at SDWARFFCN", "\t\tif d.addressed(fnSym, unit, dasu) {\n\t\t\tcontinue\n\t\t}\n\t\t// NB: this looks at SDWARFFCN"},
	{"ld/dwarf.go", "\t\trelocs := d.ldr.Relocs(fn)\n", "\t\tvar known bool\n\t\tif syms, known = d.located(fn, syms); known {\n\t\t\tcontinue\n\t\t}\n\t\trelocs := d.ldr.Relocs(fn)\n"},
	{"ld/dwarf.go", "\tculu := d.ldr.MakeSymbolUpdater(infoEpilog)\n", "\tcu, cusize = d.compose(u, cu, cusize, abbrevsym)\n\tculu := d.ldr.MakeSymbolUpdater(infoEpilog)\n"},
	{"ld/dwarf.go", "func (d *dwctxt) dwarfVisitFunction(fnSym loader.Sym, unit *sym.CompilationUnit) {\n", "func (d *dwctxt) dwarfVisitFunction(fnSym loader.Sym, unit *sym.CompilationUnit) {\n\tif d.visited(fnSym, unit) {\n\t\treturn\n\t}\n"},
	{"ld/symtab.go", "\t// Text symbols.\n", "\tif elfbind == elf.STB_GLOBAL && ctxt.brief() {\n\t\treturn\n\t}\n"},
	{"ld/symtab.go", "\t// Data symbols.\n", "\tif ctxt.brief() {\n\t\treturn\n\t}\n"},
	{"ld/main.go", "\tbench.Report(os.Stdout)\n", "\tbench.Report(os.Stdout)\n\tctxt.tellLinked()\n"},
	{"ld/pcln.go", "\tstate.generatePCHeader(ctxt)\n", "\tstate.generatePCHeader(ctxt)\n\tif state.tabulate(ctxt, funcs) {\n\t\treturn state\n\t}\n"},
}

// lockRetry is how often it is looked whether another process is done.
const lockRetry = 100 * time.Millisecond

// unusedTime is how long an extended linker is kept that nobody uses.
const unusedTime = 30 * 24 * time.Hour

// extended is Go's linker with the additions.
type extended struct {
	path   string            // where it is, or will be
	goroot string            // of the toolchain that it belongs to
	files  map[string]string // texts of the files that are others than there, or new
}

// extendedFor says which extended linker belongs to p's toolchain. All programs
// that are linked with that share one, in the directory tools.
func extendedFor(p Program, tools string) (x extended, err error) {
	x.goroot = filepath.Join(filepath.Dir(p.Args[0]), "..", "..", "..")
	version, err := os.ReadFile(filepath.Join(x.goroot, "VERSION"))
	if err != nil {
		return x, fmt.Errorf("the toolchain's version is not known: %w", err)
	}
	x.files = map[string]string{"ld/hotdev.go": ldAddition, "ld/hotdev_pcln.go": tablesAddition, "ld/hotdev_dwarf.go": debugAddition, "ld/hotdev_types.go": typesAddition, "ld/hotdev_units.go": unitsAddition, "loader/hotdev.go": loaderAddition}
	for _, c := range calls {
		text, ok := x.files[c.file]
		if !ok {
			data, err := os.ReadFile(x.source(c.file))
			if err != nil {
				return x, fmt.Errorf("the toolchain's linker has no source: %w", err)
			}
			text = string(data)
		}
		if strings.Count(text, c.lines) != 1 {
			return x, errors.New("the toolchain's linker is not a known one")
		}
		x.files[c.file] = strings.Replace(text, c.lines, c.with, 1)
	}
	h := sha256.New()
	for _, s := range []string{runtime.GOOS, runtime.GOARCH, p.Args[0], string(version)} {
		fmt.Fprintf(h, "%d %s", len(s), s)
	}
	for _, name := range slices.Sorted(maps.Keys(x.files)) {
		fmt.Fprintf(h, "%s %d %s", name, len(x.files[name]), x.files[name])
	}
	x.path = filepath.Join(tools, fmt.Sprintf("link-%x%s", h.Sum(nil)[:10], filepath.Ext(p.Args[0])))
	return x, nil
}

// source is a file of Go's linker.
func (x extended) source(name string) string {
	return filepath.Join(x.goroot, "src", "cmd", "link", "internal", filepath.FromSlash(name))
}

// extend makes the extended linker that belongs to p's toolchain, or waits for
// the process that makes it, unless it is there, or failed to be made before.
func (l *Linker) extend(ctx context.Context, run Run, p Program) error {
	if tool, why := l.tool(); tool != "" || why != "" || l.options.Tools == "" {
		return nil
	}
	steps, _ := l.ladder(ctx, run, p, Want{})
	if steps[0].method != internal {
		return nil // it would not be used
	}
	x, err := extendedFor(p, l.options.Tools)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.options.Tools, 0o700); err != nil {
		return err
	}
	lock := flock.New(x.path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return err
	}
	defer lock.Close()
	now := time.Now()
	if err := os.Chtimes(x.path, now, now); err != nil { // it is not there
		removeUnused(l.options.Tools, now.Add(-unusedTime))
		if err := l.buildExtended(ctx, run, p, steps[0], x); err != nil {
			return fmt.Errorf("extending the toolchain's linker: %w", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.extended = x.path
	return nil
}

// removeUnused removes the extended linkers that were not used since a moment:
// each version of Go and of hotdev has made its own.
func removeUnused(tools string, since time.Time) {
	entries, _ := os.ReadDir(tools)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "link-") && !strings.HasSuffix(e.Name(), ".lock") && info.ModTime().Before(since) {
			_ = os.Remove(filepath.Join(tools, e.Name())) // a process that is one does not mind
		}
	}
}

// tool returns the extended linker, "" for none, and why there never will be one.
func (l *Linker) tool() (path, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.extended, l.unextended
}

// buildExtended builds an extended linker.
func (l *Linker) buildExtended(ctx context.Context, run Run, p Program, s step, x extended) error {
	tmp, err := os.MkdirTemp(l.options.Dir, "extended")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	replace := map[string]string{}
	for name, text := range x.files {
		file := filepath.Join(tmp, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		replace[x.source(name)] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	overlay, out := filepath.Join(tmp, "overlay.json"), x.path+".new" // on the same file system as x.path
	defer os.Remove(out)
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return err
	}
	q := p
	q.Dir = tmp
	q.Env = append(q.Env[:len(q.Env):len(q.Env)], "GOROOT="+x.goroot, "GOFLAGS=", "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "CGO_ENABLED=0")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-overlay", overlay, "-o", out, "cmd/link"}
	if _, err := l.command(ctx, run, q, tmp, filepath.Join(x.goroot, "bin", "go"), args...); err != nil {
		return err
	}
	if err := l.same(ctx, run, p, s, out, tmp); err != nil {
		return err
	}
	return os.Rename(out, x.path)
}

// same holds an extended linker that is not told to load anything early to p's
// own: it must do the same. Their output goes to the directory tmp.
func (l *Linker) same(ctx context.Context, run Run, p Program, s step, linker, tmp string) error {
	s.stripped = true
	var programs [2][]byte
	for i, name := range []string{p.Args[0], linker} {
		p.Args = append([]string{name}, p.Args[1:]...)
		out := filepath.Join(tmp, fmt.Sprint("program", i))
		if err := l.run(ctx, run, p, s, Want{ID: "00"}, out); err != nil {
			return err
		}
		var err error
		if programs[i], err = os.ReadFile(out); err != nil {
			return err
		}
	}
	if !bytes.Equal(programs[0], programs[1]) {
		return errors.New("it makes another program than before")
	}
	return nil
}
