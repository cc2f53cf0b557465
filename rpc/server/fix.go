package server

import (
	"context"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
	"github.com/hotdev/hotdev/session/diag"
)

// codeAction offers the fixes of the diagnostics that touch the range.
func (c *client) codeAction(_ context.Context, p protocol.CodeActionParams) (any, error) {
	path, err := protocol.FilePath(p.TextDocument.URI)
	if err != nil {
		return nil, wire.Errorf(wire.CodeInvalidParams, "textDocument: %v", err)
	}
	actions := []protocol.CodeAction{}
	if len(p.Context.Only) == 0 || slices.Contains(p.Context.Only, protocol.QuickFix) {
		actions = c.fixes(path, p.Range)
	}
	c.mu.Lock()
	literals := c.can.TextDocument.CodeAction.LiteralSupport != nil
	c.mu.Unlock()
	if literals {
		return actions, nil
	}
	bare := make([]protocol.Command, 0, len(actions))
	for _, a := range actions {
		bare = append(bare, a.Command)
	}
	return bare, nil
}

func (c *client) fixes(path string, within protocol.Range) []protocol.CodeAction {
	actions := []protocol.CodeAction{}
	convert := newConverter(true)
	for _, d := range c.srv.backend.Diagnostics() {
		if d.Fix == nil || d.File != path {
			continue
		}
		converted := convert.diagnostic(d)
		if !touches(converted.Range, within) {
			continue
		}
		actions = append(actions, protocol.CodeAction{
			Title:       d.Fix.Title,
			Kind:        protocol.QuickFix,
			Diagnostics: []protocol.LSPDiagnostic{converted},
			Command: protocol.Command{
				Title:     d.Fix.Title,
				Command:   "hotdev.fix",
				Arguments: []any{convertFix(d.Fix)},
			},
		})
	}
	return actions
}

// touches tells whether two ranges have a place in common, their ends included.
func touches(a, b protocol.Range) bool {
	return !before(a.End, b.Start) && !before(b.End, a.Start)
}

func before(a, b protocol.Position) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Character < b.Character
}

// fix runs the command that mends a diagnostic. It runs nothing that no
// diagnostic proposes.
func (c *client) fix(ctx context.Context, p protocol.Fix) (any, error) {
	stands := slices.ContainsFunc(c.srv.backend.Diagnostics(), func(d diag.Diagnostic) bool {
		return d.Fix != nil && reflect.DeepEqual(*d.Fix, diag.Fix(p))
	})
	if !stands || len(p.Command) == 0 {
		return nil, wire.Errorf(wire.CodeInvalidParams, "no diagnostic that stands has the fix %q", p.Title)
	}
	cmd := exec.CommandContext(ctx, p.Command[0], p.Command[1:]...)
	cmd.Dir = p.Dir
	cmd.WaitDelay = time.Second // its children may hold the output open
	if output, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", p.Title, err, output)
	}
	return none{}, nil
}
