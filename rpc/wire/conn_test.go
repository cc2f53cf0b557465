package wire_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hotdev/hotdev/rpc/wire"
)

// peer is a Handler made of functions.
type peer struct {
	call   func(ctx context.Context, method string, params []byte) (any, error)
	notify func(ctx context.Context, method string, params []byte)
}

func (p peer) Call(ctx context.Context, method string, params []byte) (any, error) {
	if p.call == nil {
		return nil, wire.Errorf(wire.CodeMethodNotFound, "no method %s", method)
	}
	return p.call(ctx, method, params)
}

func (p peer) Notify(ctx context.Context, method string, params []byte) {
	if p.notify != nil {
		p.notify(ctx, method, params)
	}
}

// serve runs a connection over a socket pair and returns it, its raw peer, and
// where the result of Run comes.
func serve(t *testing.T, h wire.Handler, o wire.Options) (*wire.Conn, *net.UnixConn, <-chan error) {
	t.Helper()
	ours, theirs := socketPair(t)
	c := wire.NewConn(ours, h, o)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(context.Background()) }()
	t.Cleanup(func() {
		theirs.Close()
		<-c.Done()
	})
	return c, theirs, ended
}

// socketPair returns two connected sockets.
func socketPair(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	ln, err := net.Listen("unix", socketPath(t))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dialed, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return accepted.(*net.UnixConn), dialed.(*net.UnixConn)
}

// pair runs two connections that talk to each other.
func pair(t *testing.T, a, b wire.Handler) (*wire.Conn, *wire.Conn) {
	t.Helper()
	x, y := socketPair(t)
	left, right := wire.NewConn(x, a, wire.Options{}), wire.NewConn(y, b, wire.Options{})
	var running sync.WaitGroup
	for _, c := range []*wire.Conn{left, right} {
		running.Go(func() {
			if err := c.Run(context.Background()); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		left.Close()
		running.Wait()
	})
	return left, right
}

// write sends frames with the given bodies.
func write(t *testing.T, w io.Writer, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := w.Write(wire.AppendFrame(nil, []byte(body))); err != nil {
			t.Fatal(err)
		}
	}
}

// answer is what a raw peer reads.
type answer struct {
	ID     any             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Params json.RawMessage `json:"params"`
	Error  *struct {
		Code    int
		Message string
	} `json:"error"`
}

func read(t *testing.T, f *wire.FrameReader) answer {
	t.Helper()
	body, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return a
}

func echo(_ context.Context, _ string, params []byte) (any, error) {
	return json.RawMessage(params), nil
}

func TestCallsRunBesideEachOtherAndNotificationsInOrder(t *testing.T) {
	const n = 200
	release := make(chan struct{})
	var order []int
	a, _ := pair(t, peer{}, peer{
		call: func(ctx context.Context, method string, params []byte) (any, error) {
			if method == "wait" {
				select {
				case <-release:
				case <-ctx.Done():
				}
				return nil, ctx.Err()
			}
			return order, nil // the inline notifications before it have been handled
		},
		notify: func(_ context.Context, method string, params []byte) {
			if method == "release" {
				close(release)
				return
			}
			var p []int
			if err := wire.Unmarshal(params, &p); err != nil {
				t.Error(err)
			}
			order = append(order, p...)
		},
	})
	var waiting sync.WaitGroup
	for range 10 {
		waiting.Go(func() {
			if err := a.Call(t.Context(), "wait", nil, nil); err != nil {
				t.Errorf("wait: %v", err)
			}
		})
	}
	want := make([]int, n)
	for i := range want {
		want[i] = i
		if err := a.Notify("n", []int{i}); err != nil {
			t.Fatal(err)
		}
	}
	var got []int
	if err := a.Call(t.Context(), "order", nil, &got); err != nil { // while ten calls wait
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("notifications came in the order %v", got)
	}
	if err := a.Notify("release", nil); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}

