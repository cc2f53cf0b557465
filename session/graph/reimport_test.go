package graph_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/hotdev/hotdev/session/graph"
)

// TestReimported holds what Reimported returns to what Load does, where it
// answers, and knows where it must not.
func TestReimported(t *testing.T) {
	t.Parallel()
	const (
		vendored = "package v\n"
		leaf     = "package leaf\n\nimport \"strings\"\n\nvar _ = strings.ToUpper\n"
		other    = "package other\n\nimport (\n\t\"bytes\"\n\n\t\"example.com/app/leaf\"\n)\n\nvar _, _ = bytes.NewReader, leaf.X\n"
		user     = "package user\n"
	)
	files := []string{
		"main.go", "package main\n\nimport (\n\t_ \"example.com/app/other\"\n\t_ \"example.com/app/user\"\n\t_ \"example.com/app/internal/hidden\"\n\t_ \"example.com/v\"\n)\n\nfunc main() {}\n",
		"leaf/leaf.go", leaf,
		"leaf/second.go", "package leaf\n\nimport \"strings\"\n\nvar X = strings.ToLower(\"\")\n",
		"other/other.go", other,
		"user/user.go", user,
		"user/a_test.go", "package user\n",
		"internal/hidden/hidden.go", "package hidden\n",
		"tool/tool.go", mainSource,
		"alone/alone.go", "package alone\n",
		"go.mod", "module example.com/app\n\ngo 1.24\n\nrequire example.com/v v1.0.0\n",
		"vendor/modules.txt", "# example.com/v v1.0.0\n## explicit\nexample.com/v\n",
		"vendor/example.com/v/v.go", vendored,
	}
	for name, c := range map[string]struct {
		edits []string // file and content in turn
		no    bool     // Load has to look
	}{
		"a package that the app has, of the standard library":  {edits: []string{"user/user.go", "package user\n\nimport \"bytes\"\n"}},
		"one that it does not have":                            {edits: []string{"user/user.go", "package user\n\nimport \"container/ring\"\n"}},
		"an own one":                                           {edits: []string{"user/user.go", "package user\n\nimport \"example.com/app/leaf\"\n"}},
		"an own one, which comes before now":                   {edits: []string{"leaf/leaf.go", "package leaf\n\nimport \"example.com/app/user\"\n"}},
		"a vendored one":                                       {edits: []string{"leaf/leaf.go", "package leaf\n\nimport \"example.com/v\"\n"}},
		"unsafe":                                               {edits: []string{"leaf/leaf.go", "package leaf\n\nimport \"unsafe\"\n"}},
		"one that another file imports still goes":             {edits: []string{"leaf/leaf.go", "package leaf\n"}},
		"one of the standard library goes":                     {edits: []string{"other/other.go", "package other\n\nimport \"example.com/app/leaf\"\n"}},
		"two files":                                            {edits: []string{"leaf/leaf.go", "package leaf\n\nimport \"os\"\n", "user/user.go", "package user\n\nimport _ \"example.com/app/leaf\"\n"}},
		"nothing but the order":                                {edits: []string{"leaf/leaf.go", "package leaf\n\nimport \"strings\"\nimport s \"strings\"\n"}},
		"the last import of an own package goes":               {edits: []string{"other/other.go", "package other\n"}, no: true},
		"an own package that is not in the build":              {edits: []string{"user/user.go", "package user\n\nimport \"example.com/app/alone\"\n"}, no: true},
		"an internal package":                                  {edits: []string{"user/user.go", "package user\n\nimport \"example.com/app/internal/hidden\"\n"}, no: true},
		"an internal package of the standard library":          {edits: []string{"user/user.go", "package user\n\nimport \"internal/abi\"\n"}, no: true},
		"a package of the standard library for another system": {edits: []string{"user/user.go", "package user\n\nimport \"syscall/js\"\n"}, no: true},
		"a program":                                            {edits: []string{"user/user.go", "package user\n\nimport \"example.com/app\"\n"}, no: true},
		"a cycle":                                              {edits: []string{"leaf/leaf.go", "package leaf\n\nimport \"example.com/app/other\"\n"}, no: true},
		"what is nowhere":                                      {edits: []string{"user/user.go", "package user\n\nimport \"example.com/none\"\n"}, no: true},
		"a relative path":                                      {edits: []string{"user/user.go", "package user\n\nimport \"../leaf\"\n"}, no: true},
		"embedded files":                                       {edits: []string{"user/user.go", "package user\n\nimport _ \"embed\"\n\n//go:embed user.go\nvar s string\n"}, no: true},
		"C":                                                    {edits: []string{"user/user.go", "package user\n\nimport \"C\"\n"}, no: true},
		"a constraint":                                         {edits: []string{"user/user.go", "//go:build !ignore\n\npackage user\n\nimport \"bytes\"\n"}, no: true},
		"another package":                                      {edits: []string{"user/user.go", "package usr\n\nimport \"bytes\"\n"}, no: true},
		"a file that is broken":                                {edits: []string{"user/user.go", "package user\n\nimport \"bytes\n"}, no: true},
		"a new file":                                           {edits: []string{"user/new.go", "package user\n"}, no: true},
		"a vendored file":                                      {edits: []string{"vendor/example.com/v/v.go", "package v\n\nimport \"bytes\"\n"}, no: true},
		"a file that is gone":                                  {edits: []string{"leaf/second.go", ""}, no: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := project(t, files...)
			options := graph.Options{Root: root, Env: offline()}
			before, err := graph.Load(t.Context(), options)
			if err != nil || len(before.Errors()) > 0 {
				t.Fatal(err, before.Errors())
			}
			was := seen(t, root, before)
			var changed []string
			for i := 0; i < len(c.edits); i += 2 {
				file := filepath.Join(root, filepath.FromSlash(c.edits[i]))
				changed = append(changed, file)
				if c.edits[i+1] == "" {
					if err := os.Remove(file); err != nil {
						t.Fatal(err)
					}
					continue
				}
				write(t, file, c.edits[i+1])
			}
			g, ok := before.Reimported(changed)
			if ok == c.no {
				t.Fatalf("Reimported answers: %v", ok)
			}
			if !ok {
				return
			}
			loaded, err := graph.Load(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := seen(t, root, g), seen(t, root, loaded); !reflect.DeepEqual(got, want) {
				t.Errorf("it returned\n%+v\nand Load\n%+v", got, want)
			}
			for _, file := range changed {
				if g.NeedsReload(file) {
					t.Errorf("%s needs another one", file)
				}
			}
			again, ok := g.Reimported(changed)
			if !ok || !reflect.DeepEqual(seen(t, root, again), seen(t, root, g)) {
				t.Errorf("the second time it answers %v", ok)
			}
			for i := 0; i < len(files); i += 2 {
				write(t, filepath.Join(root, files[i]), files[i+1])
			}
			if back, ok := g.Reimported(changed); !ok || !reflect.DeepEqual(seen(t, root, back), was) {
				t.Errorf("the edit undone, it answers %v", ok)
			}
		})
	}
}

// TestReimportedWithErrors holds that a graph with errors is loaded again.
func TestReimportedWithErrors(t *testing.T) {
	t.Parallel()
	root := project(t, "main.go", "package main\n\nimport _ \"example.com/app/none\"\n\nfunc main() {}\n")
	g, err := graph.Load(t.Context(), graph.Options{Root: root})
	if err != nil || len(g.Errors()) == 0 {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "main.go"), mainSource)
	if _, ok := g.Reimported([]string{filepath.Join(root, "main.go")}); ok {
		t.Error("the errors stay")
	}
}

// graphSeen is what a graph says.
type graphSeen struct {
	main     graph.Package
	packages []graph.Package
	dirs     []string
	errors   int
	classes  map[string][2]string
}

// seen asks g about all files.
func seen(t *testing.T, root string, g *graph.Graph) graphSeen {
	s := graphSeen{g.Main(), g.Packages(), g.Dirs(), len(g.Errors()), map[string][2]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			class, why := g.Classify(path)
			s.classes[path] = [2]string{string(class), why}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
