package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestStateOf takes the state of before for a page of a version that has been
// replaced since: that page must load again.
func TestStateOf(t *testing.T) {
	p := New(Options{})
	defer p.Close()
	old, next := NewVersion(1), NewVersion(2)
	p.Serve(old)
	before, _ := p.page.current()
	p.Serve(next)
	p.ReloadPages()
	if s := p.stateOf(old, before); s.Pages != 0 {
		t.Errorf("the old version's page is of state %d", s.Pages)
	}
	if s := p.stateOf(next, before); s.Pages != 1 {
		t.Errorf("the new version's page is of state %d", s.Pages)
	}
}

// TestEmptyAnswerIsNotFlushed keeps an answer without a body in one piece, even
// if the reverse proxy's timer comes before its end.
func TestEmptyAnswerIsNotFlushed(t *testing.T) {
	for length, want := range map[int64]bool{0: false, 10: true, -1: true} {
		w := httptest.NewRecorder()
		a := &answer{ResponseWriter: w}
		a.of(&http.Response{ContentLength: length})
		a.WriteHeader(http.StatusOK)
		if err := a.FlushError(); err != nil || w.Flushed != want {
			t.Errorf("length %d: flushed %t, %v", length, w.Flushed, err)
		}
	}
}