func TestACancelledCallIsCancelledAtThePeer(t *testing.T) {
	began := make(chan struct{})
	seen := make(chan error, 1)
	a, _ := pair(t, peer{}, peer{call: func(ctx context.Context, _ string, _ []byte) (any, error) {
		close(began)
		<-ctx.Done()
		seen <- ctx.Err()
		return nil, ctx.Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	if err := a.Call(ctx, "hang", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Call: %v, want Canceled", err)
	}
	if err := <-seen; !errors.Is(err, context.Canceled) {
		t.Errorf("handler's context: %v", err)
	}
}

func TestAPeersCancellationIsAnsweredWithItsCode(t *testing.T) {
	for _, id := range []string{`7`, `"seven"`} {
		began := make(chan struct{})
		_, raw, _ := serve(t, peer{call: func(ctx context.Context, _ string, _ []byte) (any, error) {
			close(began)
			<-ctx.Done()
			return nil, fmt.Errorf("hanging: %w", ctx.Err())
		}}, wire.Options{})
		write(t, raw, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"hang"}`, id))
		<-began
		write(t, raw,
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}}`,
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":[]}}`,
			fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%s}}`, id))
		if a := read(t, wire.NewFrameReader(raw, 0)); a.Error == nil || a.Error.Code != wire.CodeCancelled {
			t.Errorf("id %s: answer %+v, want error %d", id, a, wire.CodeCancelled)
		}
	}
}

func TestThenRunsAfterTheAnswer(t *testing.T) {
	var c *wire.Conn
	ready := make(chan struct{})
	c, raw, _ := serve(t, peer{call: func(context.Context, string, []byte) (any, error) {
		<-ready
		return wire.Then{Result: "first", Do: func() { _ = c.Notify("second", nil) }}, nil
	}}, wire.Options{})
	close(ready)
	in := wire.NewFrameReader(raw, 0)
	for i := range 100 {
		write(t, raw, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"x"}`, i))
		if a := read(t, in); string(a.Result) != `"first"` {
			t.Fatalf("first came %+v", a)
		}
		if a := read(t, in); a.Method != "second" {
			t.Fatalf("second came %+v", a)
		}
	}
}

func TestThenRunsEvenIfThePeerIsGone(t *testing.T) {
	began, done := make(chan struct{}), make(chan struct{})
	_, raw, _ := serve(t, peer{call: func(ctx context.Context, _ string, _ []byte) (any, error) {
		close(began)
		<-ctx.Done()
		return wire.Then{Do: func() { close(done) }}, nil
	}}, wire.Options{})
	write(t, raw, `{"jsonrpc":"2.0","id":1,"method":"x"}`)
	<-began
	raw.Close()
	<-done
}

func TestInlineRequestsAreAnsweredBeforeWhatFollows(t *testing.T) {
	state := "new"
	_, raw, _ := serve(t, peer{
		call: func(context.Context, string, []byte) (any, error) { state = "initialized"; return nil, nil },
		notify: func(context.Context, string, []byte) {
			if state != "initialized" {
				t.Errorf("the notification came first")
			}
		},
	}, wire.Options{Inline: func(string) bool { return true }})
	in := wire.NewFrameReader(raw, 0)
	for range 50 {
		write(t, raw, `{"jsonrpc":"2.0","id":1,"method":"initialize"}`, `{"jsonrpc":"2.0","method":"initialized"}`)
		read(t, in)
	}
}

