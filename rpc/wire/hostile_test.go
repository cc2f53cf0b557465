package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/wire"
)

func TestMalformedMessagesAreAnsweredAndTheConnectionGoesOn(t *testing.T) {
	_, raw, _ := serve(t, peer{call: echo}, wire.Options{})
	in := wire.NewFrameReader(raw, 0)
	for body, code := range map[string]int{
		`{"jsonrpc":"2.0","id":1,`: wire.CodeParse,
		`nonsense`:                 wire.CodeParse,
		`{"jsonrpc":"2.0","id":1,"method":"x","params":{bad}}`: wire.CodeParse,
		strings.Repeat("[", 100_000):                           wire.CodeParse,
		`[]`:                                                   wire.CodeInvalidRequest,
		`[{"jsonrpc":"2.0","id":1,"method":"x"}]`:              wire.CodeInvalidRequest,
		`{"id":1}`:                                             wire.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":{},"method":"x"}`:               wire.CodeInvalidRequest,
		`"text"`:                                               wire.CodeInvalidRequest,
	} {
		write(t, raw, body)
		a := read(t, in)
		if a.Error == nil || a.Error.Code != code || a.ID != nil {
			t.Errorf("%.60s: answer %+v, want error %d with id null", body, a, code)
		}
		write(t, raw, `{"jsonrpc":"2.0","id":7,"method":"x","params":["still here"]}`)
		if a := read(t, in); string(a.Result) != `["still here"]` {
			t.Fatalf("after %.60s: answer %+v", body, a)
		}
	}
}

func TestFramesThatMakeNoSenseEndTheConnectionWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		send string
		code int
		err  error
	}{
		"no length":       {"Content-Type: x\r\n\r\n", wire.CodeParse, wire.ErrHeader},
		"no colon":        {"garbage\r\n\r\n", wire.CodeParse, wire.ErrHeader},
		"negative length": {"Content-Length: -1\r\n\r\n", wire.CodeParse, wire.ErrHeader},
		"two lengths":     {"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", wire.CodeParse, wire.ErrHeader},
		"endless header":  {strings.Repeat("X-Y: z\r\n", 10_000), wire.CodeParse, wire.ErrHeader},
		"endless line":    {"X: " + strings.Repeat("z", 100_000), wire.CodeParse, wire.ErrHeader},
		"huge":            {"Content-Length: 67108865\r\n\r\n{", wire.CodeInvalidRequest, wire.ErrTooLarge},
		"absurd":          {"Content-Length: 99999999999999999999\r\n\r\n", wire.CodeParse, wire.ErrHeader},
	} {
		t.Run(name, func(t *testing.T) {
			_, raw, ended := serve(t, peer{}, wire.Options{Farewell: func(reason error) (string, any) {
				return "bye", map[string]string{"reason": reason.Error()}
			}})
			_, _ = io.WriteString(raw, c.send) // the connection may end before all is written
			in := wire.NewFrameReader(raw, 0)
			if a := read(t, in); a.Error == nil || a.Error.Code != c.code || a.ID != nil {
				t.Errorf("answer %+v, want error %d", a, c.code)
			}
			if a := read(t, in); a.Method != "bye" || !strings.Contains(string(a.Params), c.err.Error()) {
				t.Errorf("farewell %s %s, want one that says %q", a.Method, a.Params, c.err)
			}
			if _, err := in.Read(); err == nil {
				t.Error("the connection goes on")
			}
			if err := <-ended; !errors.Is(err, c.err) {
				t.Errorf("Run: %v, want %v", err, c.err)
			}
		})
	}
}

func TestABrowserIsCutWithoutAWord(t *testing.T) {
	for _, line := range []string{"GET / HTTP/1.1\r\n", "POST http://x:1/ HTTP/1.0\r\n", "OPTIONS * HTTP/1.1\r\n"} {
		_, raw, ended := serve(t, peer{}, wire.Options{Farewell: func(error) (string, any) { return "bye", nil }})
		if _, err := io.WriteString(raw, line); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, wire.ErrHTTP) {
			t.Errorf("%q: Run: %v, want ErrHTTP", line, err)
		}
		if got, err := io.ReadAll(raw); len(got) > 0 || err != nil {
			t.Errorf("%q was answered with %q, %v", line, got, err)
		}
	}
}

func TestAHangUpCancelsHandlers(t *testing.T) {
	for name, hangUp := range map[string]func(*net.UnixConn) error{
		"whole": (*net.UnixConn).Close,
		"half":  (*net.UnixConn).CloseWrite,
	} {
		t.Run(name, func(t *testing.T) {
			began, seen := make(chan struct{}), make(chan struct{})
			_, raw, ended := serve(t, peer{call: func(ctx context.Context, _ string, _ []byte) (any, error) {
				close(began)
				<-ctx.Done()
				close(seen)
				return nil, ctx.Err()
			}}, wire.Options{})
			write(t, raw, `{"jsonrpc":"2.0","id":1,"method":"hang"}`)
			<-began
			if err := hangUp(raw); err != nil {
				t.Fatal(err)
			}
			<-seen
			if err := <-ended; err != nil {
				t.Errorf("Run: %v, want nil", err)
			}
		})
	}
}

func TestAnEndWithinAMessageIsAnError(t *testing.T) {
	_, raw, ended := serve(t, peer{}, wire.Options{})
	if _, err := io.WriteString(raw, "Content-Length: 10\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	if err := <-ended; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Run: %v, want ErrUnexpectedEOF", err)
	}
}

func TestAPeerThatDoesNotReadIsCutWithALastWord(t *testing.T) {
	c, raw, ended := serve(t, peer{}, wire.Options{
		Outbox:   1 << 20,
		Farewell: func(reason error) (string, any) { return "bye", []string{reason.Error()} },
	})
	params := []string{strings.Repeat("x", 64<<10)}
	for c.Notify("n", params) == nil { // never blocks
	}
	<-c.Ending()
	// It reads again just in time: what was under way, then the last word.
	in := wire.NewFrameReader(raw, 0)
	var last answer
	for {
		body, err := in.Read()
		if err != nil {
			break
		}
		last = answer{}
		if err := json.Unmarshal(body, &last); err != nil {
			t.Fatal(err)
		}
	}
	if last.Method != "bye" || !strings.Contains(string(last.Params), wire.ErrSlowPeer.Error()) {
		t.Errorf("last word %s %.80s", last.Method, last.Params)
	}
	if err := <-ended; !errors.Is(err, wire.ErrSlowPeer) {
		t.Errorf("Run: %v, want ErrSlowPeer", err)
	}
}

func TestAPeerThatNeverReadsIsCut(t *testing.T) {
	c, _, ended := serve(t, peer{}, wire.Options{Outbox: 1 << 20})
	params := []string{strings.Repeat("x", 64<<10)}
	for c.Notify("n", params) == nil {
	}
	if err := <-ended; !errors.Is(err, wire.ErrSlowPeer) {
		t.Errorf("Run: %v, want ErrSlowPeer", err)
	}
}
