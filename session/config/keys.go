package config

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// key is one key of the format, as the struct tags describe it.
type key struct {
	table, name    string
	index          []int // of the field in Tables
	zero           any   // a zero value of the field's type
	help, check    string
	example, short string
	enum           []string
}

// path is the dotted name, such as run.stop_timeout.
func (k key) path() string { return k.table + "." + k.name }

// keys are all keys in the order of the structs.
var keys = func() (all []key) {
	tables := reflect.TypeFor[Tables]()
	for i := range tables.NumField() {
		table := tables.Field(i)
		for j := range table.Type.NumField() {
			field := table.Type.Field(j)
			k := key{
				table:   table.Tag.Get("toml"),
				name:    field.Tag.Get("toml"),
				index:   []int{i, j},
				zero:    reflect.Zero(field.Type).Interface(),
				help:    field.Tag.Get("help"),
				check:   field.Tag.Get("check"),
				example: field.Tag.Get("example"),
				short:   field.Tag.Get("short"),
			}
			if enum := field.Tag.Get("enum"); enum != "" {
				k.enum = strings.Split(enum, "|")
			}
			all = append(all, k)
		}
	}
	return all
}()

// field returns the key's field in t.
func (k key) field(t *Tables) reflect.Value {
	return reflect.ValueOf(t).Elem().FieldByIndex(k.index)
}

// keysOf returns the keys of a table; none for an unknown one.
func keysOf(table string) (found []key) {
	for _, k := range keys {
		if k.table == table {
			found = append(found, k)
		}
	}
	return found
}

// keyAt returns the key of that dotted name, which must be one.
func keyAt(path string) key {
	return keys[slices.IndexFunc(keys, func(k key) bool { return k.path() == path })]
}

// names returns the names of some keys.
func names(of []key) (list []string) {
	for _, k := range of {
		list = append(list, k.name)
	}
	return list
}

// tableNames returns the names of the tables.
func tableNames() (list []string) {
	for _, k := range keys {
		list = append(list, k.table)
	}
	return slices.Compact(list)
}

// nearest returns the candidate that name is most likely a slip of; "" when
// none is near.
func nearest(name string, candidates []string) string {
	distance := func(c string) int {
		return levenshtein.Distance(strings.ToLower(name), strings.ToLower(c), nil)
	}
	if len(name) > 64 || len(candidates) == 0 {
		return ""
	}
	best := slices.MinFunc(candidates, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	if n := max(len(name), len(best)); distance(best) > max(2, n/3) || 2*distance(best) > n {
		return ""
	}
	return best
}

// suggest ends an error about an unknown name: the nearest known one, or all.
func suggest(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return "known are " + strings.Join(known, ", ")
}
