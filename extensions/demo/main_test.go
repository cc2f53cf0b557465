package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"example.com/demo/settings"
)

func TestRoutes(t *testing.T) {
	gin.SetMode(gin.TestMode)
	r := router(context.Background(), settings.Settings{Title: "demo"})
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", http.StatusOK, "<h1>demo</h1>"},
		{"GET", "/motto", "", http.StatusOK, "Save"},
		{"GET", "/static/style.css", "", http.StatusOK, "h1"},
		{"GET", "/api/hello?name=gin", "", http.StatusOK, "hello, gin"},
		{"POST", "/api/orders", `{"item":"tea"}`, http.StatusCreated, `"number":1`},
		{"POST", "/api/orders", `{}`, http.StatusBadRequest, "Item"},
		{"GET", "/api/slow?for=1ms", "", http.StatusOK, "1ms"},
		{"GET", "/api/panic", "", http.StatusInternalServerError, ""},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s %s = %d %q, want %d with %q", test.method, test.path, w.Code, w.Body, test.status, test.want)
		}
	}
}
