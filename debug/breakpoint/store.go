package breakpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// version is that of the form that Save writes.
const version = 1

// stored is what Save writes. A text is named by its SHA-256. The breakpoints
// are decoded one by one, so that one that is damaged costs just itself.
type stored struct {
	Version     int                 `json:"version"`
	Last        int                 `json:"lastID"`
	Breakpoints []json.RawMessage   `json:"breakpoints"`
	Exceptions  map[string][]string `json:"exceptions,omitzero"` // by owner
	Texts       map[string]string   `json:"texts,omitzero"`
}

// storedEntry is a breakpoint in what Save writes.
type storedEntry struct {
	ID           int    `json:"id"`
	Owner        string `json:"owner"`
	File         string `json:"file,omitzero"`
	Function     string `json:"function,omitzero"`
	Line         int    `json:"line,omitzero"`
	Column       int    `json:"column,omitzero"`
	Condition    string `json:"condition,omitzero"`
	HitCondition string `json:"hitCondition,omitzero"`
	LogMessage   string `json:"logMessage,omitzero"`
	Lost         bool   `json:"lost,omitzero"`
	Sent         int    `json:"sentLine,omitzero"`
	Text         string `json:"text,omitzero"`     // name of the text that has the statement
	TextLine     int    `json:"textLine,omitzero"` // its line there
}

// Save writes what the owners asked for as JSON, with the texts of the files
// that it is anchored to: source code, so mind who may read it.
func (l *Ledger) Save(w io.Writer, owners ...string) error {
	s := stored{Version: version, Last: l.last, Breakpoints: []json.RawMessage{}, Exceptions: map[string][]string{}, Texts: map[string]string{}}
	for owner, filters := range l.exceptions {
		if slices.Contains(owners, owner) {
			s.Exceptions[owner] = filters
		}
	}
	for _, e := range l.entries {
		if !slices.Contains(owners, e.Owner) {
			continue
		}
		x := storedEntry{
			ID: e.ID, Owner: e.Owner, File: e.File, Function: e.Function, Line: e.Line, Column: e.Column,
			Condition: e.Condition, HitCondition: e.HitCondition, LogMessage: e.LogMessage,
			Lost: e.Lost, Sent: e.sent, TextLine: e.line,
		}
		if e.text != nil {
			x.Text = nameOf(e.text.content)
			s.Texts[x.Text] = e.text.content
		}
		raw, err := json.Marshal(x)
		if err != nil {
			return fmt.Errorf("save breakpoint %d: %w", e.ID, err)
		}
		s.Breakpoints = append(s.Breakpoints, raw)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("save breakpoints: %w", err)
	}
	return nil
}

// Load reads what Save wrote. It always returns a ledger: the error says what
// of it could not be read, and all else is there. Keep a copy of damaged input
// before the ledger is saved over it.
func Load(r io.Reader) (*Ledger, error) {
	l := New()
	var s stored
	var errs []error
	var member *json.UnmarshalTypeError // the rest was decoded
	if err := json.NewDecoder(r).Decode(&s); errors.As(err, &member) {
		errs = append(errs, fmt.Errorf("saved breakpoints are damaged, %s is left out: %w", member.Field, err))
	} else if err != nil {
		return l, fmt.Errorf("saved breakpoints are damaged, starting without them: %w", err)
	}
	if s.Version != version {
		return l, fmt.Errorf("saved breakpoints have version %d, this hotdev reads version %d: starting without them", s.Version, version)
	}
	l.last = max(0, s.Last)
	if s.Exceptions != nil {
		l.exceptions = s.Exceptions
	}
	texts := map[[2]string]*text{} // by file and name
	for i, raw := range s.Breakpoints {
		var x storedEntry
		err := json.Unmarshal(raw, &x)
		if err == nil {
			err = x.check(l)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("saved breakpoint %d of %d is damaged and left out: %w", i+1, len(s.Breakpoints), err))
			continue
		}
		e := &entry{
			Breakpoint: Breakpoint{
				ID: x.ID, Owner: x.Owner, File: x.File, Function: x.Function, Lost: x.Lost,
				Spec: Spec{Line: x.Line, Column: x.Column, Condition: x.Condition, HitCondition: x.HitCondition, LogMessage: x.LogMessage},
			},
			sent: x.Sent, line: x.TextLine,
		}
		l.last = max(l.last, e.ID)
		l.entries = append(l.entries, e)
		l.judge(e)
		if x.Text == "" {
			continue
		}
		if content, ok := s.Texts[x.Text]; !ok || nameOf(content) != x.Text {
			e.line = e.Line
			errs = append(errs, fmt.Errorf("the text that saved breakpoint %d is anchored to (%s:%d) is missing or damaged: it stays on its line", e.ID, e.File, e.Line))
		} else {
			name := [2]string{x.File, x.Text}
			if texts[name] == nil {
				texts[name] = &text{file: x.File, content: content}
			}
			e.text = texts[name]
		}
	}
	return l, errors.Join(errs...)
}

// check reports what is wrong with a breakpoint that is to be added to l.
func (x *storedEntry) check(l *Ledger) error {
	switch {
	case x.ID < 1:
		return fmt.Errorf("its ID is %d", x.ID)
	case l.entry(x.ID) != nil:
		return fmt.Errorf("its ID %d is that of another one", x.ID)
	case x.File == "" && x.Function == "":
		return errors.New("it names no file and no function")
	case x.Function == "" && (x.Line < 1 || x.TextLine < 1):
		return fmt.Errorf("its line is %d, anchored at %d", x.Line, x.TextLine)
	}
	return nil
}

// nameOf is the name of a text in what Save writes.
func nameOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}
