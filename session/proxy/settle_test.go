package proxy_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/hotdev/hotdev/session/proxy"
)

// TestSettleWaitsForAllButStreams: an event stream may never end, so a version
// that must stop before the next one starts is not kept up by it.
func TestSettleWaitsForAllButStreams(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	d := newDoor(t, proxy.Options{})
	v := version(1, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		close(asked)
		<-answer
	})))
	d.Serve(v)
	client := newClient(t, false)
	stream, err := client.Get("http://" + d.addr + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if err := v.Settle(t.Context()); err != nil {
		t.Errorf("Settle with a stream alone = %v", err)
	}
	answered := make(chan error, 1)
	go func() {
		resp, err := client.Get("http://" + d.addr + "/slow")
		if err == nil {
			resp.Body.Close()
		}
		answered <- err
	}()
	<-asked
	enough := errors.New("enough")
	ended, end := context.WithCancelCause(t.Context())
	end(enough)
	if err := v.Settle(ended); !errors.Is(err, enough) {
		t.Errorf("Settle with a request under way = %v", err)
	}
	close(answer)
	if err := v.Settle(t.Context()); err != nil {
		t.Errorf("Settle after the request = %v", err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := v.Drain(ended); !errors.Is(err, enough) {
		t.Errorf("Drain with a stream = %v", err)
	}
}
