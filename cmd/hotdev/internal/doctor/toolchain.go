package doctor

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"os/exec"
	"strings"
)

// oldestGo is the first release whose go build has the -json output that build
// errors are read from.
const oldestGo = "go1.24"

// toolchain checks the go command, as the workspace selects it.
func toolchain(ctx context.Context, o Options) []Finding {
	path, err := exec.LookPath("go")
	if err != nil {
		return []Finding{{"go", Fail, "the go command is not in PATH", "install Go (https://go.dev/dl) and add its bin directory to PATH"}}
	}
	cmd := exec.CommandContext(ctx, path, "env", "GOVERSION", "GOTOOLCHAIN", "CGO_ENABLED", "CC")
	cmd.Dir, cmd.Env = o.Root, o.Environ
	out, err := cmd.Output()
	if err != nil {
		return []Finding{{"go", Fail, "go env fails: " + reason(err), "mend what it says"}}
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) < 4 {
		return []Finding{{"go", Fail, fmt.Sprintf("go env answers %q", out), "reinstall Go"}}
	}
	release, selected, cgo, cc := lines[0], lines[1], lines[2], lines[3]
	found := Finding{"go", OK, fmt.Sprintf("%s at %s, GOTOOLCHAIN=%s", release, path, selected), ""}
	if version.IsValid(release) && version.Compare(release, oldestGo) < 0 {
		found.Level = Fail
		found.Mend = fmt.Sprintf("install %s or newer", oldestGo)
	}
	all := []Finding{found, compiler(cgo, cc), linker()}
	if o.Root != "" {
		all = append(all, modules(ctx, path, o))
	}
	return all
}

// modules checks that go.mod and go.work can be read, and ask for no newer Go.
func modules(ctx context.Context, goCommand string, o Options) Finding {
	cmd := exec.CommandContext(ctx, goCommand, "list", "-m")
	cmd.Dir, cmd.Env = o.Root, o.Environ
	out, err := cmd.Output()
	if err != nil {
		return Finding{"modules", Fail, "go list -m fails: " + reason(err), "mend what it says; go.mod's go line or GOTOOLCHAIN may ask for a Go that is not there"}
	}
	return Finding{"modules", OK, strings.Join(strings.Fields(string(out)), ", "), ""}
}

// compiler checks the C compiler, which only cgo and the race detector need.
func compiler(cgo, cc string) Finding {
	if cgo != "1" {
		return Finding{"cgo", OK, "cgo is off: packages with C code are not built", ""}
	}
	name, _, _ := strings.Cut(cc, " ")
	path, err := exec.LookPath(name)
	if err != nil {
		return Finding{"cgo", Warn, fmt.Sprintf("the C compiler %s is not in PATH: packages with C code and the race detector can't be built", name), "install a C compiler, such as gcc or clang"}
	}
	return Finding{"cgo", OK, "C compiler at " + path, ""}
}

// linker looks for a fast linker, which only some programs with C code gain by.
func linker() Finding {
	for _, name := range []string{"ld.mold", "ld.lld"} {
		if path, err := exec.LookPath(name); err == nil {
			return Finding{"linker", OK, "fast linker for programs with C++, or other C that Go's linker can't link, at " + path, ""}
		}
	}
	return Finding{"linker", OK, "programs with C++, or other C that Go's linker can't link, would link faster with mold (or lld), which is not in PATH", ""}
}

// reason is what a failed command said, in one line.
func reason(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return strings.Join(strings.Fields(string(exit.Stderr)), " ")
	}
	return err.Error()
}
