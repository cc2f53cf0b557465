package incremental

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hotdev/hotdev/session/build/archive"
)

// capture is how the go command builds one program, learned from itself, and
// the state of that program: which archive of each package holds for the
// sources as they were last. What is exported is kept for later Builders.
type capture struct {
	Config   Config
	Env      goEnv
	Settings map[string]string // all that go env says, but what is another one each time
	Pkgs     map[string]*pkg   // by import path
	own      []*pkg            // dependencies first
	main     *pkg
	Link     linkStep
	Late     []string          // import paths of packages that change often, and all that import them
	Controls []string          // files
	Tools    map[string]string // identity by path
	Sources  *sources          // that the archives were made from
	Hybrid   bool              // among them may be some with export data of an older version
	Fleeting string            // why it can't be known later on whether all this still holds; "" if it can
}

// pkg is a package of the program. Of packages that are not the app's own,
// which do not change, only Path, Std, Archive and Deps are known.
type pkg struct {
	Path    string
	Std     bool     // belongs to the standard library
	Archive string   // file that dependents are compiled against and that is linked
	Deps    []string // import paths; what the importcfg names

	Dir     string // of the sources
	Gomod   string // go.mod of the module
	Why     string // it cannot be compiled here; "" if it can
	Main    bool   // belongs to a main module, so that its imports may change here
	Vendor  bool   // is vendored
	Mapped  bool   // an import path in the sources stands for another package
	Compile compileStep
	Embed   *embed
	Extra   []string // deps that no file imports: what the go command adds to a main package

	Export  archive.Hash // of the export data in archive
	Content archive.Hash // of all in archive
	Key     archive.Hash // of everything that archive was made from
}

// embed is what //go:embed directives of a package stand for.
type embed struct {
	Config   string   // for the compiler
	Patterns []string // sorted
	Files    []string // absolute, sorted
}

// ErrChanged is wrapped by the error of a Capture during which, or since the go
// build before it, the sources changed; the next one may succeed.
var ErrChanged = errors.New("the sources changed meanwhile")

// Made is a program that go build made.
type Made struct {
	ID       string            // that the program shall have, if Build makes it
	Packages map[string]string // the go command's build ID of each, by import path
	Info     string            // its build information, without the Go version (debug.BuildInfo.String)
	File     string            // the executable, on the file system of Options.Dir, which does not change; "" if it is not at hand
}

// programID is the ID of a program that go build has made.
type programID struct {
	Program archive.Hash // of what it was made from
	ID      string
}

// idCount bounds the programs whose ID is remembered.
const idCount = 32

// Capture learns how the program that c describes is built, so that Build can
// build it from then on. It should follow a successful go build, which made what
// m says: its results are then found in the go command's cache.
func (b *Builder) Capture(ctx context.Context, c Config, m Made) error {
	b.captured, b.unshared = nil, nil
	captured, said, err := b.learn(ctx, c, m, !b.differed)
	if err != nil && said.kept && !errors.Is(err, ErrChanged) && ctx.Err() == nil {
		captured, said, err = b.learn(ctx, c, m, false) // what was kept is of no use
	}
	if err != nil {
		return fmt.Errorf("learning how the program is built: %w", err)
	}
	b.captured = captured
	if said.canBeKept() && !said.kept {
		b.unshared = said
	}
	b.linker.Prepare(ctx, b.options.Background, captured.built())
	return nil
}

// learn is Capture. The sources are read before and after the packages are
// compiled, and so is what the go command would do, and with what: if all is the
// same, the archives were made from them, and in that way. What it would do may
// come from a cache if mayBeKept is set; said is known in any case.
func (b *Builder) learn(ctx context.Context, config Config, m Made, mayBeKept bool) (c *capture, said *rehearsal, err error) {
	said = &rehearsal{b: b, config: config}
	if err := b.clearTemp(); err != nil {
		return nil, said, err
	}
	if said.env, said.settings, err = b.environment(ctx, b.options.Background, config); err != nil {
		return nil, said, err
	}
	if why := unsupported(said.env); why != "" {
		return nil, said, errors.New(why)
	}
	if said.list, err = b.list(ctx, config); err != nil {
		return nil, said, changed(err)
	}
	if err := said.rehearse(ctx, mayBeKept); err != nil {
		return nil, said, err
	}
	if c, err = b.assemble(said); err != nil {
		return nil, said, err
	}
	if c.Sources, err = c.scan(nil); err != nil {
		return nil, said, err
	}
	exported, err := b.list(ctx, config, "-export")
	if err != nil {
		return nil, said, changed(err)
	}
	if err := said.confirm(ctx); err != nil {
		return nil, said, err
	}
	after, err := c.scan(nil)
	if err != nil {
		return nil, said, err
	}
	if !slices.EqualFunc(said.list, exported, (*listed).describesLike) || !reflect.DeepEqual(c.Sources, after) {
		return nil, said, ErrChanged
	}
	if err := c.takeArchives(exported); err != nil {
		return nil, said, err
	}
	if m.ID != "" && m.isOf(exported, c.Link.Lines) {
		b.takeMade(c.programKey(), m)
	}
	return c, said, nil
}

