package incremental

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/build/archive"
)

// compileStep is the command that compiles a package, to be run in the
// directory of the go command.
type compileStep struct {
	Env             []string
	Args            []string // with the tool's path first
	Out, Cfg, Embed int      // where in args the names of these files stand; embed may be 0
	Trimpath        int      // where the paths stand that are rewritten
	Files           []string // Go files, absolute
}

// refused are flags of the compiler for what is not done here: assembly,
// profiles, coverage.
var refused = []string{"-symabis", "-asmhdr", "-pgoprofile", "-coveragecfg"}

// newCompileStep makes the step of a command that go build -n printed. work
// stands for the go command's work directory, whose name ends up in nothing.
func newCompileStep(env goEnv, work string, cmd command) (compileStep, error) {
	s := compileStep{Env: append([]string{"GOROOT=" + env.GOROOT}, cmd.env...)}
	for i := 0; i < len(cmd.args); i++ {
		arg := cmd.args[i]
		name, _, _ := strings.Cut(arg, "=")
		switch {
		case slices.Contains(refused, name):
			return s, fmt.Errorf("it is compiled with %s", name)
		case arg == "-buildid":
			i++ // says where the archive belongs in the go command's cache, to which it never goes
		case arg == "-o" || arg == "-importcfg" || arg == "-embedcfg":
			*map[string]*int{"-o": &s.Out, "-importcfg": &s.Cfg, "-embedcfg": &s.Embed}[arg] = len(s.Args) + 1
			s.Args = append(s.Args, arg, "")
			i++
		case name == "-trimpath":
			if arg != name || s.Trimpath > 0 {
				return s, errors.New("it is compiled with a -trimpath of the developer's")
			}
			i++
			s.Args = append(s.Args, arg, strings.ReplaceAll(cmd.args[i], "$WORK", work))
			s.Trimpath = len(s.Args) - 1
		case strings.Contains(arg, "$WORK"):
			return s, fmt.Errorf("it is compiled with the generated file %s", filepath.Base(arg))
		default:
			s.Args = append(s.Args, arg)
		}
	}
	i := len(s.Args)
	for i > 0 && strings.HasSuffix(s.Args[i-1], ".go") {
		i--
	}
	s.Files = s.Args[i:]
	if s.Out == 0 || s.Cfg == 0 || s.Trimpath == 0 || len(s.Files) == 0 {
		return s, errors.New("the command that compiles it is not known")
	}
	for _, f := range s.Files {
		if !filepath.IsAbs(f) {
			return s, fmt.Errorf("it is compiled from %s, which is not known", f)
		}
	}
	return s, nil
}

// keyOf returns the hash of everything that the archive of p is made from. Of a
// package that is not compiled here, that is all files in its directory.
func (c *capture) keyOf(p *pkg, s *sources, deps []string, export func(dep string) archive.Hash) archive.Hash {
	h := sha256.New()
	add := func(parts ...[]byte) {
		for _, part := range parts {
			h.Write(binary.AppendUvarint(nil, uint64(len(part))))
			h.Write(part)
		}
	}
	for _, arg := range slices.Concat(p.Compile.Env, p.Compile.Args) {
		add([]byte(arg))
	}
	files := p.Compile.Files
	if p.Why != "" {
		files = slices.Sorted(maps.Keys(s.Dirs[p.Dir]))
	}
	for _, path := range files {
		f := s.Dirs[p.Dir][path]
		add([]byte(path), f.Hash[:])
	}
	if p.Embed != nil {
		add([]byte(p.Embed.Config))
		for _, path := range p.Embed.Files {
			f := s.Embedded[path]
			add([]byte(path), f[:])
		}
	}
	for _, dep := range deps {
		e := export(dep)
		add([]byte(dep), e[:])
	}
	return archive.Hash(h.Sum(nil))
}

// compile compiles p against the archives of deps into the file out. What the
// compiler says against the sources is a *Failure.
func (b *Builder) compile(ctx context.Context, c *capture, p *pkg, overlay Overlay, deps []string, archiveOf func(dep string) string, out string) error {
	var cfg bytes.Buffer
	fmt.Fprintln(&cfg, "# import config")
	for _, dep := range deps {
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", dep, archiveOf(dep))
	}
	args := slices.Clone(p.Compile.Args)
	args[p.Compile.Out] = out
	args[p.Compile.Cfg] = out + ".cfg"
	if err := os.WriteFile(out+".cfg", cfg.Bytes(), 0o600); err != nil {
		return err
	}
	if p.Compile.Embed > 0 {
		args[p.Compile.Embed] = out + ".embed"
		if err := os.WriteFile(out+".embed", []byte(p.Embed.Config), 0o600); err != nil {
			return err
		}
	}
	if err := overlay.layOver(p, args, out+".src"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = c.Config.Dir
	cmd.Env = slices.Concat(c.Config.Env, p.Compile.Env, b.tempEnv())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := b.execute(cmd)
	switch exit := (*exec.ExitError)(nil); {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() > 0 && output.Len() > 0 && !bytes.Contains(output.Bytes(), []byte("internal compiler error")):
		return &Failure{Package: p.Path, Output: output.String()}
	default:
		return fmt.Errorf("compiling %s: %w: %s", p.Path, err, bytes.TrimSpace(output.Bytes()))
	}
}

// readArchive reads the archive of a package.
func readArchive(path string) (*archive.Archive, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	a, err := archive.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("the archive %s is not understood: %w", path, err)
	}
	return a, nil
}
