package console

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// key is one key press: a printable rune, or one of the control codes below.
// Keys that send escape sequences (arrows, function keys) are not used and
// never become a key.
type key rune

const (
	keyEOF       key = 0x04 // Ctrl-D
	keyEnter     key = '\n'
	keyRedraw    key = 0x0c // Ctrl-L
	keyEraseLine key = 0x15 // Ctrl-U
	keyEraseWord key = 0x17 // Ctrl-W
	keyEscape    key = 0x1b
	keyBackspace key = 0x7f
)

// decodeKeys turns the bytes of one read from a terminal into keys. rest is an
// incomplete UTF-8 sequence at the end, to be put before the next bytes. A
// terminal sends a whole escape sequence at once, so that an ESC at the very
// end is the Escape key.
func decodeKeys(b []byte) (keys []key, rest []byte) {
	for len(b) > 0 {
		switch c := b[0]; {
		case c == 0x1b:
			n := escapeLen(b)
			if n == 1 {
				keys = append(keys, keyEscape)
			}
			b = b[n:]
		case c == '\r' || c == '\n':
			keys, b = append(keys, keyEnter), b[1:]
		case c == 0x08:
			keys, b = append(keys, keyBackspace), b[1:]
		case !utf8.FullRune(b):
			return keys, b
		default:
			r, n := utf8.DecodeRune(b)
			if r != utf8.RuneError || n > 1 {
				keys = append(keys, key(r))
			}
			b = b[n:]
		}
	}
	return keys, nil
}

// escapeLen returns the length of the escape sequence that b starts with: 1
// for a lone ESC, else that of a CSI (ECMA-48 5.4), an SS3, or an Alt-key.
func escapeLen(b []byte) int {
	if len(b) == 1 {
		return 1
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case 'O':
		return min(3, len(b))
	case 0x1b:
		return 1
	default:
		_, n := utf8.DecodeRune(b[1:])
		return 1 + n
	}
}

// lineEditor holds a line that is being typed for the app.
type lineEditor struct{ text []rune }

// edit applies k. done reports that the line was ended by Enter, eof that
// Ctrl-D was pressed on an empty line.
func (e *lineEditor) edit(k key) (done, eof bool) {
	switch {
	case k == keyEnter:
		return true, false
	case k == keyEOF:
		return false, len(e.text) == 0
	case k == keyBackspace:
		e.text = e.text[:max(0, len(e.text)-1)]
	case k == keyEraseLine:
		e.text = nil
	case k == keyEraseWord:
		e.eraseWord()
	case k == '\t' || k >= 0x20:
		e.text = append(e.text, rune(k))
	}
	return false, false
}

// tail is what is shown of the line in width columns: its end, where the cursor
// is.
func (e *lineEditor) tail(width int) string {
	text := expandTabs(string(e.text))
	if over := ansi.StringWidth(text) - width; over > 0 {
		return ansi.TruncateLeft(text, over+1, "…")
	}
	return text
}

func (e *lineEditor) eraseWord() {
	i := len(e.text)
	for i > 0 && e.text[i-1] == ' ' {
		i--
	}
	for i > 0 && e.text[i-1] != ' ' {
		i--
	}
	e.text = e.text[:i]
}