// takeMade takes in a program that go build made, so that it need not be linked.
func (b *Builder) takeMade(program archive.Hash, m Made) {
	b.ids = append(b.ids, programID{program, m.ID})
	b.ids = b.ids[max(0, len(b.ids)-idCount):]
	if key := (executableKey{program, true}); m.File != "" && !b.executables.has(key) {
		_ = b.executables.add(executable{key: key, method: "go build"}, m.File) // or it is linked
	}
}

// isOf reports whether the program was linked from the listed packages, with
// the lines of an importcfg. The second half of the go command's build ID is a
// hash of the package's archive (cmd/go/internal/work/buildid.go); what beside
// the flags decides on how they are linked is in the build information.
func (m Made) isOf(list []*listed, config []string) bool {
	for _, l := range list {
		_, was, ok := strings.Cut(m.Packages[l.ImportPath], "/")
		if _, is, known := strings.Cut(l.BuildID, "/"); l.ImportPath != "unsafe" && (!ok || !known || was != is) {
			return false
		}
	}
	return slices.ContainsFunc(config, func(line string) bool {
		quoted, ok := strings.CutPrefix(line, "modinfo ")
		info, err := strconv.Unquote(quoted)
		const mark = 16 // bytes before and after it (cmd/go/internal/modload.ModInfoData)
		return ok && err == nil && len(info) > 2*mark && info[mark:len(info)-mark] == m.Info
	})
}

// changed is the error of a go command that fails after go build has succeeded:
// somebody has saved something that cannot be built.
func changed(err error) error { return fmt.Errorf("%w: %w", ErrChanged, err) }

// supportedVersion is the Go release whose formats and habits are known.
const supportedVersion = "go1.26"

// Supported says why programs cannot be built here with a version of Go; "" if
// they can.
func Supported(goos, version string) string {
	switch {
	case goos != "linux":
		return "incremental builds are known to be right on Linux only"
	case version != supportedVersion && !strings.HasPrefix(version, supportedVersion+"."):
		return "incremental builds are known to be right with " + supportedVersion + " only, and this is " + cmp.Or(version, "not a release")
	}
	return ""
}

func unsupported(env goEnv) string {
	if why := Supported(env.GOOS, env.GOVERSION); why != "" {
		return why
	}
	if env.GOMOD == "" || env.GOMOD == os.DevNull {
		return "the program is not built from a module"
	}
	if env.GOEXPERIMENT != "" {
		return "GOEXPERIMENT is set"
	}
	return ""
}

// assemble joins what go build -n printed with the list of packages.
func (b *Builder) assemble(said *rehearsal) (*capture, error) {
	env, list := said.env, said.list
	s, err := readScript(said.output, said.config.Dir)
	if err != nil {
		return nil, err
	}
	if tool := s.foreign(said.settings["GOTOOLDIR"]); tool != "" {
		return nil, fmt.Errorf("go build uses %s, which is none of Go's own tools", tool)
	}
	c := &capture{Config: said.config, Env: env, Settings: said.settings, Pkgs: map[string]*pkg{}, Tools: map[string]string{}}
	commands := map[string]command{}
	for _, cmd := range s.compiles {
		name, _ := cmd.argument("-p")
		commands[name] = cmd
	}
	for i, l := range list {
		if l.ImportPath == "unsafe" {
			continue // there is nothing to compile
		}
		name := l.ImportPath
		if i == len(list)-1 { // the named one comes last
			name = "main"
		}
		cmd, ok := commands[name]
		if !ok {
			return nil, fmt.Errorf("go build does not compile package %s, which go list names", l.ImportPath)
		}
		delete(commands, name)
		p, err := newPkg(env, l)
		if err == nil {
			err = p.takeCommand(env, b.options.Dir, s, cmd, l)
		}
		if err != nil {
			return nil, err
		}
		c.Pkgs[p.Path] = p
		if p.Dir != "" {
			c.own = append(c.own, p)
		}
		if p.Dir != "" && !p.Vendor || slices.ContainsFunc(p.Deps, func(dep string) bool { return slices.Contains(c.Late, dep) }) {
			c.Late = append(c.Late, p.Path)
		}
		if len(l.CgoPkgConfig) > 0 {
			c.Fleeting = "package " + p.Path + " is built as pkg-config says"
		}
		c.main = p
	}
	if len(commands) > 0 {
		return nil, fmt.Errorf("go build compiles %d packages that go list does not name", len(commands))
	}
	if list[len(list)-1].Name != "main" || c.main.Dir == "" {
		return nil, errors.New("the main package is not among the app's own ones")
	}
	c.Controls = controlFiles(env, said.config.Dir, c.own)
	return c, errors.Join(c.sortOwn(), c.readLink(s), c.findTools(s))
}

// findTools notes which go command, compilers and linker are in use.
func (c *capture) findTools(s *script) (err error) {
	for _, path := range append(toolPaths(c.Settings), s.compiles[0].args[0], s.link.args[0]) {
		if c.Tools[path], err = identity(path); err != nil {
			return err
		}
	}
	return nil
}

