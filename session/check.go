package session

import (
	"context"
	"slices"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/diag"
)

// checkUnsaved checks the types of the app as if the unsaved buffers of its files
// were saved, and posts the errors. What cannot be checked has none.
func (s *Session) checkUnsaved(ctx context.Context, req build.Request, unsaved []buffer) {
	files := map[string][]byte{}
	for _, b := range unsaved {
		files[b.path] = b.text
	}
	var list []diag.Diagnostic
	if len(files) > 0 {
		var err error
		if list, err = s.builder.CheckTypes(ctx, req, files); err != nil {
			s.opt.Logger.Debug("unsaved files are not checked", "err", err)
		}
	}
	if ctx.Err() != nil {
		return // something newer will be
	}
	for i := range list {
		list[i].Owner = diag.Unsaved
	}
	s.post(unsavedChecked{req.Rev, list})
}

// onUnsavedChecked shows what is wrong with unsaved files, but for what the build
// says of the same files already.
func (l *loop) onUnsavedChecked(e unsavedChecked) {
	if l.work != nil || e.rev != l.rev {
		return // the build speaks
	}
	built := l.found.byOwner[diag.Build].list
	l.found.set(diag.Unsaved, e.rev, slices.DeleteFunc(e.list, func(d diag.Diagnostic) bool {
		return slices.ContainsFunc(built, func(b diag.Diagnostic) bool { return b.File == d.File && b.Message == d.Message })
	}))
}
