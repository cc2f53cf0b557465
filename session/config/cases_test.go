package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/config"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the code does into testdata and hotdev.schema.json")

// testCase is a txtar archive whose last file, want, is what must come out.
// Every other file is unpacked into root.
type testCase struct {
	t       *testing.T
	path    string
	archive *txtar.Archive
	root    string
}

// eachCase runs a test for each archive in a directory of testdata. run returns
// what came out of the case.
func eachCase(t *testing.T, dir string, run func(c testCase) string) {
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in testdata/%s (%v)", dir, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c := testCase{t, path, archive, t.TempDir()}
			for _, f := range archive.Files {
				name := filepath.Join(c.root, filepath.FromSlash(f.Name))
				if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, f.Data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			c.compare(run(c))
		})
	}
}

// file returns a file of the archive; "" when it is not there.
func (c testCase) file(name string) string {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// lines returns the lines of a file of the archive.
func (c testCase) lines(name string) []string {
	return strings.FieldsFunc(c.file(name), func(r rune) bool { return r == '\n' })
}

func (c testCase) compare(got string) {
	c.t.Helper()
	got = strings.ReplaceAll(got, c.root, "$ROOT")
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	if *update {
		c.archive.Files = slices.DeleteFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		c.archive.Files = append(c.archive.Files, txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o666); err != nil {
			c.t.Fatal(err)
		}
		return
	}
	if want := c.file("want"); got != want {
		c.t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// overrides reads the case's flags, a JSON object of config.Overrides.
func (c testCase) overrides() (o config.Overrides) {
	if given := c.file("flags"); given != "" {
		d := json.NewDecoder(strings.NewReader(given))
		d.DisallowUnknownFields()
		if err := d.Decode(&o); err != nil {
			c.t.Fatalf("flags: %v", err)
		}
	}
	return o
}

// load loads the case's configuration.
func (c testCase) load() (*config.Config, error) {
	return config.Load(c.root, c.lines("environ"), c.overrides())
}

// showErrors prints each error with the text that it underlines.
func (c testCase) showErrors(err error) string {
	c.t.Helper()
	var errs config.Errors
	if !errors.As(err, &errs) {
		c.t.Fatalf("the error is a %T, not config.Errors: %v", err, err)
	}
	var b strings.Builder
	for _, e := range errs {
		if e.File == "" {
			fmt.Fprintf(&b, "%s\n", e.Message)
			continue
		}
		fmt.Fprintf(&b, "%s:%d:%d «%s» %s\n", filepath.Base(e.File), e.Line, e.Col, underlined(c.t, e), e.Message)
	}
	return b.String()
}

// underlined returns the text at an error; it fails when that is not in the
// file.
func underlined(t testing.TB, e config.Error) string {
	t.Helper()
	data, err := os.ReadFile(e.File)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(data, []byte("\n"))
	if e.Line < 1 || e.Line > len(lines) {
		t.Fatalf("%v: the file has %d lines", e, len(lines))
	}
	line := lines[e.Line-1]
	if e.Col < 1 || e.EndCol < e.Col || e.EndCol > len(line)+1 {
		t.Fatalf("%v to column %d: the line has %d bytes", e, e.EndCol, len(line))
	}
	return string(line[e.Col-1 : e.EndCol-1])
}

// TestLoad prints each field that differs from the defaults, or the errors.
func TestLoad(t *testing.T) {
	eachCase(t, "load", func(c testCase) string {
		got, err := c.load()
		if err != nil {
			return c.showErrors(err)
		}
		if _, err := os.Stat(got.File); got.File != filepath.Join(c.root, "hotdev.toml") || got.Exists != (err == nil) {
			t.Errorf("File is %s, Exists %v; %v", got.File, got.Exists, err)
		}
		var b strings.Builder
		if got.Profile != "" {
			fmt.Fprintf(&b, "Profile %s\n", got.Profile)
		}
		before := flatten(t, config.Default(c.root))
		for i, line := range flatten(t, got) {
			if line != before[i] {
				fmt.Fprintln(&b, line)
			}
		}
		return b.String()
	})
}

// flatten prints each field of the tables on a line.
func flatten(t *testing.T, c *config.Config) (lines []string) {
	t.Helper()
	for _, table := range []struct {
		name  string
		value any
	}{{"App", c.App}, {"Build", c.Build}, {"Watch", c.Watch}, {"Run", c.Run}, {"Proxy", c.Proxy}, {"Debug", c.Debug}} {
		text, err := json.Marshal(table.value)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		for fields := (map[string]json.RawMessage{}); d.More(); {
			if err := d.Decode(&fields); err != nil {
				t.Fatal(err)
			}
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				lines = append(lines, fmt.Sprintf("%s.%s %s", table.name, name, fields[name]))
			}
		}
	}
	return lines
}

// TestEnviron prints the environment for the app, or the errors. The file base
// is hotdev's own environment.
func TestEnviron(t *testing.T) {
	eachCase(t, "environ", func(c testCase) string {
		loaded, err := c.load()
		if err != nil {
			t.Fatal(err)
		}
		env, err := config.Environ(loaded, c.lines("base"))
		if err != nil {
			return c.showErrors(err)
		}
		return strings.Join(env, "\n")
	})
}

// TestFromAir prints the notes and the hotdev.toml, which must load.
func TestFromAir(t *testing.T) {
	eachCase(t, "air", func(c testCase) string {
		toml, notes, err := config.FromAir([]byte(c.file(".air.toml")))
		if err != nil {
			return err.Error()
		}
		if err := os.WriteFile(filepath.Join(c.root, "hotdev.toml"), toml, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(c.root, nil, config.Overrides{}); err != nil {
			t.Errorf("the result does not load: %v\n%s", err, toml)
		}
		return strings.Join(notes, "\n") + "\n\n" + string(toml)
	})
}
