package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"time"
)

// goEnv is what the go command says of its own settings (go help environment).
type goEnv struct {
	GOWORK, GOMOD, GOROOT, GOMODCACHE, GOFLAGS, GOVERSION, GOOS, GOARCH, CGO_ENABLED string
}

// listPackage holds the fields of go list -json that the graph uses; no other
// fields are asked for, which keeps go list from working them out.
type listPackage struct {
	Dir, ImportPath, Name string
	Standard, DepOnly     bool
	Module                *struct{ Main bool }

	GoFiles, CgoFiles, IgnoredGoFiles, InvalidGoFiles, TestGoFiles, XTestGoFiles []string

	CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles []string

	EmbedPatterns, EmbedFiles, Imports []string

	Error *struct {
		ImportStack []string
		Pos, Err    string
	}
}

// listFields names the fields of listPackage for -json=.
var listFields = func() string {
	var names []string
	for f := range reflect.TypeFor[listPackage]().Fields() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ",")
}()

// otherFiles returns the files of the package that are neither Go nor embedded.
func (p *listPackage) otherFiles() []string {
	return slices.Concat(p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SwigFiles, p.SwigCXXFiles, p.SysoFiles)
}

// tool runs the go command in one directory with one environment.
type tool struct {
	dir string
	env []string
}

// output runs go with args and returns its standard output. Its error is a
// *ListError when the command itself failed.
func (t tool) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.dir
	cmd.Env = t.env
	cmd.WaitDelay = time.Second // a grandchild that keeps the pipe open must not hold us
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, newListError(t.dir, args[0], stderr.String())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot run the go command in %s (is Go installed and in PATH?): %w", t.dir, err)
	}
	return stdout.Bytes(), nil
}

// environ asks the go command for its settings.
func (t tool) environ(ctx context.Context) (goEnv, error) {
	args := []string{"env", "-json"}
	for f := range reflect.TypeFor[goEnv]().Fields() {
		args = append(args, f.Name)
	}
	out, err := t.output(ctx, args...)
	if err != nil {
		return goEnv{}, err
	}
	var env goEnv
	if err := json.Unmarshal(out, &env); err != nil {
		return goEnv{}, fmt.Errorf("go env: unreadable output: %w", err)
	}
	if env.GOMOD == "/dev/null" || env.GOMOD == "NUL" {
		env.GOMOD = "" // module mode without a go.mod
	}
	return env, nil
}

// list runs go list -e on patterns.
func (t tool) list(ctx context.Context, flags, patterns []string) ([]*listPackage, error) {
	args := slices.Concat([]string{"list", "-e", "-json=" + listFields, "-buildvcs=false"}, flags, []string{"--"}, patterns)
	out, err := t.output(ctx, args...)
	if err != nil {
		return nil, err
	}
	var packages []*listPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(listPackage)
		if err := dec.Decode(p); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: unreadable output: %w", err)
		}
		packages = append(packages, p)
	}
}

// buildFlags returns the build flags of o as go list takes them.
func buildFlags(o Options) []string {
	flags := slices.Clone(o.Flags)
	if len(o.Tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(o.Tags, ","))
	}
	return flags
}

// flagValues returns the values that a go build flag has in args, in order;
// "true" where it stands alone. Both -name=value and -name value are known;
// boolean says that the flag never takes the following argument.
func flagValues(args []string, name string, boolean bool) []string {
	var values []string
	for i, arg := range args {
		arg, dashed := strings.CutPrefix(arg, "-")
		if !dashed {
			continue
		}
		arg, value, given := strings.Cut(strings.TrimPrefix(arg, "-"), "=")
		switch {
		case arg != name:
		case given:
			values = append(values, value)
		case boolean:
			values = append(values, "true")
		case i+1 < len(args):
			values = append(values, args[i+1])
		}
	}
	return values
}
