package incremental

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// goEnv is what go env says.
type goEnv struct{ GOROOT, GOMODCACHE, GOMOD, GOWORK, GOENV, GOOS, GOARCH, GOVERSION, GOEXPERIMENT string }

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Dir, Export, Name, BuildID string
	Imports                                []string // import paths of packages, not as the files have them
	Standard                               bool
	Module                                 *module
	Error                                  *struct{ Err string }
	CgoPkgConfig                           []string
	EmbedPatterns, EmbedFiles              []string
	// Files that no Go compiler reads.
	CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles []string
}

type module struct {
	Main    bool
	GoMod   string
	Replace *module
}

// listFields are the fields of listed, for go list -json.
const listFields = "ImportPath,Dir,Export,Name,BuildID,Imports,Standard,Module,Error,CgoPkgConfig,EmbedPatterns,EmbedFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles"

// describesLike reports whether two descriptions differ only in what -export adds.
func (l *listed) describesLike(other *listed) bool {
	a, b := *l, *other
	a.Export, a.BuildID, b.Export, b.BuildID = "", "", "", ""
	return reflect.DeepEqual(a, b)
}

// goOnly reports whether the package consists of Go files alone.
func (l *listed) goOnly() bool {
	for _, files := range [][]string{l.CgoFiles, l.CFiles, l.CXXFiles, l.MFiles, l.HFiles, l.FFiles, l.SFiles, l.SwigFiles, l.SwigCXXFiles, l.SysoFiles} {
		if len(files) > 0 {
			return false
		}
	}
	return true
}

// command runs the go command, by run, and returns what it prints, on the given
// stream.
func (b *Builder) command(ctx context.Context, run func(*exec.Cmd) error, c Config, stream func(*exec.Cmd) *io.Writer, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = c.Dir, slices.Concat(c.Env, b.tempEnv())
	var out, rest bytes.Buffer
	cmd.Stdout, cmd.Stderr = &rest, &rest
	*stream(cmd) = &out
	if err := run(cmd); err != nil {
		said := rest.Bytes()
		if len(said) == 0 {
			said = out.Bytes()
		}
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, lastLine(said))
	}
	return out.Bytes(), nil
}

// lastLine returns the end of what a command that failed has printed.
func lastLine(output []byte) []byte {
	output = bytes.TrimSpace(output)
	return output[bytes.LastIndexByte(output, '\n')+1:]
}

func stdout(c *exec.Cmd) *io.Writer { return &c.Stdout }
func stderr(c *exec.Cmd) *io.Writer { return &c.Stderr }

// environment asks the go command, run by run, for its settings: the known ones,
// and all that stay the same as long as nobody changes them.
func (b *Builder) environment(ctx context.Context, run func(*exec.Cmd) error, c Config) (env goEnv, all map[string]string, err error) {
	out, err := b.command(ctx, run, c, stdout, "env", "-json")
	if err == nil {
		err = errors.Join(json.Unmarshal(out, &env), json.Unmarshal(out, &all))
	}
	delete(all, "GOGCCFLAGS") // follows from others, but for the name of a temporary directory
	return env, all, err
}

// list returns all packages of the program, the main one last. With the flag
// -export, the go command compiles what is missing in its cache.
func (b *Builder) list(ctx context.Context, c Config, more ...string) ([]*listed, error) {
	return b.listPackages(ctx, b.options.Background, c, more, c.Package)
}

// listPackages returns packages and all that they import, dependencies first.
func (b *Builder) listPackages(ctx context.Context, run func(*exec.Cmd) error, c Config, flags []string, packages ...string) ([]*listed, error) {
	args := slices.Concat([]string{"list", "-deps", "-json=" + listFields}, flags, c.Flags, []string{"--"}, packages)
	out, err := b.command(ctx, run, c, stdout, args...)
	if err != nil {
		return nil, err
	}
	var list []*listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &listed{}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("package %s: %s", p.ImportPath, p.Error.Err)
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, errors.New("go list names no package")
	}
	return list, nil
}

// controlFiles returns the files that decide, beside the sources, on what is
// built: also those that do not exist, because their coming would change it.
func controlFiles(env goEnv, dir string, own []*pkg) []string {
	set := map[string]bool{env.GOENV: true, env.GOMOD: true}
	if env.GOMOD != "" {
		root := filepath.Dir(env.GOMOD)
		set[filepath.Join(root, "go.sum")] = true
		set[filepath.Join(root, "vendor", "modules.txt")] = true
	}
	if env.GOWORK != "" && env.GOWORK != "off" {
		set[env.GOWORK] = true
		set[env.GOWORK+".sum"] = true
		set[filepath.Join(filepath.Dir(env.GOWORK), "vendor", "modules.txt")] = true
	}
	for up := dir; ; up = filepath.Dir(up) {
		set[filepath.Join(up, "go.work")] = true
		if up == filepath.Dir(up) {
			break
		}
	}
	for _, p := range own {
		top := filepath.Dir(p.Gomod)
		set[p.Gomod] = true
		set[filepath.Join(top, "go.sum")] = true
		for up := p.Dir; within(up, top); up = filepath.Dir(up) {
			set[filepath.Join(up, "go.mod")] = true
			if up == top {
				break
			}
		}
	}
	delete(set, "")
	var list []string
	for path := range set {
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// identity tells one version of a tool from another without reading it.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(path, info.Size(), info.ModTime().UnixNano()), nil
}

// hasPathPrefix reports whether an import path is prefix or lies below it.
func hasPathPrefix(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}
