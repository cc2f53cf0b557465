package proxy_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
)

// TestAbortedOnce has the app break off requests: each must reach it exactly
// once, also over connections that have served a request before, where net/http
// alone would send those again that look idempotent.
func TestAbortedOnce(t *testing.T) {
	var calls atomic.Int32
	d, _ := doorTo(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/abort" {
			calls.Add(1)
			panic(http.ErrAbortHandler)
		}
	}))
	for _, http2 := range []bool{false, true} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"} {
			for _, key := range []string{"", "Idempotency-Key", "X-Idempotency-Key"} {
				t.Run(fmt.Sprintf("http2=%t %s %s", http2, method, key), func(t *testing.T) {
					client := newClient(t, http2)
					for range 3 {
						if _, err := fetch(t, client, http.MethodGet, "http://"+d.addr+"/warm", nil); err != nil {
							t.Fatal(err)
						}
						calls.Store(0)
						header := []string{}
						if key != "" {
							header = []string{key, "k"}
						}
						got, err := fetch(t, client, method, "http://"+d.addr+"/abort", nil, header...)
						if err != nil || got.status != http.StatusBadGateway {
							t.Fatalf("status %d, %v", got.status, err)
						}
						if n := calls.Load(); n != 1 {
							t.Fatalf("the app was called %d times", n)
						}
					}
				})
			}
		}
	}
}
