package build

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"

	"github.com/hotdev/hotdev/session/diag"
)

// vetPackages is how many packages go vet is given at a time: a command line
// has a limit of 32 KB on Windows.
const vetPackages = 200

// Vet checks the calls of printf-like functions in the app's own packages, with
// go vet, and returns what it finds as warnings. Packages that do not compile
// are left out: Build reports them. It may run beside a build, is killed like
// one when ctx ends, and then returns nil. When go vet cannot be run at all,
// r.Output is told why.
func (b *Builder) Vet(ctx context.Context, r Request) []diag.Diagnostic {
	b.vetting.Lock()
	defer b.vetting.Unlock()
	list, err := b.vet(ctx, &r)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil && r.Output != nil {
		r.Output("go vet: " + err.Error())
	}
	return list
}

// vet is Vet with the error of what could not be run.
func (b *Builder) vet(ctx context.Context, r *Request) ([]diag.Diagnostic, error) {
	dir := workDir(r)
	flags, err := flagsFor(r, b.toolchains.find(ctx, r, dir), dir)
	if err != nil {
		return nil, err
	}
	tmp, err := b.scratch("vet")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	patterns := []string{"./..."}
	if r.Graph != nil {
		patterns = nil
		for _, p := range r.Graph.Packages() {
			patterns = append(patterns, p.ImportPath)
		}
	}
	var list []diag.Diagnostic
	for chunk := range slices.Chunk(patterns, vetPackages) {
		args := slices.Concat([]string{"vet", "-json", "-printf"}, flags.args, []string{"--"}, chunk)
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		cmd.Env = environ(r, dir, tempDirs(tmp)...)
		var stdout, stderr bytes.Buffer // the findings are in the second until Go 1.25
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := RunTree(cmd); err != nil && cmd.ProcessState == nil {
			return nil, err
		}
		list = append(list, diag.ParseVet(stdout.String())...)
		list = append(list, diag.ParseVet(stderr.String())...)
	}
	return list, nil
}
