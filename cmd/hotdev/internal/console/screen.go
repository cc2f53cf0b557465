package console

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// screen keeps one status line below a growing log on a terminal. It never
// uses the alternate screen, so that scrolling back, selecting and searching
// stay the terminal's own. Each update is one Write.
//
// It is not safe for concurrent use: the console's loop owns it.
type screen struct {
	w     io.Writer
	width int    // columns
	line  string // the status line as last asked for
	shown int    // columns that the status line takes on the terminal now
}

// print writes lines above the status line, which becomes status.
func (s *screen) print(status string, lines ...string) error {
	var b strings.Builder
	s.line = status
	s.erase(&b)
	for _, l := range lines {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	s.draw(&b)
	return s.flush(&b)
}

// status replaces the status line.
func (s *screen) status(line string) error {
	if line == s.line {
		return nil
	}
	return s.print(line)
}

// resize takes the terminal's new width. Terminals wrap a line that has become
// too long, so that the old status line may fill several rows.
func (s *screen) resize(width int) error {
	if width == s.width {
		return nil
	}
	var b strings.Builder
	if width > 0 && s.shown > width {
		fmt.Fprintf(&b, "\x1b[%dA", (s.shown-1)/width)
	}
	s.width = width
	s.erase(&b)
	s.draw(&b)
	return s.flush(&b)
}

// clear empties the terminal but for the status line.
func (s *screen) clear() error {
	var b strings.Builder
	b.WriteString("\x1b[H\x1b[2J\x1b[3J")
	s.shown = 0
	s.draw(&b)
	return s.flush(&b)
}

// close removes the status line; what is written next starts at its place.
func (s *screen) close() error {
	var b strings.Builder
	s.erase(&b)
	s.line = ""
	return s.flush(&b)
}

func (s *screen) erase(b *strings.Builder) {
	if s.shown > 0 {
		b.WriteString("\r\x1b[J")
		s.shown = 0
	}
}

// draw leaves the last column free: writing into it makes some terminals wrap.
func (s *screen) draw(b *strings.Builder) {
	line := s.line
	if s.width > 1 {
		line = ansi.Truncate(line, s.width-1, "…")
	}
	b.WriteString(line)
	s.shown = ansi.StringWidth(line)
}

func (s *screen) flush(b *strings.Builder) error {
	if b.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(s.w, b.String())
	return err
}
