package rpctest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// metaModelModule holds the metaModel.json of vscode-languageserver-protocol.
// The npm package of that name is published without it.
const (
	metaModelModule = "go.lsp.dev/protocol@v1.0.1"
	metaModelFile   = "internal/genlsp/testdata/metaModel.json"
)

// MetaModel is LSP's machine-readable definition.
type MetaModel struct {
	structures map[string]structure
	enums      map[string]enumeration
	aliases    map[string]typeRef
	requests   map[string]message
	notices    map[string]message
}

type structure struct {
	Name       string
	Properties []property
	Extends    []typeRef
	Mixins     []typeRef
}

type property struct {
	Name     string
	Type     typeRef
	Optional bool
}

type enumeration struct {
	Name                 string
	Values               []struct{ Value any }
	SupportsCustomValues bool
}

type message struct {
	Method string
	Params *typeRef
	Result *typeRef
}

// typeRef is a type of the model; Kind says which of the others are set.
type typeRef struct {
	Kind    string
	Name    string // base, reference
	Items   []typeRef
	Element *typeRef
	Value   json.RawMessage // map: a type; stringLiteral: a string; literal: a structure
}

// LoadMetaModel gets the model from the Go module that carries it. The test is
// skipped where that can't be had, unless HOTDEV_REQUIRE_METAMODEL is set.
func LoadMetaModel(t testing.TB) *MetaModel {
	t.Helper()
	data, err := metaModel(t.TempDir())
	if err != nil {
		if os.Getenv("HOTDEV_REQUIRE_METAMODEL") != "" {
			t.Fatal(err)
		}
		t.Skipf("NOT CHECKED against LSP's metaModel.json: %v", err)
	}
	var file struct {
		Structures   []structure
		Enumerations []enumeration
		TypeAliases  []struct {
			Name string
			Type typeRef
		}
		Requests      []message
		Notifications []message
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	m := &MetaModel{map[string]structure{}, map[string]enumeration{}, map[string]typeRef{}, map[string]message{}, map[string]message{}}
	for _, s := range file.Structures {
		m.structures[s.Name] = s
	}
	for _, e := range file.Enumerations {
		m.enums[e.Name] = e
	}
	for _, a := range file.TypeAliases {
		m.aliases[a.Name] = a.Type
	}
	for _, r := range file.Requests {
		m.requests[r.Method] = r
	}
	for _, n := range file.Notifications {
		m.notices[n.Method] = n
	}
	return m
}

// metaModel downloads the module, outside of the one under test, and reads the
// model.
func metaModel(empty string) ([]byte, error) {
	cmd := exec.Command("go", "mod", "download", "-json", metaModelModule)
	cmd.Dir = empty
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); jsonErr != nil || module.Error != "" {
		return nil, errors.Join(err, jsonErr, fmt.Errorf("downloading %s: %s", metaModelModule, module.Error))
	}
	return os.ReadFile(filepath.Join(module.Dir, filepath.FromSlash(metaModelFile)))
}

// Check returns what is wrong with a message of an LSP method. known is false
// for a method that is none of LSP's.
func (m *MetaModel) Check(msg Message) (known bool, err error) {
	table := m.requests
	if msg.Kind == Notification {
		table = m.notices
	}
	def, known := table[msg.Method]
	if !known {
		return false, nil
	}
	t := def.Params
	if msg.Kind == Result {
		t = def.Result
	}
	var value any
	if len(msg.JSON) > 0 {
		if err := json.Unmarshal(msg.JSON, &value); err != nil {
			return true, err
		}
	}
	if t == nil {
		if value != nil {
			return true, fmt.Errorf("%s has a %s of %s, want none", msg.Method, msg.Kind, msg.JSON)
		}
		return true, nil
	}
	return true, m.check(*t, value, msg.Method)
}

// check returns what is wrong with value, found at path, as a t.
func (m *MetaModel) check(t typeRef, value any, path string) error {
	wrong := fmt.Errorf("%s: %v is no %s %s", path, value, t.Kind, t.Name)
	switch t.Kind {
	case "base":
		if !isBase(t.Name, value) {
			return wrong
		}
		return nil
	case "reference":
		return m.checkNamed(t.Name, value, path)
	case "array":
		list, ok := value.([]any)
		if !ok {
			return wrong
		}
		for i, v := range list {
			if err := m.check(*t.Element, v, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	case "or":
		var errs []error
		for _, item := range t.Items {
			err := m.check(item, value, path)
			if err == nil {
				return nil
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	case "stringLiteral":
		var want string
		if err := json.Unmarshal(t.Value, &want); err != nil {
			return err
		}
		if value != want {
			return fmt.Errorf("%s: %v, want %q", path, value, want)
		}
		return nil
	case "literal":
		var s structure
		if err := json.Unmarshal(t.Value, &s); err != nil {
			return err
		}
		return m.checkObject(s.Properties, value, path)
	}
	return fmt.Errorf("%s: hotdev uses no %s types", path, t.Kind)
}

func (m *MetaModel) checkNamed(name string, value any, path string) error {
	if name == "LSPAny" || name == "LSPObject" {
		return nil
	}
	if alias, ok := m.aliases[name]; ok {
		return m.check(alias, value, path)
	}
	if enum, ok := m.enums[name]; ok {
		for _, v := range enum.Values {
			if v.Value == value {
				return nil
			}
		}
		if _, isText := value.(string); isText && enum.SupportsCustomValues {
			return nil
		}
		return fmt.Errorf("%s: %v is no %s", path, value, name)
	}
	return m.checkObject(m.properties(name), value, path)
}

// properties are those of the named structure and of all it builds on.
func (m *MetaModel) properties(name string) []property {
	s := m.structures[name]
	all := slices.Clone(s.Properties)
	for _, base := range slices.Concat(s.Extends, s.Mixins) {
		all = append(all, m.properties(base.Name)...)
	}
	return all
}

// checkObject is strict: LSP allows unknown members, but one that hotdev sends
// is a misspelt one.
func (m *MetaModel) checkObject(properties []property, value any, path string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %v is no object", path, value)
	}
	rest := maps.Clone(object)
	for _, p := range properties {
		v, there := object[p.Name]
		delete(rest, p.Name)
		switch {
		case !there && !p.Optional:
			return fmt.Errorf("%s: %s is missing", path, p.Name)
		case there:
			if err := m.check(p.Type, v, path+"."+p.Name); err != nil {
				return err
			}
		}
	}
	for name := range rest {
		return fmt.Errorf("%s: LSP knows no %s", path, name)
	}
	return nil
}

func isBase(name string, value any) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string" || name == "URI" || name == "DocumentUri"
	case float64:
		whole := v == math.Trunc(v)
		return name == "decimal" || name == "integer" && whole || name == "uinteger" && whole && v >= 0
	}
	return false
}
