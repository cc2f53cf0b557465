package diag

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
)

// BuildEvent is one event of go build -json (go help buildjson). Output that
// did not come as an event, such as the go command's standard error or what a
// [build] command printed, is an event with only Output set.
type BuildEvent struct {
	ImportPath string // package being built, or package that could not be found
	Action     string // build-output, build-fail; "" for plain text
	Output     string // one or more lines, with their ends
}

// BuildOptions say where the output of a build comes from.
type BuildOptions struct {
	// Dir is the absolute directory that the build ran in; relative paths in
	// its output begin there.
	Dir string
	// MainFile is the absolute path of the file that findings without a
	// position are put on, mostly those of the linker.
	MainFile string
	// GoMod and GoWork are the absolute paths of the go.mod and go.work files
	// in force; "" for none.
	GoMod, GoWork string
	// PackageDir returns the directory of a package of the build, or "". It may
	// be nil: then only the module's own packages are found, by their paths.
	PackageDir func(importPath string) string
	// ReadFile and ReadDir read sources, to find the line of an import that the
	// go command names without a position. ReadDir returns base names. They may
	// be nil: such findings then have no line.
	ReadFile func(name string) ([]byte, error)
	ReadDir  func(dir string) ([]string, error)
}

// ParseBuild turns the output of a build into diagnostics, ordered by place. It understands what the go command, the compiler, the assembler,
// cgo, gcc, clang and the linkers print, as events of go build -json or as
// text. Lines of an event that it does not know become diagnostics on the main
// file, so that nothing that was said gets lost; in text they may be anything,
// and are left out. Every diagnostic is owned by Build and has an absolute File.
func ParseBuild(output []BuildEvent, o BuildOptions) []Diagnostic {
	p := newBuildParser(o)
	failed := map[string]bool{}
	for _, e := range output {
		failed[e.ImportPath] = failed[e.ImportPath] || e.Action == "build-fail"
	}
	for _, b := range buildBlocks(output) {
		n := len(p.found)
		p.block(b)
		if !b.text && !failed[b.event] {
			p.found = append(p.found[:n], onlyWarnings(p.found[n:])...)
		}
	}
	return byPlace(p.found)
}

// buildBlock is what was printed about one package.
type buildBlock struct {
	pkg   string   // import path; "" for what the go command says of itself
	event string   // ImportPath of the events
	text  bool     // plain text: other programs may have written some of its lines
	lines []string // without their ends
}

// onlyWarnings drops what looked like an error in the output of a package that
// did not fail, such as the compiler's decisions under -gcflags=-m.
func onlyWarnings(list []Diagnostic) []Diagnostic {
	return slices.DeleteFunc(list, func(d Diagnostic) bool { return d.Severity != Warning })
}

// buildBlocks groups output by package, in the order of the first mention. A
// "# package" line, by which the go command heads a package's output, begins a
// block too.
func buildBlocks(output []BuildEvent) []buildBlock {
	var order []string
	text := map[string]*strings.Builder{}
	for _, e := range output {
		if e.Output == "" {
			continue
		}
		b := text[e.ImportPath]
		if b == nil {
			b = new(strings.Builder)
			text[e.ImportPath] = b
			order = append(order, e.ImportPath)
		}
		b.WriteString(e.Output)
	}
	var blocks []buildBlock
	for _, pkg := range order {
		b := buildBlock{pkg: pkg, event: pkg, text: pkg == ""}
		for line := range strings.Lines(text[pkg].String()) {
			line = strings.TrimRight(line, " \t\r\n")
			if header, ok := strings.CutPrefix(line, "# "); ok {
				if len(b.lines) > 0 {
					blocks = append(blocks, b)
				}
				name, _, _ := strings.Cut(header, " ") // "p [p.test]": a variant of p
				b = buildBlock{pkg: name, event: pkg, text: b.text}
				continue
			}
			b.lines = append(b.lines, line)
		}
		if len(b.lines) > 0 {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// buildParser collects the diagnostics of one ParseBuild.
type buildParser struct {
	BuildOptions
	module string // path of the main module; "" when unknown
	files  map[string][]byte
	found  []Diagnostic
}

func newBuildParser(o BuildOptions) *buildParser {
	p := &buildParser{BuildOptions: o, files: map[string][]byte{}}
	p.module = modulePath(p.read(o.GoMod))
	return p
}

// byPlace orders diagnostics by file, line, column and message, and removes
// repetitions.
func byPlace(list []Diagnostic) []Diagnostic {
	compare := func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Message, b.Message))
	}
	slices.SortStableFunc(list, compare)
	return slices.CompactFunc(list, func(a, b Diagnostic) bool { return compare(a, b) == 0 })
}

// read returns the content of the file name, nil when it cannot be read. Each
// file is read once.
func (p *buildParser) read(name string) []byte {
	if name == "" || p.ReadFile == nil {
		return nil
	}
	data, ok := p.files[name]
	if !ok {
		var err error
		if data, err = p.ReadFile(name); err == nil && data == nil {
			data = []byte{}
		}
		p.files[name] = data
	}
	return data
}

// exists reports whether the file name can be read.
func (p *buildParser) exists(name string) bool { return p.read(name) != nil }

// packageDir returns the directory of a package, or "".
func (p *buildParser) packageDir(importPath string) string {
	if p.PackageDir != nil {
		if dir := p.PackageDir(importPath); dir != "" {
			return dir
		}
	}
	if rest, ok := p.inModule(importPath); ok {
		return filepath.Join(filepath.Dir(p.GoMod), filepath.FromSlash(rest))
	}
	return ""
}

// inModule reports whether importPath belongs to the main module, and returns
// its directory relative to the module's.
func (p *buildParser) inModule(importPath string) (string, bool) {
	rest, ok := strings.CutPrefix(importPath, p.module)
	if p.module == "" || !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// modulePath returns the path in the module directive of a go.mod file, or "".
func modulePath(mod []byte) string {
	for line := range strings.Lines(string(mod)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "module" {
			return strings.Trim(f[1], "\"`")
		}
	}
	return ""
}
