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
	env             []string
	args            []string // with the tool's path first
	out, cfg, embed int      // where in args the names of these files stand; embed may be 0
	trimpath        int      // where the paths stand that are rewritten
	files           []string // Go files, absolute
}

// refused are flags of the compiler for what is not done here: assembly,
// profiles, coverage.
var refused = []string{"-symabis", "-asmhdr", "-pgoprofile", "-coveragecfg"}

// newCompileStep makes the step of a command that go build -n printed. work
// stands for the go command's work directory, whose name ends up in nothing.
func newCompileStep(env goEnv, work string, cmd command) (compileStep, error) {
	s := compileStep{env: append([]string{"GOROOT=" + env.GOROOT}, cmd.env...)}
	for i := 0; i < len(cmd.args); i++ {
		arg := cmd.args[i]
		name, _, _ := strings.Cut(arg, "=")
		switch {
		case slices.Contains(refused, name):
			return s, fmt.Errorf("it is compiled with %s", name)
		case arg == "-buildid":
			i++ // says where the archive belongs in the go command's cache, to which it never goes
		case arg == "-o" || arg == "-importcfg" || arg == "-embedcfg":
			*map[string]*int{"-o": &s.out, "-importcfg": &s.cfg, "-embedcfg": &s.embed}[arg] = len(s.args) + 1
			s.args = append(s.args, arg, "")
			i++
		case name == "-trimpath":
			if arg != name || s.trimpath > 0 {
				return s, errors.New("it is compiled with a -trimpath of the developer's")
			}
			i++
			s.args = append(s.args, arg, strings.ReplaceAll(cmd.args[i], "$WORK", work))
			s.trimpath = len(s.args) - 1
		case strings.Contains(arg, "$WORK"):
			return s, fmt.Errorf("it is compiled with the generated file %s", filepath.Base(arg))
		default:
			s.args = append(s.args, arg)
		}
	}
	i := len(s.args)
	for i > 0 && strings.HasSuffix(s.args[i-1], ".go") {
		i--
	}
	s.files = s.args[i:]
	if s.out == 0 || s.cfg == 0 || s.trimpath == 0 || len(s.files) == 0 {
		return s, errors.New("the command that compiles it is not known")
	}
	for _, f := range s.files {
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
	for _, arg := range slices.Concat(p.compile.env, p.compile.args) {
		add([]byte(arg))
	}
	files := p.compile.files
	if p.why != "" {
		files = slices.Sorted(maps.Keys(s.dirs[p.dir]))
	}
	for _, path := range files {
		f := s.dirs[p.dir][path]
		add([]byte(path), f.hash[:])
	}
	if p.embed != nil {
		add([]byte(p.embed.config))
		for _, path := range p.embed.files {
			f := s.embedded[path]
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
	args := slices.Clone(p.compile.args)
	args[p.compile.out] = out
	args[p.compile.cfg] = out + ".cfg"
	if err := os.WriteFile(out+".cfg", cfg.Bytes(), 0o600); err != nil {
		return err
	}
	if p.compile.embed > 0 {
		args[p.compile.embed] = out + ".embed"
		if err := os.WriteFile(out+".embed", []byte(p.embed.config), 0o600); err != nil {
			return err
		}
	}
	if err := overlay.layOver(p, args, out+".src"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = c.config.Dir
	cmd.Env = slices.Concat(c.config.Env, p.compile.env, b.tempEnv())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := b.execute(cmd)
	switch exit := (*exec.ExitError)(nil); {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() > 0 && output.Len() > 0 && !bytes.Contains(output.Bytes(), []byte("internal compiler error")):
		return &Failure{Package: p.path, Output: output.String()}
	default:
		return fmt.Errorf("compiling %s: %w: %s", p.path, err, bytes.TrimSpace(output.Bytes()))
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
