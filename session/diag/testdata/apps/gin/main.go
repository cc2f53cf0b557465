// Command gin serves a few requests of its own to handlers that fail. The
// comment "// at NAME" marks the line where a diagnostic belongs.
package main

import (
	"errors"
	"net/http/httptest"
	"os"

	"github.com/gin-gonic/gin"
)

func main() {
	if len(os.Args) > 1 {
		gin.ForceConsoleColor()
	}
	r := gin.Default()
	r.GET("/fine/:id", func(c *gin.Context) { c.String(200, "fine") })
	r.GET("/boom", func(*gin.Context) {
		panic("boom") // at boom
	})
	r.POST("/error", failing)
	for _, request := range [][2]string{
		{"GET", "/fine/7?a=b"}, {"GET", "/missing"}, {"GET", "/boom"}, {"GET", "/boom"}, {"POST", "/error"},
	} {
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(request[0], request[1], nil))
	}
}

func failing(*gin.Context) {
	panic(errors.New("first\n\nthird")) // at error
}
