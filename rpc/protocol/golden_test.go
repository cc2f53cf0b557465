package protocol_test

import (
	"bytes"
	"flag"
	"go/ast"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hotdev/hotdev/rpc/protocol"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	related    = protocol.Related{File: "/ws/b.go", Line: 3, Col: 1, Message: "declared here"}
	fix        = protocol.Fix{Title: "go get example.com/x", Command: []string{"go", "get", "example.com/x"}, Dir: "/ws"}
	diagnostic = protocol.Diagnostic{
		File: "/ws/a.go", Line: 12, Col: 5, EndLine: 12, EndCol: 9, Severity: "error", Owner: "build",
		Code: "type-error", Message: "undefined: x", Related: []protocol.Related{related}, Fix: &fix,
	}
	build  = protocol.Build{Method: protocol.BuildIncremental, Reason: "less is cut off", Link: "internal"}
	phases = protocol.Phases{Queue: 1.5, Check: 2.5, Compile: 200, Link: 90.25, Launch: 4, Ready: 20, FirstResponse: 3}
	ahead  = protocol.Speculation{Builds: 2, CPU: 800, Wall: 950.5}
	reload = protocol.Reload{
		Rev: 8, BackTo: 6, Time: "2026-11-24T16:02:00.000Z", Reason: "a.go was saved", Files: []string{"/ws/a.go"},
		Outcome: protocol.OutcomeBuildFailed, Message: "1 error", Build: &build, Ahead: true, Speculation: &ahead, Phases: phases, Total: 315.75, BuildID: "77e0",
		Diagnostics: []protocol.Diagnostic{diagnostic},
	}
	listener = protocol.Listener{Asked: ":8080", Actual: "127.0.0.1:43210"}
	requests = protocol.Requests{Count: 12, Errors: 1, InFlight: 2, P50: 1.5, P95: 4, P99: 9.25}
	running  = protocol.Running{Rev: 7, BuildID: "9ad1", PID: 4790, Address: "localhost:8080", Listeners: []protocol.Listener{listener}, StartedAt: "2026-11-24T16:01:00.000Z",
		Requests: requests}
	lastBuild = protocol.LastBuild{Rev: 8, OK: true, Reason: "a.go was saved", Build: &build, Phases: phases}
	debug     = protocol.Debug{Mode: "lazy", State: "unavailable", Reason: "ptrace is not permitted", Clients: 1, Endpoint: "tcp:127.0.0.1:4040"}
	proxy     = protocol.Proxy{Address: "localhost:8080", Mode: "redirect", Reason: "the app binds :8080 itself"}
	hold      = protocol.Hold{Clients: 1, Withheld: 3}
	daemon    = protocol.Daemon{Version: "0.1.0", BuildID: "5f0c", PID: 4712, StartedAt: "2026-11-24T16:00:00.000Z"}
	status    = protocol.Status{
		App: "example.com/shop", State: protocol.StateFailed, Message: "1 error", Rev: 8, Profile: "dev", Workspace: "/ws",
		Running: &running, LastBuild: &lastBuild, Diagnostics: 1, Hold: hold, Debug: debug, Proxy: proxy, Daemon: daemon,
	}
	entry = protocol.LogEntry{Seq: 118, Time: "2026-11-24T16:00:01.250Z", Stream: "stderr", Text: "a.go:12: \u001b[31mlow\u001b[0m & <ü>", Level: "warn", File: "/ws/a.go", Line: 12}
	asked = protocol.SourceBreakpoint{Line: 12, Condition: "n > 3", HitCondition: "% 2", LogMessage: "n is {n}"}
	point = protocol.Breakpoint{
		ID: 4, Owner: "hotdev", File: "/ws/a.go", Line: 14, Function: "main.list", Condition: "n > 3", HitCondition: "% 2", LogMessage: "n is {n}",
		Verified: true, Message: "moved",
	}
	route = protocol.Route{Method: "GET", Path: "/items/:id", Handler: "shop.Get", File: "/ws/a.go", Line: 21, Hits: 3, Errors: 1, P50: 1.5}
)

