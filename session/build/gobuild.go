package build

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/build/incremental"
	"github.com/hotdev/hotdev/session/diag"
)

// runGo builds r incrementally, or with go build where that cannot be.
func (b *Builder) runGo(ctx context.Context, r *Request, j job) (Result, error) {
	dir := workDir(r)
	tc := b.toolchains.find(ctx, r, dir)
	flags, err := flagsFor(r, tc, dir)
	if err != nil {
		return failure(r, dir, err, nil)
	}
	if b.fast == nil || r.GoBuild {
		res, err := b.goBuild(ctx, r, flags, j)
		res.How = How{Method: GoCommand}
		if r.GoBuild {
			res.How.Reason = "it was asked for"
		}
		b.foresee(res.How, nil)
		return res, err
	}
	res, config, learn, err := b.runFast(ctx, r, flags, tc, j)
	reason := (*incremental.Fallback)(nil)
	if !errors.As(err, &reason) {
		return res, err
	}
	_ = os.Remove(j.out) // what a failed link has left
	res, err = b.goBuild(ctx, r, flags, j)
	res.How = How{Method: GoCommand, Reason: reason.Reason}
	switch {
	case !learn:
		b.foresee(res.How, nil)
	case err == nil:
		b.fast.learn(b, r, config, incremental.Made{ID: res.Binary.BuildID, Packages: res.packages, Info: buildInfo(j.out), File: b.fast.hold(j.out)})
	}
	return res, err
}

// goBuild runs go build for a Build.
func (b *Builder) goBuild(ctx context.Context, r *Request, flags goFlags, j job) (Result, error) {
	tmp, err := b.scratch("build")
	if err != nil {
		return failure(r, workDir(r), err, nil)
	}
	defer os.RemoveAll(tmp) // what a killed compiler leaves lies in it as well
	return runGoBuild(ctx, r, flags, j, tmp)
}

// runGoBuild runs go build, whose temporary files go to tmp.
//
// The executable of the build before is put in the place of the new one first,
// as a hard link. The go command then sees by the build ID in it whether there
// is anything to do, and leaves it when there is not: a changed comment costs a
// compile but no link. Otherwise it writes a new file and renames it, because
// it makes its files in GOTMPDIR, beside the slots; the older executable stays
// as it is. Windows has the go command overwrite the file, so there is no link.
func runGoBuild(ctx context.Context, r *Request, flags goFlags, j job, tmp string) (Result, error) {
	dir := workDir(r)
	if j.seed != "" && runtime.GOOS != "windows" {
		_ = os.Link(j.seed, j.out) // without it, all is linked anew
	}
	actions := filepath.Join(tmp, "actions.json")
	args := []string{"build", "-o", j.out, "-debug-actiongraph=" + actions}
	if flags.json {
		args = append(args, "-json")
	}
	args = append(slices.Concat(args, flags.args), "--", cmp.Or(packagePath(r), "."))
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = environ(r, dir, tempDirs(tmp)...)
	out := newOutput(ctx, r, dir)
	cmd.Stdout, cmd.Stderr = out.text(), out.text()
	if flags.json {
		cmd.Stdout = out.json()
	}
	err := j.run(cmd)
	events := out.finish()
	if err != nil {
		return failure(r, dir, commandError("go build", err), events)
	}
	res := Result{Diagnostics: warnings(diag.ParseBuild(events, parseOptions(r, dir)))}
	a, known := readActions(actions)
	if known && a.linkStart.IsZero() {
		return failure(r, dir, errNoMain, nil)
	}
	if known {
		res.Compile, res.Link = a.linkStart.Sub(j.start), a.linkEnd.Sub(a.linkStart)
	}
	id := hex.EncodeToString(a.contentID)
	if id == "" {
		if id, err = hashFile(j.out); err != nil {
			return failure(r, dir, fmt.Errorf("cannot read what go build made: %w", err), nil)
		}
	}
	res.Binary = newBinary(r, j.out, id)
	res.packages = a.packages
	return res, nil
}

// buildInfo returns the build information of an executable, without the Go
// version; "" if there is none.
func buildInfo(path string) string {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return ""
	}
	info.GoVersion = ""
	return info.String()
}

// tempDirs makes a command put its temporary files into dir. A killed compiler
// or linker leaves files of many megabytes behind.
func tempDirs(dir string) []string {
	if runtime.GOOS == "windows" {
		return []string{"GOTMPDIR=" + dir, "TMP=" + dir, "TEMP=" + dir}
	}
	return []string{"GOTMPDIR=" + dir, "TMPDIR=" + dir}
}

// workDir returns where the go command must run.
func workDir(r *Request) string {
	if r.Graph != nil {
		return r.Graph.GoDir()
	}
	return r.Root
}

// packagePath returns the import path of the package, or what r calls it.
func packagePath(r *Request) string {
	if r.Graph != nil && r.Graph.Main().ImportPath != "" {
		return r.Graph.Main().ImportPath
	}
	return r.Package
}

// warnings returns the diagnostics of a build that succeeded: what looked like
// an error in its output was none.
func warnings(list []diag.Diagnostic) []diag.Diagnostic {
	return slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return d.Severity == diag.Error })
}

// parseOptions describes the build to the parser of its output.
func parseOptions(r *Request, dir string) diag.BuildOptions {
	env := environ(r, dir)
	o := diag.BuildOptions{
		Dir:      dir,
		MainFile: mainFile(r, dir),
		GoMod:    upwards(dir, "go.mod"),
		GoWork:   upwards(dir, "go.work"),
		ReadFile: os.ReadFile,
		ReadDir:  readNames,
	}
	switch work := lookupEnv(env, "GOWORK"); work {
	case "":
	case "off":
		o.GoWork = ""
	default:
		o.GoWork = work
	}
	if r.Graph != nil {
		dirs := map[string]string{}
		for _, p := range r.Graph.Packages() {
			dirs[p.ImportPath] = p.Dir
		}
		o.PackageDir = func(importPath string) string { return dirs[importPath] }
	}
	return o
}

// mainFile returns the file that findings without a position go to.
func mainFile(r *Request, dir string) string {
	if r.Graph != nil && r.Graph.Main().MainFile != "" {
		return r.Graph.Main().MainFile
	}
	if path := filepath.Join(dir, filepath.FromSlash(r.Package)); strings.HasPrefix(r.Package, ".") {
		dir = path
	}
	names, _ := readNames(dir)
	for _, name := range names {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			return filepath.Join(dir, name)
		}
	}
	return filepath.Join(dir, "main.go")
}

// upwards returns the file name in dir or the nearest directory above that has
// one, or "".
func upwards(dir, name string) string {
	for {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func readNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}
