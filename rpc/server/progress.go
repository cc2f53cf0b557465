package server

import (
	"context"
	"strconv"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session"
)

// progress shows builds and starts in a client that allows it (LSP 3.17,
// "Server Initiated Progress"). One goroutine, run, talks to the client; show
// only leaves the newest state for it. A nil progress shows nothing.
type progress struct {
	conn   *wire.Conn
	newest chan string // what goes on, "" for nothing; holds the newest one only
}

func newProgress(conn *wire.Conn) *progress {
	return &progress{conn: conn, newest: make(chan string, 1)}
}

// show takes the newest state. It has one caller, the feed.
func (p *progress) show(s session.Status) {
	if p == nil {
		return
	}
	doing := ""
	switch s.State {
	case session.Building:
		doing = "building"
	case session.Starting:
		doing = "starting"
	}
	select {
	case <-p.newest: // was not seen: it is old now
	default:
	}
	p.newest <- doing
}

// run shows states until ctx ends or the client refuses to show any.
func (p *progress) run(ctx context.Context) {
	var token, shown string
	for count := 1; ; {
		var doing string
		select {
		case doing = <-p.newest:
		case <-ctx.Done():
			return
		}
		switch {
		case doing == shown:
			continue
		case shown == "":
			token = "hotdev-" + strconv.Itoa(count)
			count++
			if p.conn.Call(ctx, protocol.MethodProgressCreate, protocol.ProgressCreateParams{Token: token}, nil) != nil {
				return
			}
			p.send(token, protocol.ProgressValue{Kind: "begin", Title: "hotdev", Message: doing})
		case doing == "":
			p.send(token, protocol.ProgressValue{Kind: "end"})
		default:
			p.send(token, protocol.ProgressValue{Kind: "report", Message: doing})
		}
		shown = doing
	}
}

func (p *progress) send(token string, value protocol.ProgressValue) {
	_ = p.conn.Notify(protocol.MethodProgress, protocol.ProgressParams{Token: token, Value: value}) // fails when the connection ends
}
