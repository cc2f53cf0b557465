package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/config"
)

func TestSchemaIsCommitted(t *testing.T) {
	const name = "hotdev.schema.json"
	got, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what the types say: run go test ./session/config -update", name)
	}
}

// property is what the tests need of the schema of one key.
type property struct {
	Description string
	Default     json.RawMessage
	Enum        []string
	Examples    []string
}

// properties returns the schema's keys by their dotted names.
func properties(t *testing.T) map[string]property {
	t.Helper()
	text, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Ref string `json:"$ref"`
		}
		Defs map[string]struct {
			Properties           map[string]property
			AdditionalProperties any
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	all := map[string]property{}
	for table, at := range schema.Properties {
		definition := schema.Defs[strings.TrimPrefix(at.Ref, "#/$defs/")]
		if table != "profiles" && definition.AdditionalProperties != false {
			t.Errorf("the schema permits unknown keys in [%s]", table)
		}
		for name, p := range definition.Properties {
			all[table+"."+name] = p
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d keys in the schema", len(all))
	}
	return all
}

// loads loads a hotdev.toml of that text.
func loads(t *testing.T, text string) *config.Config {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "hotdev.toml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(root, nil, config.Overrides{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c.File = ""
	return c
}

// TestSchemaAgreesWithLoad holds what the schema offers to what Load takes.
func TestSchemaAgreesWithLoad(t *testing.T) {
	for name, p := range properties(t) {
		table, key, _ := strings.Cut(name, ".")
		if p.Description == "" {
			t.Errorf("%s has no description", name)
		}
		values := slices.Concat(p.Enum, p.Examples)
		for i, v := range values {
			values[i] = fmt.Sprintf("%q", v)
		}
		if p.Default != nil {
			values = append(values, string(p.Default)) // this JSON is TOML too
		}
		for _, v := range values {
			loads(t, fmt.Sprintf("[%s]\n%s = %s\n", table, key, v))
		}
	}
}

var commented = regexp.MustCompile(`(?m)^# (\[|[a-z_]+ = )`)

func TestTemplate(t *testing.T) {
	template := string(config.Template(""))
	loads(t, template)
	all := properties(t)
	var examples []string
	got := loads(t, commented.ReplaceAllStringFunc(template, func(s string) string { return strings.TrimPrefix(s, "# ") }))
	for name, p := range all {
		if len(p.Examples) > 0 {
			examples = append(examples, name)
		}
		_, key, _ := strings.Cut(name, ".")
		if n := strings.Count(template, "\n# "+key+" = "); n < 1 {
			t.Errorf("the template has no %s", name)
		}
	}
	slices.Sort(examples)
	if want := []string{"app.package", "build.command", "run.address"}; !slices.Equal(examples, want) {
		t.Errorf("examples stand at %v, not at %v", examples, want)
	}
	// Without the examples all values are the defaults, but for empty lists
	// that were nil.
	got.App.Package, got.Build.Command, got.Run.Address = "", nil, ""
	want := loads(t, "")
	if got, want := fmt.Sprint(got.Tables), fmt.Sprint(want.Tables); stripRoot(got) != stripRoot(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c := loads(t, string(config.Template("./cmd/api"))); c.App.Package != "./cmd/api" {
		t.Errorf("the package is %q", c.App.Package)
	}
}

// tempDir is the directory of a test, which loads puts into app.dir.
var tempDir = regexp.MustCompile(regexp.QuoteMeta(os.TempDir()) + `[^ ]*`)

func stripRoot(s string) string { return tempDir.ReplaceAllString(s, "ROOT") }

// TestVariables holds the table to Load: a bad value of each is an error that
// names it.
func TestVariables(t *testing.T) {
	all := properties(t)
	short := 0
	for _, v := range config.Variables() {
		if v.Help == "" {
			t.Errorf("%s is not explained", v.Name)
		}
		if v.Name == "HOTDEV_PROFILE" {
			continue
		}
		if _, ok := all[v.Key]; !ok {
			t.Errorf("%s sets %s, which is no key", v.Name, v.Key)
		}
		if v.Name != "HOTDEV_"+strings.ToUpper(strings.ReplaceAll(v.Key, ".", "_")) {
			short++
		}
		_, err := config.Load(t.TempDir(), []string{v.Name + "=\x00"}, config.Overrides{})
		if err == nil || !strings.HasPrefix(err.Error(), v.Name+" must ") {
			t.Errorf("a bad %s gives %v", v.Name, err)
		}
	}
	if short != 2 {
		t.Errorf("%d short names, not HOTDEV_PACKAGE and HOTDEV_ADDRESS", short)
	}
}

func TestDefaultIsLoadOfNothing(t *testing.T) {
	root := t.TempDir()
	got, err := config.Load(root, nil, config.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Default(root); got.Exists || got.File != want.File || !reflect.DeepEqual(got.Tables, want.Tables) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestUnreadable: a file that cannot be read has no place to show.
func TestUnreadable(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "hotdev.toml"), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(root, nil, config.Overrides{})
	var errs config.Errors
	if err == nil || errors.As(err, &errs) || !strings.Contains(err.Error(), "hotdev.toml") {
		t.Errorf("got %v", err)
	}
}

func TestProfileName(t *testing.T) {
	environ := []string{"HOTDEV_PROFILE=a", "HOTDEV_PROFILE=b"}
	flagged, none := "c", ""
	for want, o := range map[string]config.Overrides{"b": {}, "c": {Profile: &flagged}, "": {Profile: &none}} {
		if got := o.ProfileName(environ); got != want {
			t.Errorf("%+v: got %q, want %q", o, got, want)
		}
	}
}