// goldens are the hotdev/* types with every member set; mirrors of them in other
// languages are held to the same files.
var goldens = []any{
	build, daemon, debug, diagnostic, fix, hold, lastBuild, listener, entry, phases, proxy, related, reload, requests, route, running, ahead, status,
	asked, point,
	protocol.ApplyParams{Files: []string{"/ws/a.go"}},
	protocol.HoldParams{On: true},
	protocol.BreakpointsResult{Breakpoints: []protocol.Breakpoint{point}},
	protocol.DebugEndpoint{Network: "unix", Address: "/run/user/1000/hotdev/shop/dap"},
	protocol.SetBreakpointsParams{File: "/ws/a.go", Breakpoints: []protocol.SourceBreakpoint{asked}},
	protocol.DiagnosticsResult{Diagnostics: []protocol.Diagnostic{diagnostic}},
	protocol.HistoryResult{Reloads: []protocol.Reload{reload}},
	protocol.LogParams{Entries: []protocol.LogEntry{entry}, Missed: 2},
	protocol.LogsParams{From: 100, Limit: 50},
	protocol.ReloadParams{Wait: true},
	protocol.RollbackParams{Rev: 7},
	protocol.RoutesResult{Rev: 7, Routes: []protocol.Route{route}},
	protocol.StartParams{Package: "example.com/shop", Args: []string{"-v"}, Profile: "test"},
	protocol.StdinParams{Text: "yes\n", EOF: true},
	protocol.SubscribeParams{LogsFrom: 118},
	protocol.SubscribeResult{Status: status, Logs: []protocol.LogEntry{entry}, Missed: 2},
	protocol.WhyParams{File: "/ws/a.go"},
	protocol.WhyResult{File: "/ws/a.go", Class: "rebuild", Reason: "a.go is compiled into the app.", Build: &build},
}

func TestGoldenFiles(t *testing.T) {
	dir := filepath.Join("testdata", "golden")
	for _, v := range goldens {
		name := reflect.TypeOf(v).Name()
		if zero := zeroMember(reflect.ValueOf(v)); zero != "" {
			t.Errorf("%s.%s is not set", name, zero)
		}
		data, err := json.Marshal(v, jsontext.WithIndent("  "))
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, '\n')
		path := filepath.Join(dir, name+".json")
		if *update {
			if err := os.WriteFile(path, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(golden, data) {
			t.Errorf("%s differs; if that is intended: go test ./rpc/protocol -update\n%s", path, data)
		}
		back := reflect.New(reflect.TypeOf(v))
		if err := json.Unmarshal(golden, back.Interface(), json.RejectUnknownMembers(true)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !reflect.DeepEqual(back.Elem().Interface(), v) {
			t.Errorf("%s is read back as %+v", path, back.Elem())
		}
	}
}

// TestEveryTypeHasAGoldenFile looks at the structs of hotdev.go.
func TestEveryTypeHasAGoldenFile(t *testing.T) {
	known := map[string]bool{}
	for _, v := range goldens {
		known[reflect.TypeOf(v).Name()] = true
	}
	files, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f.Name(), ".json"); !known[name] {
			t.Errorf("%s is of no type", f.Name())
		}
	}
	for _, name := range structs(t, "hotdev.go") {
		if !known[name] {
			t.Errorf("%s has no golden file", name)
		}
	}
}

func structs(t *testing.T, file string) (names []string) {
	t.Helper()
	walkFile(t, file, func(n ast.Node) {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if _, ok := spec.Type.(*ast.StructType); ok {
				names = append(names, spec.Name.Name)
			}
		}
	})
	return names
}

// zeroMember names a member of v that is not set; "" if all are.
func zeroMember(v reflect.Value) string {
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			return v.Type().Field(i).Name
		}
	}
	return ""
}
