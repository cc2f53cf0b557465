package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/target"
)

// outputVariable tells a [build] command where to put the executable.
const outputVariable = "HOTDEV_OUTPUT"

// runCommand runs the developer's own build command. Its output is read as
// text, in which what the go command prints is recognised.
func (b *Builder) runCommand(ctx context.Context, r *Request, j job) (Result, error) {
	placeholders := strings.NewReplacer("{{output}}", j.out, "${"+outputVariable+"}", j.out, "$"+outputVariable, j.out)
	argv := make([]string, len(r.Command))
	for i, arg := range r.Command {
		argv[i] = placeholders.Replace(arg)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = r.Root
	cmd.Env = environ(r, r.Root, outputVariable+"="+j.out)
	out := newOutput(ctx, r, r.Root)
	cmd.Stdout, cmd.Stderr = out.text(), out.text()
	err := RunTree(cmd)
	events := out.finish()
	if err != nil {
		return failure(r, r.Root, commandError("the [build] command "+r.Command[0], err), events)
	}
	if err := checkExecutable(j.out); err != nil {
		return failure(r, r.Root, fmt.Errorf("the [build] command %s succeeded, but %w; give it that path, as in -o {{output}}", r.Command[0], err), nil)
	}
	id, err := hashFile(j.out)
	if err != nil {
		return failure(r, r.Root, fmt.Errorf("cannot read what the [build] command %s made: %w", r.Command[0], err), nil)
	}
	return Result{
		Binary:      &target.Binary{Path: j.out, BuildID: id, Rev: r.Rev, Package: packagePath(r)},
		Diagnostics: warnings(diag.ParseBuild(events, parseOptions(r, r.Root))),
	}, nil
}

// checkExecutable says what keeps the file at path from being run.
func checkExecutable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("there is no file at $%s (%s)", outputVariable, path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("what it left at $%s (%s) is no file", outputVariable, path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0:
		return fmt.Errorf("the file at $%s (%s) is not executable", outputVariable, path)
	}
	return nil
}
