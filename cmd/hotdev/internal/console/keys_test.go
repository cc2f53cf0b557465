package console

import (
	"slices"
	"testing"
)

func TestDecodeKeys(t *testing.T) {
	for _, tt := range []struct {
		in   string
		keys []key
		rest string
	}{
		{"rq", []key{'r', 'q'}, ""},
		{"\r\n", []key{keyEnter, keyEnter}, ""},
		{"\x1b", []key{keyEscape}, ""},
		{"\x1b[Aq", []key{'q'}, ""},       // an arrow key
		{"\x1b[1;5Cq", []key{'q'}, ""},    // Ctrl and an arrow key
		{"\x1bOPq", []key{'q'}, ""},       // F1
		{"\x1bqr", []key{'r'}, ""},        // Alt-q
		{"\x1bé?", []key{'?'}, ""},        // Alt-é
		{"\x1b\x1b", []key{27, 27}, ""},   // Escape twice
		{"\x1b[", nil, ""},                // cut short
		{"é\xc3", []key{'é'}, "\xc3"},     // the first half of a rune
		{"a\xffb", []key{'a', 'b'}, ""},   // not UTF-8
		{"\b\x7f", []key{0x7f, 0x7f}, ""}, // both codes of Backspace
	} {
		keys, rest := decodeKeys([]byte(tt.in))
		if !slices.Equal(keys, tt.keys) || string(rest) != tt.rest {
			t.Errorf("decodeKeys(%q) = %v, %q; want %v, %q", tt.in, keys, rest, tt.keys, tt.rest)
		}
	}
}

func TestLineEditor(t *testing.T) {
	var e lineEditor
	for _, k := range "one two  threé\x7f" {
		if done, eof := e.edit(key(k)); done || eof {
			t.Fatalf("%q ended the line", k)
		}
	}
	for _, step := range []struct {
		k    key
		want string
	}{{'e', "one two  three"}, {keyEraseWord, "one two  "}, {keyEraseWord, "one "}, {keyEraseLine, ""}, {keyBackspace, ""}, {'x', "x"}, {keyEOF, "x"}} {
		if _, eof := e.edit(step.k); eof {
			t.Errorf("%#x ended the input", rune(step.k))
		}
		if got := string(e.text); got != step.want {
			t.Errorf("after %#x: %q, want %q", rune(step.k), got, step.want)
		}
	}
	if done, _ := e.edit(keyEnter); !done {
		t.Error("Enter did not end the line")
	}
	e = lineEditor{}
	if _, eof := e.edit(keyEOF); !eof {
		t.Error("Ctrl-D on an empty line did not end the input")
	}
}

func TestIncompleteRune(t *testing.T) {
	for in, want := range map[string]int{"": 0, "a": 0, "é": 0, "a\xc3": 1, "日": 0, "日\xe6\x97": 2, "\xf0\x9f\x98": 3, "\xff": 0, "\x80\x80\x80\x80": 0} {
		if got := incompleteRune([]byte(in)); got != want {
			t.Errorf("incompleteRune(%q) = %d, want %d", in, got, want)
		}
	}
}
