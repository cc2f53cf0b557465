// Package feed streams server-sent events.
package feed

import (
	"context"
	"io"
	"time"

	"github.com/gin-gonic/gin"
)

// Register adds the stream to g; ctx ends every stream.
func Register(ctx context.Context, g gin.IRouter) {
	g.GET("/time", func(c *gin.Context) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		c.SSEvent("time", time.Now().Format(time.TimeOnly))
		c.Stream(func(io.Writer) bool {
			select {
			case now := <-tick.C:
				c.SSEvent("time", now.Format(time.TimeOnly))
				return true
			case <-ctx.Done():
			case <-c.Request.Context().Done():
			}
			return false
		})
	})
}
