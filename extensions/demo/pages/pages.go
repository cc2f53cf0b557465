// Package pages serves the demo's HTML.
package pages

import (
	_ "embed"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"example.com/demo/settings"
)

//go:embed motto.txt
var motto string

// Register adds the pages to r.
func Register(r gin.IRouter, s settings.Settings) {
	r.GET("/", func(c *gin.Context) {
		c.HTML(http.StatusOK, "index.html", gin.H{"Title": s.Title, "Motto": strings.TrimSpace(motto)})
	})
	r.GET("/motto", func(c *gin.Context) { c.String(http.StatusOK, motto) })
}
