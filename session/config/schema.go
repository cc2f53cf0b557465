package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/invopop/jsonschema"
)

// SchemaURL is where the committed schema is published; Template names it, so
// that editors with taplo complete and check hotdev.toml.
const SchemaURL = "https://raw.githubusercontent.com/hotdev/hotdev/main/session/config/hotdev.schema.json"

// document is hotdev.toml as the schema describes it.
type document struct {
	Tables
	Profiles map[string]Tables `toml:"profiles" help:"The same tables for one environment each, overriding; chosen with --profile or HOTDEV_PROFILE."`
}

// Schema returns the JSON schema of hotdev.toml (draft 2020-12), indented, with
// a line end. It is committed as hotdev.schema.json.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{
		FieldNameTag:               "toml",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
		Anonymous:                  true,
		Mapper:                     schemaOf,
		LookupComment: func(t reflect.Type, field string) string {
			if field == "" {
				return "" // asked of each type too
			}
			f, _ := t.FieldByName(field)
			return f.Tag.Get("help")
		},
	}
	s := r.Reflect(document{})
	s.ID = SchemaURL
	s.Title = FileName
	s.Description = "Configuration of hotdev. Every key is optional."
	values := defaults()
	for _, k := range keys {
		definition := s.Definitions[reflect.TypeFor[Tables]().Field(k.index[0]).Type.Name()]
		property, ok := definition.Properties.Get(k.name)
		if !ok {
			return nil, fmt.Errorf("the schema has no %s", k.path())
		}
		for _, word := range k.enum {
			property.Enum = append(property.Enum, word)
		}
		if field := k.field(&values); !field.IsZero() {
			property.Default = plain(field.Interface())
		}
		if k.example != "" {
			property.Examples = []any{k.example}
		}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// schemaOf describes the types that TOML writes otherwise than Go.
func schemaOf(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`}
	case reflect.TypeFor[Ready]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(auto|tcp|http\s+/\S*)$`}
	case reflect.TypeFor[Command]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string"},
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}},
		}}
	}
	return nil
}

// plain is a field's value as TOML and JSON have it.
func plain(v any) any {
	switch v := v.(type) {
	case time.Duration:
		return v.String()
	case Ready:
		return v.String()
	}
	return v
}
