// Command serve sends requests of its own to a handler that misbehaves, with a
// log in the format that its argument names. The comment "// at NAME" marks the
// line where a diagnostic belongs.
package main

import (
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
)

func main() {
	logs := map[string]*log.Logger{
		"log":    nil,
		"json":   slog.NewLogLogger(slog.NewJSONHandler(os.Stderr, nil), slog.LevelError),
		"logfmt": slog.NewLogLogger(slog.NewTextHandler(os.Stdout, nil), slog.LevelError),
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(handle))
	s.Config.ErrorLog = logs[os.Args[1]]
	s.Start()
	defer s.Close()
	for _, path := range []string{"/panic", "/panic", "/panic", "/again"} {
		if r, err := http.Get(s.URL + path); err == nil {
			r.Body.Close()
		}
	}
}

func handle(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/panic" {
		panic("in a handler") // at panic
	}
	w.WriteHeader(200)
	w.WriteHeader(500) // at superfluous
}
