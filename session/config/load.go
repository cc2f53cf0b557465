package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// noFileProfiles exist, empty, where hotdev.toml defines no profile.
var noFileProfiles = []string{"dev", "test"}

// Load reads hotdev.toml in the directory root, if it is there, and lays over
// it, each winning over the ones before: the selected profile, the HOTDEV_*
// variables of environ (see Variables), and o. A table of a profile replaces
// single keys, [app.env] single variables; arrays are replaced whole.
//
// No profile is selected by default. One that is selected must be in
// hotdev.toml; where no profile is defined, dev and test exist and are empty.
//
// A relative root is taken from the working directory. When something is wrong
// with the configuration the error is of type Errors and holds all of it.
func Load(root string, environ []string, o Overrides) (*Config, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("finding the directory of %s: %w", FileName, err)
	}
	c := Default(root)
	c.Profile = o.ProfileName(environ)
	d := &decoder{root: root, file: c.File, paths: map[string]place{}}

	doc := &value{kind: tableKind}
	data, err := os.ReadFile(c.File)
	switch {
	case err == nil:
		c.Exists = true
		parsed, bad := parse(data)
		if bad != nil {
			return nil, Errors{errorAt(c.File, bad.at, bad.message)}
		}
		doc = parsed
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}

	profiles := d.document(doc, &c.Tables, c.Profile)
	if len(profiles) == 0 {
		profiles = noFileProfiles
	}
	if c.Profile != "" && !slices.Contains(profiles, c.Profile) {
		d.errorf(o.profilePlace(), "%s: unknown profile %s: %s", o.profilePlace().name, show(c.Profile), unknownProfile(c.Profile, profiles))
	}
	d.variables(environ, &c.Tables)
	d.overrides(o, &c.Tables)
	if err := d.errs.sorted(); err != nil {
		return nil, err
	}
	c.paths = d.paths
	return c, nil
}

// unknownProfile ends the error about a profile: the nearest one and all.
func unknownProfile(name string, known []string) string {
	all := "known are " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		return "did you mean " + near + "? (" + all + ")"
	}
	return all
}