// newPkg makes a package of what go list says of it.
func newPkg(env goEnv, l *listed) (*pkg, error) {
	p := &pkg{Path: l.ImportPath, Std: l.Standard}
	if l.Standard || within(l.Dir, env.GOMODCACHE) {
		return p, nil
	}
	if l.Module == nil {
		return nil, fmt.Errorf("package %s is in no module", p.Path)
	}
	p.Dir, p.Main = l.Dir, l.Module.Main
	p.Gomod = l.Module.GoMod
	if l.Module.Replace != nil {
		p.Gomod = l.Module.Replace.GoMod
	}
	if p.Vendor = !within(p.Dir, filepath.Dir(p.Gomod)); p.Vendor {
		p.Gomod = env.GOMOD
	}
	return p, nil
}

// takeCommand takes in the command that compiles p, which go list calls l.
func (p *pkg) takeCommand(env goEnv, work string, s *script, cmd command, l *listed) (err error) {
	cfg, _ := cmd.argument("-importcfg")
	mapped := false
	for line := range strings.Lines(s.files[cfg]) {
		line = strings.TrimSpace(line)
		if dep, ok := strings.CutPrefix(line, "packagefile "); ok {
			dep, _, _ = strings.Cut(dep, "=")
			p.Deps = append(p.Deps, dep)
		} else if strings.HasPrefix(line, "importmap ") {
			mapped = true
		}
	}
	if p.Dir == "" {
		return nil
	}
	p.Mapped = mapped
	switch p.Compile, err = newCompileStep(env, work, cmd); {
	case !l.goOnly():
		p.Why = "it has C, assembly or other files beside Go"
	case err != nil:
		p.Why = err.Error()
	}
	if name, at := cmd.argument("-embedcfg"); at > 0 {
		p.Embed, err = readEmbed(s.files[name])
		return err
	}
	return nil
}

func readEmbed(config string) (*embed, error) {
	var parsed struct {
		Patterns map[string][]string
		Files    map[string]string
	}
	if err := json.Unmarshal([]byte(config), &parsed); err != nil {
		return nil, fmt.Errorf("reading what is embedded: %w", err)
	}
	e := &embed{Config: config}
	for pattern := range parsed.Patterns {
		e.Patterns = append(e.Patterns, pattern)
	}
	for _, path := range parsed.Files {
		e.Files = append(e.Files, path)
	}
	slices.Sort(e.Patterns)
	slices.Sort(e.Files)
	return e, nil
}

// takeArchives takes in the archives that go list found or had made.
func (c *capture) takeArchives(list []*listed) error {
	for _, l := range list {
		p := c.Pkgs[l.ImportPath]
		if p == nil {
			continue
		}
		if l.Export == "" {
			return fmt.Errorf("go list does not say where package %s is", l.ImportPath)
		}
		p.takeArchive(l)
	}
	for _, p := range c.own {
		if p.Why != "" {
			continue
		}
		if err := c.takeImports(p); err != nil {
			return err
		}
		a, err := readArchive(p.Archive)
		if err != nil {
			p.Why = err.Error()
			continue
		}
		p.Export, p.Content = a.Export(), a.Content()
	}
	for _, p := range c.own {
		p.Key = c.keyOf(p, c.Sources, p.Deps, func(dep string) archive.Hash { return c.Pkgs[dep].Export })
	}
	return nil
}

// takeArchive takes in the archive that go list names.
func (p *pkg) takeArchive(l *listed) {
	p.Archive = l.Export
	p.Export = sha256.Sum256([]byte(p.Archive)) // the name holds a hash of the content
	p.Content = p.Export
}

// takeImports finds out which dependencies of a package stand in no file.
func (c *capture) takeImports(p *pkg) error {
	imported := map[string]bool{}
	for _, path := range p.Compile.Files {
		f, ok := c.Sources.Dirs[p.Dir][path]
		if !ok || f.Err != "" {
			return fmt.Errorf("reading %s: %s", path, cmp.Or(f.Err, fs.ErrNotExist.Error()))
		}
		for _, i := range f.Header.Imports {
			imported[i] = true
		}
	}
	for _, dep := range p.Deps {
		if !imported[dep] {
			p.Extra = append(p.Extra, dep)
		}
	}
	return nil
}

// sortOwn puts the app's own packages in order, dependencies first.
func (c *capture) sortOwn() error {
	var sorted []*pkg
	seen := map[*pkg]bool{}
	var visit func(p *pkg)
	visit = func(p *pkg) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, dep := range p.Deps {
			if q := c.Pkgs[dep]; q != nil && q.Dir != "" {
				visit(q)
			}
		}
		sorted = append(sorted, p)
	}
	for _, p := range c.own {
		for _, dep := range p.Deps {
			if c.Pkgs[dep] == nil {
				return fmt.Errorf("package %s imports %s, which is not compiled", p.Path, dep)
			}
		}
		visit(p)
	}
	c.own = sorted
	return nil
}
