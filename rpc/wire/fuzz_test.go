package wire_test

import (
	"context"
	"encoding/json"
	"net"
	"testing"

	"github.com/hotdev/hotdev/rpc/wire"
)

// FuzzMessages holds a connection to: whatever a frame holds, the next request
// is answered.
func FuzzMessages(f *testing.F) {
	for _, body := range []string{
		`{}`, `[]`, `[{}]`, `null`, `1`, `"`, `{"jsonrpc":"2.0","method":"x"}`,
		`{"jsonrpc":"2.0","id":"a","method":"x","params":[1]}`,
		`{"jsonrpc":"2.0","id":1,"result":null}`,
		`{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}`,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\\ud800\"}",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, b := net.Pipe()
		c := wire.NewConn(a, peer{call: echo}, wire.Options{})
		go func() { _ = c.Run(context.Background()) }()
		defer func() {
			b.Close()
			<-c.Done()
		}()
		go func() { // a pipe has no buffer: what is answered meanwhile must be read
			_, _ = b.Write(wire.AppendFrame(nil, body))
			_, _ = b.Write(wire.AppendFrame(nil, []byte(`{"jsonrpc":"2.0","id":"last","method":"x","params":["y"]}`)))
		}()
		in := wire.NewFrameReader(b, 0)
		for {
			answer, err := in.Read()
			if err != nil {
				t.Fatalf("%q ended the connection: %v", body, err)
			}
			var last struct {
				ID     any
				Result []string
			}
			if json.Unmarshal(answer, &last) == nil && last.ID == "last" && len(last.Result) == 1 {
				return
			}
		}
	})
}
