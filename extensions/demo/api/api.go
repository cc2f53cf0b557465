// Package api is the demo's JSON API.
package api

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
)

// greeting is the line to edit first.
const greeting = "hello"

var orders atomic.Int64

// Register adds the API to g.
func Register(g gin.IRouter) {
	g.GET("/hello", hello)
	g.POST("/orders", order)
	g.GET("/slow", slow)
	g.GET("/panic", boom)
}

// hello greets ?name=.
func hello(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{"message": greeting + ", " + c.DefaultQuery("name", "world")})
}

// order counts: a request that is sent twice shows.
func order(c *gin.Context) {
	var body struct {
		Item string `json:"item" binding:"required"`
	}
	if err := c.ShouldBindJSON(&body); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	c.JSON(http.StatusCreated, gin.H{"item": body.Item, "number": orders.Add(1)})
}

// slow answers after ?for= (a duration, 3s by default), unless the client leaves.
func slow(c *gin.Context) {
	wait, err := time.ParseDuration(c.DefaultQuery("for", "3s"))
	if err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return
	}
	select {
	case <-time.After(wait):
		c.JSON(http.StatusOK, gin.H{"waited": wait.String()})
	case <-c.Request.Context().Done():
	}
}

// boom panics, to show what becomes of it.
func boom(c *gin.Context) {
	var stock map[string]int
	stock[c.Query("item")]++
}