// TestInlineRequestsMayBeAnsweredLater begins all requests before one of them is
// answered, in the order in which they were sent. Nothing guards order: the race
// detector sees to it that they are begun one after another.
func TestInlineRequestsMayBeAnsweredLater(t *testing.T) {
	const n = 100
	var order []string
	all := make(chan struct{})
	_, raw, _ := serve(t, peer{call: func(_ context.Context, _ string, params []byte) (any, error) {
		order = append(order, string(params))
		switch string(params) {
		case "[1]":
			return "at once", nil
		case fmt.Sprintf("[%d]", n):
			close(all)
		}
		return wire.Later(func() (any, error) {
			<-all
			if string(params) == "[2]" {
				return nil, errors.New("refused")
			}
			return wire.Then{Result: "later", Do: func() {}}, nil
		}), nil
	}}, wire.Options{Inline: func(string) bool { return true }})
	for i := 1; i <= n; i++ {
		write(t, raw, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"x","params":[%d]}`, i, i))
	}
	in := wire.NewFrameReader(raw, 0)
	for range n {
		a := read(t, in)
		want := `"later"`
		switch a.ID {
		case 1.0:
			want = `"at once"`
		case 2.0:
			want = ""
		}
		if string(a.Result) != want || (a.Error != nil) != (a.ID == 2.0) {
			t.Errorf("the answer is %+v, want %s", a, want)
		}
	}
	for i, params := range order {
		if params != fmt.Sprintf("[%d]", i+1) {
			t.Fatalf("the requests were begun in the order %v", order)
		}
	}
}

func TestErrorsKeepTheirCode(t *testing.T) {
	a, _ := pair(t, peer{}, peer{call: func(_ context.Context, method string, _ []byte) (any, error) {
		switch method {
		case "coded":
			return nil, fmt.Errorf("around: %w", wire.Errorf(wire.CodeInvalidParams, "inner"))
		case "panic":
			panic("oh")
		}
		return nil, errors.New("plain")
	}})
	var e *wire.Error
	if err := a.Call(t.Context(), "coded", nil, nil); !errors.As(err, &e) || e.Code != wire.CodeInvalidParams || e.Message != "around: inner" {
		t.Errorf("coded: %v", err)
	}
	if err := a.Call(t.Context(), "plain", nil, nil); !errors.As(err, &e) || e.Code != wire.CodeRequestFailed || e.Message != "plain" {
		t.Errorf("plain: %v", err)
	}
}

func TestAPanicEndsOnlyItsConnection(t *testing.T) {
	_, raw, ended := serve(t, peer{call: func(context.Context, string, []byte) (any, error) { panic("oh") }}, wire.Options{})
	write(t, raw, `{"jsonrpc":"2.0","id":1,"method":"x"}`)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "panicked: oh") {
		t.Errorf("Run: %v, want the panic", err)
	}
}

func TestCallsFailWhenTheConnectionEnds(t *testing.T) {
	c, raw, _ := serve(t, peer{}, wire.Options{})
	result := make(chan error, 1)
	go func() { result <- c.Call(t.Context(), "x", nil, nil) }()
	read(t, wire.NewFrameReader(raw, 0))
	raw.Close()
	if err := <-result; err == nil || !strings.Contains(err.Error(), "the connection ended") {
		t.Errorf("Call: %v", err)
	}
	if err := c.Call(t.Context(), "x", nil, nil); err == nil {
		t.Error("Call after the end succeeds")
	}
	if err := c.Notify("x", nil); err == nil {
		t.Error("Notify after the end succeeds")
	}
}

func TestInvalidTextPasses(t *testing.T) {
	a, _ := pair(t, peer{}, peer{call: func(context.Context, string, []byte) (any, error) {
		return "caf\xe9 & <b>", nil
	}})
	var got string
	if err := a.Call(t.Context(), "x", []string{"\xff"}, &got); err != nil || got != "caf\uFFFD & <b>" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestARequestIDInUseIsRefused(t *testing.T) {
	release := make(chan struct{})
	_, raw, _ := serve(t, peer{call: func(context.Context, string, []byte) (any, error) {
		<-release
		return "ok", nil
	}}, wire.Options{})
	write(t, raw, `{"jsonrpc":"2.0","id":1,"method":"x"}`, `{"jsonrpc":"2.0","id":1,"method":"x"}`)
	in := wire.NewFrameReader(raw, 0)
	if a := read(t, in); a.Error == nil || a.Error.Code != wire.CodeInvalidRequest {
		t.Errorf("answer %+v, want a refusal", a)
	}
	close(release)
	if a := read(t, in); string(a.Result) != `"ok"` {
		t.Errorf("answer %+v, want ok", a)
	}
}

func TestTooManyRequestsAreRefused(t *testing.T) {
	release := make(chan struct{})
	_, raw, _ := serve(t, peer{call: func(context.Context, string, []byte) (any, error) {
		<-release
		return "ok", nil
	}}, wire.Options{})
	out := bufio.NewWriter(raw)
	for i := range 1025 {
		write(t, out, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"x"}`, i))
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	in := wire.NewFrameReader(raw, 0)
	if a := read(t, in); a.ID != 1024.0 || a.Error == nil || a.Error.Code != wire.CodeRequestFailed {
		t.Errorf("answer %+v, want a refusal of 1024", a)
	}
	close(release)
}
