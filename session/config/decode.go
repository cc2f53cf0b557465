package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// decoder turns values into fields and collects what is wrong with them.
type decoder struct {
	root  string // absolute; relative paths are taken from it
	file  string // the hotdev.toml that places without a name are in
	errs  Errors
	paths map[string]place // where each path was written
}

func (d *decoder) errorf(at place, format string, args ...any) {
	d.errs = append(d.errs, errorAt(d.file, at, fmt.Sprintf(format, args...)))
}

// profilesTable is the name of the table of profiles.
const profilesTable = "profiles"

// document decodes hotdev.toml into base. Every profile is checked, and the
// selected one goes into base as well. It returns the names of the profiles.
func (d *decoder) document(doc *value, base *Tables, selected string) (profiles []string) {
	d.tables(doc, base, append(tableNames(), profilesTable))
	for _, entry := range doc.pairs {
		if entry.name != profilesTable || !d.isTable(entry) {
			continue
		}
		for _, profile := range entry.value.pairs {
			if !d.isTable(profile) {
				continue
			}
			if profile.name == "" {
				d.errorf(profile.at, "a profile needs a name")
				continue
			}
			profiles = append(profiles, profile.name)
			if profile.name == selected {
				d.tables(profile.value, base, tableNames())
				continue
			}
			unused := &decoder{root: d.root, file: d.file, paths: map[string]place{}}
			unused.tables(profile.value, new(Tables), tableNames())
			d.errs = append(d.errs, unused.errs...)
		}
	}
	return profiles
}

// tables decodes the tables in v; known are the names that may be there.
func (d *decoder) tables(v *value, into *Tables, known []string) {
	for _, entry := range v.pairs {
		switch {
		case !slices.Contains(known, entry.name):
			d.errorf(entry.at, "unknown key %s: %s", show(entry.name), hint(entry.name, known))
		case entry.name != profilesTable && d.isTable(entry):
			d.table(entry, into)
		}
	}
}

// table decodes the keys of one table.
func (d *decoder) table(entry pair, into *Tables) {
	known := keysOf(entry.name)
	for _, e := range entry.value.pairs {
		if i := slices.IndexFunc(known, func(k key) bool { return k.name == e.name }); i >= 0 {
			d.set(known[i], e.value, into)
			continue
		}
		d.errorf(e.at, "unknown key %s in [%s]: %s", show(e.name), entry.name, hint(e.name, names(known)))
	}
}

// hint ends an error about an unknown key: the nearest name that may be there,
// or the table that a key of that name, but for one character, is in.
func hint(name string, known []string) string {
	if nearest(name, known) == "" {
		for _, k := range keys {
			switch levenshtein.Distance(name, k.name, nil) {
			case 0:
				return "it belongs in [" + k.table + "]"
			case 1:
				return "did you mean " + k.name + " in [" + k.table + "]?"
			}
		}
	}
	return suggest(name, known)
}

func (d *decoder) isTable(entry pair) bool {
	if entry.value.kind == tableKind {
		return true
	}
	d.errorf(entry.value.at, "%s must be a table; it is %s", show(entry.name), entry.value.describe())
	return false
}

// set puts v into the field of k.
func (d *decoder) set(k key, v *value, into *Tables) {
	switch field := k.field(into).Addr().Interface().(type) {
	case *string:
		if s, ok := d.text(k, v); ok {
			*field = s
		}
	case *bool:
		if d.is(k, v, boolKind, "be true or false") {
			*field = v.truth
		}
	case *time.Duration:
		if s, ok := d.text(k, v); ok {
			t, err := time.ParseDuration(s)
			if err != nil || t <= 0 {
				d.must(k, v, mustDuration)
				return
			}
			*field = t
		}
	case *Ready:
		if s, ok := d.text(k, v); ok {
			ready, ok := parseReady(s)
			if !ok {
				d.must(k, v, mustReady)
				return
			}
			*field = ready
		}
	case *[]string:
		if texts, ok := d.texts(k, v); ok {
			*field = texts
		}
	case *Command:
		if c, ok := d.command(k, v); ok {
			*field = c
		}
	case *[]Command:
		if commands, ok := d.commands(k, v); ok {
			*field = commands
		}
	case *map[string]string:
		d.environment(k, v, field)
	}
}

