package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/server"
	"github.com/hotdev/hotdev/session"
	"github.com/hotdev/hotdev/session/run"
)

// The test binary is the guard of the apps that it starts, too.
func TestMain(m *testing.M) {
	if handled, code := run.Helper(os.Args[1:]); handled {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

const app = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "version one")
	})
	fmt.Println("listening")
	if err := http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil); err != nil {
		panic(err)
	}
}
`

// develop runs a real session on a small app and returns its directory and how
// to connect. logger, which may be nil, is the session's.
func develop(t *testing.T, logger *slog.Logger) (dir string, dial func() net.Conn) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module example.com/app\n\ngo 1.26\n", "main.go": app} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	runner := run.New(run.Options{Exe: exe, StateDir: t.TempDir()})
	s := session.New(session.Options{
		Root:     dir,
		Environ:  append(os.Environ(), fmt.Sprintf("PORT=%d", port), "GOFLAGS=-mod=mod", "GOWORK=off"),
		Runner:   runner,
		CacheDir: t.TempDir(),
		Logger:   logger,
	})
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := runner.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir, rpctest.Serve(t, server.New(s, server.Options{Version: "1.2.3", BuildID: "abc"}))
}

// TestAnEditorDevelopsAnApp is a developer's day against a real session: start,
// break, mend, look, stop.
func TestAnEditorDevelopsAnApp(t *testing.T) {
	dir, dial := develop(t, nil)
	main := filepath.Join(dir, "main.go")
	e := rpctest.Connect(t, dial(), rpctest.Options{Root: dir})
	plain := rpctest.Connect(t, dial(), rpctest.Options{Root: dir, Plain: true})
	e.Open(main)

	var status protocol.Status
	e.MustCall(protocol.MethodStart, nil, &status)
	if status.State != protocol.StateRunning || status.App != "example.com/app" || status.Running == nil {
		t.Fatalf("after the start: %+v", status)
	}
	e.ExpectLog("^listening$")
	if got := get(t, status.Running.Address); got != "version one" {
		t.Errorf("the app answers %q", got)
	}

	e.Replace(main, `"version one"`, `"ü" + undefinedName`)
	for _, editor := range []*rpctest.Editor{e, plain} {
		shown := editor.ExpectDiagnostics(main, rpctest.Finding{Line: 11, Message: "undefined: undefinedName"})
		if got := shown[0].Range.Start.Character; got != strings.Index("\t\tfmt.Fprint(w, \"u\" + undefinedName)", "undefinedName") {
			t.Errorf("the finding is at UTF-16 column %d", got)
		}
	}
	if r := e.ExpectReloaded(protocol.OutcomeBuildFailed); len(r.Diagnostics) != 1 || len(r.Files) != 1 || r.Files[0] != main {
		t.Errorf("reload %+v", r)
	}
	if status := e.ExpectState(protocol.StateFailed); status.Running == nil || get(t, status.Running.Address) != "version one" {
		t.Errorf("the old version does not go on: %+v", status)
	}

	e.Replace(main, `"ü" + undefinedName`, `"version two"`)
	e.ExpectReloaded(protocol.OutcomeSwapped)
	e.ExpectDiagnostics(main)
	plain.ExpectDiagnostics(main)
	status = e.ExpectState(protocol.StateRunning)
	if got := get(t, status.Running.Address); got != "version two" {
		t.Errorf("after the mend the app answers %q", got)
	}

	why := whenLearned(e, main)
	if why.Class != "rebuild" || why.File != main {
		t.Errorf("why %+v", why)
	}
	var history protocol.HistoryResult
	e.MustCall(protocol.MethodHistory, nil, &history)
	if len(history.Reloads) < 2 || history.Reloads[0].Outcome != protocol.OutcomeSwapped || history.Reloads[1].Outcome != protocol.OutcomeBuildFailed ||
		history.Reloads[0].Build == nil || *status.LastBuild.Build != *history.Reloads[0].Build {
		t.Errorf("history %+v", history)
	}
	var stopped protocol.Status
	e.MustCall(protocol.MethodStop, nil, &stopped)
	if stopped.State != protocol.StateStopped || stopped.Running != nil {
		t.Errorf("after the stop: %+v", stopped)
	}
}

// aheadLog is a log that tells when files were built before they were saved.
type aheadLog struct {
	slog.Handler
	built chan string
}

func (aheadLog) Enabled(context.Context, slog.Level) bool { return true }

func (l aheadLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "built before the save" {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "err" {
				l.built <- a.Value.String()
			}
			return true
		})
	}
	return nil
}

// TestASaveIsBuiltBefore holds that an editor which only speaks LSP has what is
// typed built before it is saved, and sees nothing of that but in the record.
func TestASaveIsBuiltBefore(t *testing.T) {
	log := aheadLog{slog.DiscardHandler, make(chan string, 100)}
	dir, dial := develop(t, slog.New(log))
	main := filepath.Join(dir, "main.go")
	e := rpctest.Connect(t, dial(), rpctest.Options{Root: dir})
	var status protocol.Status
	e.MustCall(protocol.MethodStart, nil, &status)
	e.Open(main)

	e.Type(main, strings.Replace(app, `"version one"`, "undefinedName", 1))
	if got := <-log.built; !strings.Contains(got, "undefined: undefinedName") {
		t.Fatalf("what does not compile was built: %s", got)
	}
	text := strings.Replace(app, `"version one"`, `"version two"`, 1)
	e.Type(main, text)
	if got := <-log.built; got != "<nil>" {
		t.Fatalf("what was typed was not built: %s", got)
	}
	if got := get(t, status.Running.Address); got != "version one" {
		t.Errorf("before the save the app answers %q", got)
	}
	e.Expect(rpctest.Expectation{What: "no diagnostics of what is not saved", Check: func(s *rpctest.State) rpctest.Verdict {
		if len(s.Diagnostics[main]) > 0 {
			return rpctest.Unmeetable
		}
		return rpctest.Met
	}})
	e.Save(main, text)
	if r := e.ExpectReloaded(protocol.OutcomeSwapped); !r.Ahead || r.Speculation == nil || r.Speculation.Builds != 2 {
		t.Errorf("the reload: %+v", r)
	}
	if got := get(t, status.Running.Address); got != "version two" {
		t.Errorf("after the save the app answers %q", got)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.Get("http://" + address)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

// whenLearned asks why until the session has learned how a change of file is
// built.
func whenLearned(e *rpctest.Editor, file string) protocol.WhyResult {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		var why protocol.WhyResult
		e.MustCall(protocol.MethodWhy, protocol.WhyParams{File: protocol.FileURI(file)}, &why)
		if why.Build != nil {
			return why
		}
		<-tick.C
	}
	return protocol.WhyResult{}
}
