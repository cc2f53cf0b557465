package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotdev/hotdev/session/config"
	"golang.org/x/tools/txtar"
)

// seed adds the file of that name of every case below testdata.
func seed(f *testing.F, name string) {
	paths, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name == name {
				f.Add(file.Data)
			}
		}
	}
}

// FuzzLoad: whatever the file holds, Load ends with a configuration or with
// errors that lie in the file, in order.
func FuzzLoad(f *testing.F) {
	seed(f, "hotdev.toml")
	root := f.TempDir()
	file := filepath.Join(root, "hotdev.toml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(root, nil, config.Overrides{})
		if err == nil {
			if !c.Exists || !filepath.IsAbs(c.App.Dir) || c.Run.StopTimeout <= 0 || c.Watch.Poll == "" {
				t.Errorf("a configuration that makes no sense: %+v", c)
			}
			return
		}
		var errs config.Errors
		if !errors.As(err, &errs) || len(errs) == 0 {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		for i, e := range errs {
			if e.File != file || e.Message == "" {
				t.Errorf("an error outside the file: %+v", e)
			}
			underlined(t, e)
			if i > 0 && (errs[i-1].Line > e.Line || errs[i-1].Line == e.Line && errs[i-1].Col > e.Col) {
				t.Errorf("%v stands behind %v", e, errs[i-1])
			}
		}
	})
}

// FuzzFromAir: whatever air's file holds, the result loads.
func FuzzFromAir(f *testing.F) {
	seed(f, ".air.toml")
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		toml, _, err := config.FromAir(data)
		if err != nil {
			return
		}
		if err := os.WriteFile(filepath.Join(root, "hotdev.toml"), toml, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(root, nil, config.Overrides{}); err != nil {
			t.Errorf("%v\n%s", err, toml)
		}
	})
}
