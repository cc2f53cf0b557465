package prompt

import (
	"os"
	"strings"
)

// keptLines is how many lines a history keeps.
const keptLines = 1000

// history is the lines that were typed, oldest first: a term.History.
type history struct {
	file  string
	lines []string
}

// loadHistory reads a history that was saved; one that can't be read is empty.
func loadHistory(file string) *history {
	h := &history{file: file}
	if content, err := os.ReadFile(file); err == nil {
		for line := range strings.Lines(string(content)) {
			h.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	return h
}

// Add appends a line, unless it is empty or the same as the last one.
func (h *history) Add(line string) {
	if line == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	h.lines = h.lines[max(0, len(h.lines)-keptLines):]
}

// Len returns the number of lines.
func (h *history) Len() int { return len(h.lines) }

// At returns a line; index 0 is the last one.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// save writes the history to its file.
func (h *history) save() error {
	if h.file == "" {
		return nil
	}
	return os.WriteFile(h.file, []byte(strings.Join(h.lines, "\n")+"\n"), 0o600)
}
