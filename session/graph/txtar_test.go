package graph_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotdev/hotdev/session/graph"
)

// TestTxtar runs the cases in testdata/*.txtar. A file of the archive is a file
// of the project, but for these sections, all optional:
//
//	options         lines "root|package|dir|tag|flag|env|restart|reload|ignore|envfile|config VALUE"
//	link NAME       NAME is a symbolic link to the content
//	main            the import path of the main package, or "none", and its file with func main
//	packages        the import paths of the app's packages, sorted
//	loaderr         a regexp for Load's error
//	errors          lines "file[:line[:col]] regexp", or "- regexp": all of the graph's errors
//	dirs            all directories to watch, sorted
//	watches         lines "path true|false" of Watches
//	contains        lines "path true|false" of Contains
//	expect          lines "path class regexp" of Classify
//	after NAME      the file NAME is written after Load
//	remove          files that are removed after Load
//	reload          lines "path true|false" of NeedsReload, after these changes
//	expect after    as expect, after these changes
//
// Paths in sections are relative to the root.
func TestTxtar(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			newCase(t, archive).run()
		})
	}
}

// sections are the names that are no files of the project.
var sections = []string{"options", "main", "packages", "loaderr", "errors", "dirs", "watches", "contains", "expect", "remove", "reload", "expect after"}

// txtarCase is one archive, unpacked.
type txtarCase struct {
	t        *testing.T
	top      string // holds the project's files
	root     string // Options.Root
	sections map[string]string
	after    map[string]string
	graph    *graph.Graph
}

func newCase(t *testing.T, archive *txtar.Archive) *txtarCase {
	c := &txtarCase{t: t, top: graph.Canonical(t.TempDir()), sections: map[string]string{}, after: map[string]string{}}
	for _, f := range archive.Files {
		switch kind, name, _ := strings.Cut(f.Name, " "); {
		case slices.Contains(sections, f.Name):
			c.sections[f.Name] = string(f.Data)
		case kind == "link":
			link(t, filepath.Join(c.top, name), strings.TrimSpace(string(f.Data)))
		case kind == "after":
			c.after[name] = string(f.Data)
		default:
			write(t, filepath.Join(c.top, f.Name), string(f.Data))
		}
	}
	return c
}

func (c *txtarCase) run() {
	options := c.options()
	c.root = options.Root
	g, err := graph.Load(c.t.Context(), options)
	if g == nil {
		c.t.Fatalf("Load: %v", err)
	}
	c.graph = g
	c.checkError(err)
	c.checkMain()
	c.checkErrors()
	if want, ok := c.sections["packages"]; ok {
		var got []string
		for _, p := range g.Packages() {
			got = append(got, p.ImportPath)
		}
		slices.Sort(got)
		c.equal("packages", got, strings.Fields(want))
	}
	if want, ok := c.sections["dirs"]; ok {
		var got []string
		for _, dir := range g.Dirs() {
			got = append(got, c.rel(dir))
		}
		slices.Sort(got)
		c.equal("dirs", got, strings.Fields(want))
	}
	c.checkBools("watches", g.Watches)
	c.checkBools("contains", g.Contains)
	c.checkClasses("expect")

	for name, content := range c.after {
		write(c.t, filepath.Join(c.root, name), content)
	}
	for _, name := range strings.Fields(c.sections["remove"]) {
		if err := os.RemoveAll(filepath.Join(c.root, name)); err != nil {
			c.t.Fatal(err)
		}
	}
	c.checkBools("reload", g.NeedsReload)
	c.checkClasses("expect after")
}

