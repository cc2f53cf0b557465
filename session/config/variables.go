package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// profileVariable selects the profile.
const profileVariable = "HOTDEV_PROFILE"

// Variable is an environment variable that hotdev reads.
type Variable struct {
	Name string // such as HOTDEV_RUN_STOP_TIMEOUT
	Key  string // the key that it sets, such as run.stop_timeout; "" for the profile
	Help string
}

// Variables returns the environment variables that hotdev reads: one,
// HOTDEV_<TABLE>_<KEY>, for each key that is a single value, HOTDEV_PROFILE,
// and shorter names for the most used ones. The shorter name wins. An empty
// variable counts as absent. Load refuses a name that is a slip of one or two
// characters from one of these; it leaves other HOTDEV_* names alone.
func Variables() []Variable {
	all := []Variable{{Name: profileVariable, Help: "The profile of " + FileName + " to use."}}
	for _, k := range keys {
		switch k.zero.(type) {
		case string, bool, time.Duration, Ready:
		default:
			continue
		}
		all = append(all, Variable{"HOTDEV_" + strings.ToUpper(k.table+"_"+k.name), k.path(), k.help})
		if k.short != "" {
			all = append(all, Variable{k.short, k.path(), k.help})
		}
	}
	return all
}

// variables lays the HOTDEV_* variables over the tables.
func (d *decoder) variables(environ []string, into *Tables) {
	var known []string
	for _, v := range Variables() {
		known = append(known, v.Name)
		s := lookup(environ, v.Name)
		if v.Key == "" || s == "" {
			continue
		}
		k := keyAt(v.Key)
		given := &value{kind: textKind, text: s}
		if _, ok := k.zero.(bool); ok {
			if truth, err := strconv.ParseBool(s); err == nil {
				given = &value{kind: boolKind, truth: truth}
			}
		}
		given.setName(v.Name)
		d.set(k, given, into)
	}
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "HOTDEV_") || slices.Contains(known, name) {
			continue
		}
		for _, near := range known {
			if levenshtein.Distance(name, near, nil) <= 2 {
				d.errorf(place{name: name}, "%s is no variable that hotdev reads: did you mean %s?", name, near)
			}
		}
	}
}

// lookup returns the value of a variable; the last one of that name counts.
func lookup(environ []string, name string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if key, value, ok := strings.Cut(environ[i], "="); ok && key == name {
			return value
		}
	}
	return ""
}
