package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Template returns the hotdev.toml that `hotdev init` writes: every key with
// its meaning and its default, commented out. A package that is not "" is set.
func Template(pkg string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "#:schema %s\n", SchemaURL)
	b.WriteString("# Configuration of hotdev. Every key is optional; those below show their defaults,\n" +
		"# or an example where hotdev finds the value out.\n")
	values := defaults()
	for i, k := range keys {
		if i == 0 || keys[i-1].table != k.table {
			fmt.Fprintf(&b, "\n# %s\n[%s]\n", tableHelp(k), k.table)
		}
		fmt.Fprintf(&b, "# %s\n", k.help)
		switch {
		case k.path() == "app.package" && pkg != "":
			fmt.Fprintf(&b, "%s = %s\n", k.name, literal(pkg))
		case k.example != "":
			fmt.Fprintf(&b, "# %s = %s\n", k.name, literal(k.example))
		default:
			fmt.Fprintf(&b, "# %s = %s\n", k.name, literal(k.field(&values).Interface()))
		}
	}
	b.WriteString(`
# The same tables for another environment, overriding: hotdev run --profile test
# [profiles.test.app]
# env_files = [".env.test"]
`)
	return []byte(b.String())
}

// tableHelp is the description of the table that k is in.
func tableHelp(k key) string {
	return reflect.TypeFor[Tables]().Field(k.index[0]).Tag.Get("help")
}

// render writes a document that holds only the given keys, in order.
func render(t *Tables, set map[string]bool) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "#:schema %s\n", SchemaURL)
	table := ""
	for _, k := range keys {
		if !set[k.path()] {
			continue
		}
		if k.table != table {
			table = k.table
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		fmt.Fprintf(&b, "%s = %s\n", k.name, literal(k.field(t).Interface()))
	}
	return []byte(b.String())
}

// literal is a field's value in TOML.
func literal(v any) string {
	switch v := plain(v).(type) {
	case string:
		return quote(v)
	case bool:
		return fmt.Sprint(v)
	case []string:
		return array(v, quote)
	case Command:
		return array(v, quote)
	case []Command:
		return array(v, func(c Command) string { return array(c, quote) })
	case map[string]string:
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			pairs = append(pairs, literalKey(name)+" = "+quote(v[name]))
		}
		if len(pairs) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(pairs, ", ") + " }"
	default:
		panic(fmt.Sprintf("config: no literal for %T", v))
	}
}

// literalKey is a key in TOML, bare where it can be.
func literalKey(name string) string {
	for i := range len(name) {
		if !isBare(name[i]) {
			return quote(name)
		}
	}
	return name // no variable's name is empty
}

func array[T any](items []T, item func(T) string) string {
	var words []string
	for _, i := range items {
		words = append(words, item(i))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// quote writes a TOML basic string. JSON's escapes are a subset of TOML's (TOML
// 1.0, String), but JSON leaves DEL as it is.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("config: encoding a string: " + err.Error()) // the encoder knows every string
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}
