package protocol_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
)

// cancelParams stands for wire's own type.
type cancelParams struct {
	ID int `json:"id"`
}

// documented are the types that PROTOCOL.md names.
var documented = map[string]any{
	"ApplyParams":                 new(protocol.ApplyParams),
	"BreakpointsResult":           new(protocol.BreakpointsResult),
	"DebugEndpoint":               new(protocol.DebugEndpoint),
	"SetBreakpointsParams":        new(protocol.SetBreakpointsParams),
	"CancelParams":                new(cancelParams),
	"CodeActionParams":            new(protocol.CodeActionParams),
	"CodeLensParams":              new(protocol.CodeLensParams),
	"DiagnosticsResult":           new(protocol.DiagnosticsResult),
	"DidChangeWatchedFilesParams": new(protocol.DidChangeWatchedFilesParams),
	"DidChangeParams":             new(protocol.DidChangeParams),
	"DidCloseParams":              new(protocol.DidCloseParams),
	"DidOpenParams":               new(protocol.DidOpenParams),
	"DidSaveParams":               new(protocol.DidSaveParams),
	"ExecuteCommandParams":        new(protocol.ExecuteCommandParams),
	"Fix":                         new(protocol.Fix),
	"HistoryResult":               new(protocol.HistoryResult),
	"HoldParams":                  new(protocol.HoldParams),
	"InitializeParams":            new(protocol.InitializeParams),
	"InitializeResult":            new(protocol.InitializeResult),
	"LogParams":                   new(protocol.LogParams),
	"LogsParams":                  new(protocol.LogsParams),
	"MessageParams":               new(protocol.MessageParams),
	"ProgressCreateParams":        new(protocol.ProgressCreateParams),
	"ProgressParams":              new(protocol.ProgressParams),
	"PublishDiagnosticsParams":    new(protocol.PublishDiagnosticsParams),
	"Reload":                      new(protocol.Reload),
	"ReloadParams":                new(protocol.ReloadParams),
	"RollbackParams":              new(protocol.RollbackParams),
	"RoutesResult":                new(protocol.RoutesResult),
	"ShowDocumentParams":          new(protocol.ShowDocumentParams),
	"ShowDocumentResult":          new(protocol.ShowDocumentResult),
	"StartParams":                 new(protocol.StartParams),
	"Status":                      new(protocol.Status),
	"StdinParams":                 new(protocol.StdinParams),
	"SubscribeParams":             new(protocol.SubscribeParams),
	"SubscribeResult":             new(protocol.SubscribeResult),
	"WhyParams":                   new(protocol.WhyParams),
	"WhyResult":                   new(protocol.WhyResult),
	"[]CodeAction":                new([]protocol.CodeAction),
	"[]CodeLens":                  new([]protocol.CodeLens),
}

var (
	headingLine = regexp.MustCompile("^### `(.+)`$")
	typesLine   = regexp.MustCompile("^(?:request|notification) .*: params `(.+?)`(?:, result `(.+?)`)?$")
)

// section is one method in PROTOCOL.md.
type section struct {
	method   string
	types    []string // of the examples, in order
	examples []string
}

func sections(t *testing.T) []section {
	t.Helper()
	text, err := os.ReadFile("../PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	var example []string
	inside := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if m := headingLine.FindStringSubmatch(line); m != nil {
			all = append(all, section{method: m[1]})
			continue
		}
		if len(all) == 0 {
			continue
		}
		s := &all[len(all)-1]
		switch m := typesLine.FindStringSubmatch(line); {
		case m != nil:
			for _, name := range m[1:] {
				if name != "" && name != "none" && name != "any" {
					s.types = append(s.types, name)
				}
			}
		case line == "```json":
			inside, example = true, nil
		case line == "```":
			inside = false
			s.examples = append(s.examples, strings.Join(example, "\n"))
		case inside:
			example = append(example, line)
		}
	}
	return all
}

func TestTheDocumentsExamplesAreOfTheirTypes(t *testing.T) {
	for _, s := range sections(t) {
		if len(s.examples) != len(s.types) {
			t.Errorf("%s has %d examples for the types %q", s.method, len(s.examples), s.types)
			continue
		}
		for i, example := range s.examples {
			into, ok := documented[s.types[i]]
			if !ok {
				t.Errorf("%s names the type %s, which this test does not know", s.method, s.types[i])
				continue
			}
			fresh := reflect.New(reflect.TypeOf(into).Elem()).Interface()
			if err := json.Unmarshal([]byte(example), fresh, json.RejectUnknownMembers(true)); err != nil {
				t.Errorf("%s: the example of %s: %v", s.method, s.types[i], err)
			}
		}
	}
}

// TestTheDocumentsExamplesAreLSPs holds the examples of LSP's methods to LSP's
// own definition, and with them the types that decode them.
func TestTheDocumentsExamplesAreLSPs(t *testing.T) {
	model := rpctest.LoadMetaModel(t)
	checked := 0
	for _, s := range sections(t) {
		for i, example := range s.examples {
			kinds := []rpctest.Kind{rpctest.Result}
			if i == 0 {
				kinds = []rpctest.Kind{rpctest.Request, rpctest.Notification}
			}
			for _, kind := range kinds {
				known, err := model.Check(rpctest.Message{Kind: kind, Method: s.method, JSON: []byte(example)})
				if err != nil {
					t.Errorf("%s: %v", s.method, err)
				}
				if known {
					checked++
				}
			}
		}
	}
	if checked < 15 {
		t.Errorf("only %d examples are of LSP's methods", checked)
	}
}

func TestTheDocumentHasEveryMethod(t *testing.T) {
	inDocument := map[string]int{}
	for _, s := range sections(t) {
		inDocument[s.method]++
	}
	inCode := map[string]bool{}
	for name, method := range methods(t) {
		inCode[method] = true
		if inDocument[method] != 1 {
			t.Errorf("%s (%s) is %d times in PROTOCOL.md", method, name, inDocument[method])
		}
	}
	for method := range inDocument {
		if !inCode[method] {
			t.Errorf("PROTOCOL.md documents %s, which has no constant", method)
		}
	}
}

// methods returns the package's constants whose names begin with Method.
func methods(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	walk(t, func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Method") {
			return
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found[spec.Names[0].Name] = value
	})
	if len(found) == 0 {
		t.Fatal("no constants were found")
	}
	return found
}

// walk visits the syntax of the package's files.
func walk(t *testing.T, visit func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			walkFile(t, name, visit)
		}
	}
}

func walkFile(t *testing.T, name string, visit func(ast.Node)) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if n != nil {
			visit(n)
		}
		return true
	})
}
