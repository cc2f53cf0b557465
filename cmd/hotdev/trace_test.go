//go:build unix

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// received is a span with its attributes, those of its resource among them.
type received struct {
	*trace.Span
	attributes map[string]string
}

// otlp is a collector that takes traces as OTLP over HTTP.
type otlp struct {
	*httptest.Server
	spans chan received
}

func newOTLP(t *testing.T) *otlp {
	t.Helper()
	o := &otlp{spans: make(chan received, 1000)}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var sent collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &sent)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Authorization") != "token" {
			t.Errorf("%s %s: %v, with the headers %v", r.Method, r.URL, err, r.Header)
		}
		for _, of := range sent.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				for _, s := range scope.Spans {
					attributes := map[string]string{}
					for _, a := range slices.Concat(of.Resource.Attributes, s.Attributes) {
						attributes[a.Key] = text(a.Value)
					}
					o.spans <- received{s, attributes}
				}
			}
		}
	}))
	t.Cleanup(o.Close)
	return o
}

// text is an attribute's value for a comparison.
func text(v *common.AnyValue) string {
	var parts []string
	for _, e := range v.GetArrayValue().GetValues() {
		parts = append(parts, e.GetStringValue())
	}
	if v.GetStringValue() != "" {
		parts = append(parts, v.GetStringValue())
	}
	return strings.Join(parts, " ")
}

// next waits for the span of a name.
func (o *otlp) next(t *testing.T, name string) received {
	t.Helper()
	timeout := time.After(failsafe)
	var others []string
	for {
		select {
		case s := <-o.spans:
			if s.Name == name {
				return s
			}
			others = append(others, s.Name)
		case <-timeout:
			t.Fatalf("no span %s came, but %q", name, others)
		}
	}
}

// traced runs hotdev on an app, with the given variables.
func traced(t *testing.T, variables ...string) (p *process, dir string, env []string) {
	t.Helper()
	dir = unpack(t, "terminal.txtar")
	env = append(testEnviron(t, filepath.Join(dir, ".home")), "OTEL_BSP_SCHEDULE_DELAY=20", "OTEL_SERVICE_NAME=the-app")
	cmd := exec.Command(hotdev, "run")
	cmd.Dir, cmd.Env = dir, append(env, variables...)
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Log(p.transcript())
		}
	})
	return p, dir, env
}

func (p *process) mustSay(t *testing.T, pattern string) string {
	t.Helper()
	line, err := p.expect(regexp.MustCompile(pattern))
	if err != nil {
		t.Fatalf("it said nothing like %s: %v", pattern, err)
	}
	return line
}

// end asks for the end and fails unless that is in order.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code, err := p.wait(); code != 0 || err != nil {
		t.Fatalf("it ended with %d, %v", code, err)
	}
}

// edit replaces a text in the app's main file.
func edit(t testing.TB, dir, old, new string) {
	t.Helper()
	file := filepath.Join(dir, "main.go")
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(data), old, new, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTrace holds that a collector gets a trace of each reload: a span for all of
// it and one for each phase below, in their order, also for the first response.
func TestTrace(t *testing.T) {
	t.Parallel()
	o := newOTLP(t)
	p, dir, env := traced(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+o.URL, "OTEL_EXPORTER_OTLP_HEADERS=Authorization=token")
	root := o.next(t, "reload")
	for name, want := range map[string]string{
		"service.name": "hotdev", "hotdev.workspace": dir, "hotdev.reason": "first build", "hotdev.outcome": "swapped", "hotdev.build.method": "goBuild",
	} {
		if got := root.attributes[name]; got != want {
			t.Errorf("the first reload has %s=%q, want %q", name, got, want)
		}
	}
	p.mustSay(t, "the app answers at")
	edit(t, dir, "the app reads", "the app has read")
	phases := []string{"queue", "compile", "link", "launch", "ready"}
	before := map[string]received{}
	for {
		s := <-o.spans
		before[s.Name] = s
		if root = s; s.Name == "reload" {
			break
		}
	}
	if file := filepath.Join(dir, "main.go"); root.attributes["hotdev.files"] != file || root.attributes["hotdev.outcome"] != "swapped" {
		t.Errorf("the reload has %v", root.attributes)
	}
	at := root.StartTimeUnixNano
	for _, name := range phases {
		s, ok := before[name]
		if !ok || string(s.ParentSpanId) != string(root.SpanId) || string(s.TraceId) != string(root.TraceId) {
			t.Fatalf("the phase %s is no child of the reload, of which came %v", name, before)
		}
		if s.StartTimeUnixNano < at || s.EndTimeUnixNano < s.StartTimeUnixNano || s.EndTimeUnixNano > root.EndTimeUnixNano {
			t.Errorf("the phase %s is at %d to %d, the one before ended at %d, all of it at %d", name, s.StartTimeUnixNano, s.EndTimeUnixNano, at, root.EndTimeUnixNano)
		}
		at = s.EndTimeUnixNano
	}
	port := env[0][len("PORT="):]
	resp, err := http.Get("http://127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	first := o.next(t, "firstResponse")
	if string(first.TraceId) != string(root.TraceId) || string(first.ParentSpanId) != string(root.SpanId) || first.StartTimeUnixNano < root.EndTimeUnixNano {
		t.Errorf("the first response is %v, of the reload %v", first, root)
	}
	edit(t, dir, "the app has read", "\" + undefined + \"")
	if failed := o.next(t, "reload"); failed.Status.GetCode() != trace.Status_STATUS_CODE_ERROR || !strings.Contains(failed.Status.GetMessage(), "undefined") {
		t.Errorf("a failed build has the status %v", failed.Status)
	}
	edit(t, dir, "undefined", "\"\"")
	p.mustSay(t, "✓ rev 4")
	p.end(t)
	if last := o.next(t, "reload"); last.attributes["hotdev.outcome"] != "swapped" { // sent at the end at the latest
		t.Errorf("the last reload has %v", last.attributes)
	}
}

// TestTraceHangs holds that a collector which does not answer holds up neither a
// reload nor the end.
func TestTraceHangs(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 100)
	ctx := t.Context()
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-ctx.Done()
	}))
	t.Cleanup(mute.Close)
	p, dir, _ := traced(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+mute.URL)
	p.mustSay(t, "the app answers at")
	<-asked
	edit(t, dir, "the app reads", "the app has read")
	p.mustSay(t, "✓ rev 2")
	p.end(t)
}

// TestTraceRefused holds that what can't be traced is told, and run all the same.
func TestTraceRefused(t *testing.T) {
	t.Parallel()
	for variable, says := range map[string]string{
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc": "reloads are not traced.*OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
		"OTEL_SDK_DISABLED=true":           "",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			o := newOTLP(t)
			p, _, _ := traced(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+o.URL, variable)
			if says != "" {
				p.mustSay(t, says)
			}
			p.mustSay(t, "the app answers at")
			p.end(t)
			if len(o.spans) > 0 {
				t.Error("spans were sent")
			}
		})
	}
}