func (c *txtarCase) options() graph.Options {
	o := graph.Options{Root: c.top, Env: offline()}
	for line := range strings.Lines(c.sections["options"]) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "root":
			o.Root = filepath.Join(c.top, value)
		case "package":
			o.Package = value
		case "dir":
			o.Dir = value
		case "tag":
			o.Tags = append(o.Tags, value)
		case "flag":
			o.Flags = append(o.Flags, value)
		case "env":
			o.Env = append(o.Env, value)
		case "restart":
			o.Restart = append(o.Restart, value)
		case "reload":
			o.Reload = append(o.Reload, value)
		case "ignore":
			o.Ignore = append(o.Ignore, value)
		case "envfile":
			o.EnvFiles = append(o.EnvFiles, value)
		case "config":
			o.ConfigFile = value
		default:
			c.t.Fatalf("unknown option %q", line)
		}
	}
	return o
}

func (c *txtarCase) checkError(err error) {
	want := strings.TrimSpace(c.sections["loaderr"])
	switch {
	case want == "" && err != nil:
		c.t.Errorf("Load: %v", err)
	case want != "" && err == nil:
		c.t.Errorf("Load gave no error, want %s", want)
	case want != "":
		c.match("Load's error", err.Error(), want)
	}
}

func (c *txtarCase) checkMain() {
	want, ok := c.sections["main"]
	if !ok {
		return
	}
	got := []string{"none"}
	if main := c.graph.Main(); main.Dir != "" {
		got = []string{main.ImportPath, c.rel(main.MainFile)}
	}
	c.equal("main", got, strings.Fields(want))
}

func (c *txtarCase) checkErrors() {
	var got, want []string
	for _, e := range c.graph.Errors() {
		got = append(got, strings.ReplaceAll(e.Error(), c.root+string(filepath.Separator), ""))
	}
	for line := range strings.Lines(c.sections["errors"]) {
		want = append(want, strings.TrimSpace(line))
	}
	if len(got) != len(want) {
		c.t.Errorf("errors:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		return
	}
	for i := range got {
		place, msg, _ := strings.Cut(want[i], " ")
		if place != "-" && !strings.HasPrefix(filepath.ToSlash(got[i]), place+": ") {
			c.t.Errorf("error %q is not at %s", got[i], place)
		}
		c.match("an error", got[i], msg)
	}
}

func (c *txtarCase) checkBools(section string, ask func(string) bool) {
	for line := range strings.Lines(c.sections[section]) {
		path, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		if want != "true" && want != "false" {
			c.t.Fatalf("%s: bad line %q", section, line)
		}
		if got := ask(filepath.Join(c.root, path)); got != (want == "true") {
			c.t.Errorf("%s %s: %v", section, path, got)
		}
	}
}

func (c *txtarCase) checkClasses(section string) {
	for line := range strings.Lines(c.sections[section]) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(fields) != 3 {
			c.t.Fatalf("%s: bad line %q", section, line)
		}
		path, want, reason := fields[0], graph.Class(fields[1]), fields[2]
		class, why := c.graph.Classify(filepath.Join(c.root, path))
		if class != want {
			c.t.Errorf("%s %s: %s (%s), want %s", section, path, class, why, want)
			continue
		}
		c.match("the reason for "+path, why, reason)
		if rel, _ := c.graph.Classify(path); rel != class {
			c.t.Errorf("%s %s: %s by its relative path, %s by the absolute one", section, path, rel, class)
		}
	}
}

func (c *txtarCase) match(what, got, pattern string) {
	if !regexp.MustCompile(pattern).MatchString(got) {
		c.t.Errorf("%s: %q does not match %q", what, got, pattern)
	}
}

func (c *txtarCase) equal(what string, got, want []string) {
	if !slices.Equal(got, want) {
		c.t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (c *txtarCase) rel(path string) string {
	rel, err := filepath.Rel(c.root, path)
	if err != nil {
		c.t.Fatal(err)
	}
	return filepath.ToSlash(rel)
}

// write writes a file and the directories on the way to it; a name that ends
// in a slash is a directory.
func write(t testing.TB, name, content string) {
	t.Helper()
	dir := filepath.Dir(name)
	if strings.HasSuffix(name, "/") {
		dir = name
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if dir == name {
		return
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, name, target string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, name); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}
