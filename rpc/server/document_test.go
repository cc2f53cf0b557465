package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
	"github.com/hotdev/hotdev/rpc/server"
)

// screen is what editors have shown, by the editor's name.
type screen struct {
	t     *testing.T
	shown chan shown
}

type shown struct {
	editor string
	params protocol.ShowDocumentParams
}

// editor returns Options.ShowDocument of an editor that shows documents.
func (s screen) editor(name string) func(protocol.ShowDocumentParams) bool {
	return func(p protocol.ShowDocumentParams) bool {
		s.shown <- shown{name, p}
		return true
	}
}

// has fails unless what was shown last is file in the named editor, at a place
// that counts from 0; nil: at none.
func (s screen) has(editor, file string, at *protocol.Position) {
	s.t.Helper()
	select {
	case got := <-s.shown:
		want := protocol.ShowDocumentParams{URI: protocol.FileURI(file), TakeFocus: true}
		if at != nil {
			want.Selection = &protocol.Range{Start: *at, End: *at}
		}
		if got.editor != editor || got.params.URI != want.URI || !got.params.TakeFocus ||
			(got.params.Selection == nil) != (at == nil) || at != nil && *got.params.Selection != *want.Selection {
			s.t.Errorf("%s shows %+v, want %s to show %+v", got.editor, got.params, editor, want)
		}
	default:
		s.t.Error("no editor shows anything")
	}
}

func TestAPlaceIsShownByTheEditorThatCameLast(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.go")
	if err := os.WriteFile(file, []byte("package a\n\nvar ü, 𝄞x = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := server.NewWithBackend(newFake(), server.Options{})
	dial := rpctest.Serve(t, srv)
	s := screen{t, make(chan shown, 1)}
	show := func(line, col int) error { return srv.ShowDocument(t.Context(), file, line, col) }

	if err := show(3, 1); !errors.Is(err, server.ErrNoEditor) {
		t.Errorf("without an editor: %v", err)
	}
	rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws"})
	rpctest.Attach(t, dial(), rpctest.Options{Root: "/ws", ShowDocument: s.editor("uninitialized")})
	if err := show(3, 1); !errors.Is(err, server.ErrNoEditor) {
		t.Errorf("with clients that can't: %v", err)
	}
	rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws", ShowDocument: s.editor("first")})
	second := rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws", ShowDocument: s.editor("second")})
	for _, c := range []struct {
		line, col int
		at        *protocol.Position
	}{
		{3, 13, &protocol.Position{Line: 2, Character: 9}}, // behind 2 bytes of one unit, and 4 of two
		{3, 0, &protocol.Position{Line: 2}},
		{99, 1, &protocol.Position{Line: 98}},
		{0, 0, nil},
	} {
		if err := show(c.line, c.col); err != nil {
			t.Error(err)
		}
		s.has("second", file, c.at)
	}
	second.MustCall(protocol.MethodShutdownSession, nil, nil)
	if err := show(1, 1); err != nil {
		t.Error(err)
	}
	s.has("first", file, &protocol.Position{})
}

func TestAPlaceIsShownByTheNextEditorWhenOneDoesNot(t *testing.T) {
	t.Parallel() // it waits for an editor that is stuck
	srv := server.NewWithBackend(newFake(), server.Options{})
	dial := rpctest.Serve(t, srv)
	s := screen{t, make(chan shown, 1)}
	stuck := make(chan struct{})
	rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws", ShowDocument: s.editor("fine")})
	rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws", ShowDocument: func(protocol.ShowDocumentParams) bool {
		<-stuck
		return true
	}})
	t.Cleanup(func() { close(stuck) })
	rpctest.Connect(t, dial(), rpctest.Options{Root: "/ws", ShowDocument: func(protocol.ShowDocumentParams) bool { return false }})
	ctx, cancel := context.WithCancel(t.Context())
	if err := srv.ShowDocument(ctx, "/ws/a.go", 1, 1); err != nil {
		t.Error(err)
	}
	s.has("fine", "/ws/a.go", &protocol.Position{})
	cancel()
	if err := srv.ShowDocument(ctx, "/ws/a.go", 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller has left: %v", err)
	}
}