// must reports that v is not what k must be.
func (d *decoder) must(k key, v *value, what string) {
	subject := k.name
	if v.at.name != "" {
		subject = v.at.name
	}
	is := "; it is " + v.describe()
	if v.kind == textKind && v.text == "" {
		is = ""
	}
	d.errorf(v.at, "%s must %s%s", subject, what, is)
}

// is reports whether v has the wanted form, and the error if it has not.
func (d *decoder) is(k key, v *value, want kind, what string) bool {
	if v.kind != want {
		d.must(k, v, what)
		return false
	}
	if strings.Contains(v.text, "\x00") {
		d.must(k, v, "hold no NUL character")
		return false
	}
	return true
}

// Expectations of a single value.
const (
	mustDuration = `be a duration above 0 with its unit, such as "10s" or "500ms"`
	mustReady    = `be "auto", "tcp" or "http /path"`
)

// expects says what a string for k, or an element of k, must be.
func (k key) expects() string {
	switch k.zero.(type) {
	case time.Duration:
		return mustDuration
	case Ready:
		return mustReady
	}
	if len(k.enum) > 0 {
		return "be one of " + strings.Join(k.enum, ", ")
	}
	return "be a string"
}

// element is k for the element of its array at i.
func (k key) element(i int) key {
	k.name = fmt.Sprintf("%s[%d]", k.name, i)
	return k
}

// text returns a string that is fit for k or, for a list, to be in k.
func (d *decoder) text(k key, v *value) (string, bool) {
	if !d.is(k, v, textKind, k.expects()) {
		return "", false
	}
	if len(k.enum) > 0 && !slices.Contains(k.enum, v.text) {
		d.must(k, v, k.expects())
		return "", false
	}
	if wrong := check(k.check, v.text); wrong != "" {
		d.must(k, v, wrong)
		return "", false
	}
	if k.check != "path" {
		return v.text, true
	}
	path := filepath.FromSlash(v.text)
	if !filepath.IsAbs(path) {
		path = filepath.Join(d.root, path)
	}
	d.paths[path] = v.at
	return path, true
}

func (d *decoder) texts(k key, v *value) ([]string, bool) {
	if v.kind != listKind {
		d.must(k, v, "be an array of strings")
		return nil, false
	}
	all, good := make([]string, 0, len(v.items)), true
	for i, item := range v.items {
		s, ok := d.text(k.element(i), item)
		all, good = append(all, s), good && ok
	}
	return all, good
}

func (d *decoder) command(k key, v *value) (Command, bool) {
	var words Command
	switch v.kind {
	case textKind:
		if !d.is(k, v, textKind, k.expects()) {
			return nil, false
		}
		split, wrong := splitWords(v.text)
		if wrong != "" {
			d.must(k, v, wrong)
			return nil, false
		}
		words = split
	case listKind:
		all, ok := d.texts(k, v)
		if !ok {
			return nil, false
		}
		words = all
	default:
		d.must(k, v, "be a command: a string or an array of strings")
		return nil, false
	}
	if len(words) == 0 || words[0] == "" {
		d.must(k, v, "name a program")
		return nil, false
	}
	return words, true
}

func (d *decoder) commands(k key, v *value) ([]Command, bool) {
	if v.kind != listKind {
		d.must(k, v, "be an array of commands")
		return nil, false
	}
	all, good := make([]Command, 0, len(v.items)), true
	for i, item := range v.items {
		c, ok := d.command(k.element(i), item)
		all, good = append(all, c), good && ok
	}
	return all, good
}

// environment adds the variables in v to those of the layers below.
func (d *decoder) environment(k key, v *value, into *map[string]string) {
	if !d.is(k, v, tableKind, "be a table") {
		return
	}
	if *into == nil {
		*into = map[string]string{}
	}
	for _, e := range v.pairs {
		if e.name == "" || strings.ContainsAny(e.name, "=\x00") {
			d.errorf(e.at, "%s is no name for an environment variable", show(e.name))
			continue
		}
		must := "be a string"
		if e.value.kind == otherKind || e.value.kind == boolKind {
			must += ", written " + show(e.value.text)
		}
		if d.is(key{name: k.name + "." + e.name}, e.value, textKind, must) {
			(*into)[e.name] = e.value.text
		}
	}
}

// describe names a value in an error.
func (v *value) describe() string {
	switch v.kind {
	case textKind:
		return show(v.text)
	case boolKind, otherKind:
		return v.text
	default:
		return string(v.kind)
	}
}

// show quotes a text for an error, and cuts it where it is long.
func show(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
