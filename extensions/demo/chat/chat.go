// Package chat echoes messages over a websocket.
package chat

import (
	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
)

// Register adds the socket to g.
func Register(g gin.IRouter) {
	g.GET("/echo", echo)
}

// echo sends back every message until the client leaves.
func echo(c *gin.Context) {
	socket, err := websocket.Accept(c.Writer, c.Request, nil)
	if err != nil {
		return // Accept has answered
	}
	defer socket.CloseNow()
	ctx := c.Request.Context()
	for {
		kind, message, err := socket.Read(ctx)
		if err != nil {
			return
		}
		if err := socket.Write(ctx, kind, append([]byte("echo: "), message...)); err != nil {
			return
		}
	}
}
