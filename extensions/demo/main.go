// Command demo is the Gin app that hotdev's README, tests, plugins and
// benchmarks use: a bit of everything that a web app does. Edit any file here
// while `hotdev run` runs and watch it change.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"example.com/demo/api"
	"example.com/demo/chat"
	"example.com/demo/feed"
	"example.com/demo/pages"
	"example.com/demo/settings"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// run serves until SIGINT or SIGTERM, then lets the requests in flight end.
func run() error {
	s, err := settings.Load("settings.json")
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	server := &http.Server{Addr: s.Address(), Handler: router(ctx, s)}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("listening on %s", server.Addr)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Print("shutting down")
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// router puts the parts together; ctx ends the streams at shutdown.
func router(ctx context.Context, s settings.Settings) *gin.Engine {
	r := gin.Default()
	r.LoadHTMLGlob("templates/*.html")
	r.Static("/static", "static")
	pages.Register(r, s)
	api.Register(r.Group("/api"))
	feed.Register(ctx, r.Group("/feed"))
	chat.Register(r.Group("/chat"))
	return r
}
