package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hotdev/hotdev/"

// mayImport is who may import whom inside the module; a trailing /... stands
// for a package and all below it. Tests may import more.
var mayImport = map[string][]string{
	"cmd/hotdev":                    {"cmd/...", "rpc/...", "session/...", "debug/..."},
	"cmd/hotdev/internal/cacheprog": {"session/build/gocache"},
	"cmd/hotdev/internal/console":   {"cmd/hotdev/internal/feed", "rpc/protocol"},
	"cmd/hotdev/internal/doctor":    {"session/run", "session/target"},
	"cmd/hotdev/internal/feed":      {"rpc/protocol"},
	"cmd/hotdev/internal/telemetry": {"session"},
	"cmd/hotdev/internal/tui":       {"cmd/hotdev/internal/feed", "rpc/protocol"},
	"cmd/hotdev/internal/prompt":    {},
	"cmd/reloadbench":               {"session/run/redirect/refuse", "rpc/protocol", "rpc/wire"},
	"rpc/protocol":                  {},
	"rpc/outbox":                    {},
	"rpc/wire":                      {"rpc/outbox"},
	"rpc/server":                    {"session", "session/config", "session/diag", "session/graph", "session/build", "session/target", "debug", "rpc/protocol", "rpc/wire"},
	"rpc/client":                    {"rpc/protocol", "rpc/wire"},
	"rpc/rpctest":                   {"rpc/...", "session/..."},
	"session":                       {"session/..."},
	"session/browsertest":           {},
	"session/target":                {},
	"session/diag":                  {},
	"session/config":                {},
	"session/graph":                 {},
	"session/watch":                 {"session/graph"},
	"session/build":                 {"session/build/incremental", "session/build/quoted", "session/target", "session/diag", "session/graph"},
	"session/build/archive":         {},
	"session/build/gocache":         {"session/build/quoted"},
	"session/build/incremental":     {"session/build/archive", "session/build/gocache", "session/build/link", "session/build/typecheck"},
	"session/build/link":            {"session/build/archive"},
	"session/build/quoted":          {},
	"session/build/typecheck":       {"session/build/archive"},
	"session/run":                   {"session/target", "session/run/redirect"},
	"session/run/redirect":          {},
	"session/run/redirect/refuse":   {},
	"session/power":                 {},
	"session/proxy":                 {},
	"debug":                         {"session/target"},
	"debug/breakpoint":              {},
	"debug/dap":                     {"debug/breakpoint", "rpc/outbox"},
}

// onlyFor is which outside modules only some packages may import.
var onlyFor = map[string][]string{
	"go.lsp.dev/jsonrpc2":          {"rpc/wire"},
	"github.com/go-delve/delve":    {"debug"},
	"github.com/google/go-dap":     {"debug/dap", "cmd/hotdev/internal/prompt", "cmd/reloadbench"},
	"github.com/spf13/cobra":       {"cmd/hotdev"},
	"github.com/fsnotify/fsnotify": {"session/watch"},
	"go.opentelemetry.io/otel":     {"cmd/hotdev/internal/telemetry"},
}

// TestDeps holds every package to the import rules, and to having a doc comment.
func TestDeps(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc,Name", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Doc, Name string
			Imports               []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		if p.Doc == "" {
			t.Errorf("%s has no doc comment", name)
		}
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s has no rule here: say what it may import", name)
		}
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module); ok && !matches(allowed, own) {
				t.Errorf("%s imports %s", name, own)
			}
			for outside, owners := range onlyFor {
				if (i == outside || strings.HasPrefix(i, outside+"/")) && !slices.Contains(owners, name) {
					t.Errorf("%s imports %s, which is for %s only", name, i, strings.Join(owners, ", "))
				}
			}
		}
	}
}

// matches reports whether one of the patterns covers name.
func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if tree, ok := strings.CutSuffix(p, "/..."); p == name || ok && (name == tree || strings.HasPrefix(name, tree+"/")) {
			return true
		}
	}
	return false
}
