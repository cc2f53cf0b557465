package session

import (
	"bytes"
	"context"
	"go/format"
	"maps"
	"slices"
	"time"

	"github.com/hotdev/hotdev/session/build"
	"github.com/hotdev/hotdev/session/watch"
)

// maxGuesses bounds what is built in one pause.
const maxGuesses = 2

// buildAhead builds what may be saved next of the unsaved buffers of the app's
// files, that which changed last first: that one alone, or all of them; as they
// are, or as gofmt formats them, which is the first to be tried if formats is
// set.
func (s *Session) buildAhead(ctx context.Context, req build.Request, unsaved []buffer, formats bool) guessed {
	var g guessed
	for _, files := range guesses(unsaved, formats) {
		start := time.Now()
		bin, cpu, err := s.builder.Ahead(ctx, req, files)
		wall := time.Since(start)
		if cpu > 0 {
			g.spent.Builds++
			g.spent.CPU += cpu
			g.spent.Wall += wall
			g.costly = g.costly || err == nil || ctx.Err() != nil
		}
		if g.likely == nil {
			g.likely, g.files = bin, files
		}
		if err == nil && len(files) == len(unsaved) && areFormatted(files) {
			g.whole = append(g.whole, files)
		}
		s.opt.Logger.Debug("built before the save", "files", len(files), "cpu", cpu, "wall", wall, "err", err)
	}
	return g
}

// areFormatted reports whether an editor that runs gofmt once it has saved files
// would not write them again.
func areFormatted(files map[string][]byte) bool {
	for _, text := range files {
		if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
			return false
		}
	}
	return true
}

// unsaved are the buffers that are not what is on the disk.
func unsaved(open []buffer) []buffer {
	return slices.DeleteFunc(open, func(b buffer) bool { return watch.AreWritten(map[string][]byte{b.path: b.text}) })
}

// guesses are the contents of files, by path, that may be saved next, the
// likeliest first. A file that does not parse is not built.
func guesses(unsaved []buffer, formats bool) []map[string][]byte {
	var sets [][]buffer
	if len(unsaved) > 0 {
		sets = append(sets, unsaved[:1])
	}
	if len(unsaved) > 1 {
		sets = append(sets, unsaved)
	}
	var list []map[string][]byte
	for _, set := range sets {
		texts := variants(set)
		if formats {
			slices.Reverse(texts)
		}
		list = append(list, texts[:min(len(texts), maxGuesses/len(sets))]...)
	}
	return list
}

// variants are files as they are, and as gofmt formats them if that is not the
// same; none when one of them does not parse.
func variants(files []buffer) []map[string][]byte {
	typed, formatted := map[string][]byte{}, map[string][]byte{}
	for _, b := range files {
		text, err := format.Source(b.text)
		if err != nil {
			return nil
		}
		typed[b.path], formatted[b.path] = b.text, text
	}
	if maps.EqualFunc(typed, formatted, bytes.Equal) {
		return []map[string][]byte{typed}
	}
	return []map[string][]byte{typed, formatted}
}
