package session

import (
	"path/filepath"
	"strings"

	"github.com/hotdev/hotdev/session/watch"
)

// pageChange is what files that only browsers see ask of open pages.
type pageChange int

const (
	samePages pageChange = iota // nothing: no such file changed
	newStyles                   // style sheets alone changed: they are exchanged in place
	newPages                    // pages load again
)

// pageChangeOf is what a changed file of class reload asks for.
func pageChangeOf(c watch.Change) pageChange {
	if strings.EqualFold(filepath.Ext(c.Path), ".css") && c.Op != watch.Removed {
		return newStyles
	}
	return newPages
}

// tellPages makes open pages show the files that came with w, which has ended
// with outcome. A new version does it by itself, and what a newer save has
// replaced is left to that one.
func (l *loop) tellPages(w *work, outcome Outcome) {
	switch {
	case l.door.proxy == nil:
	case outcome == Swapped, outcome == Restarted, outcome == RolledBack, outcome == Superseded:
	case w.pages == newStyles:
		l.door.proxy.ReloadStyles()
	case w.pages == newPages:
		l.door.proxy.ReloadPages()
	}
}
