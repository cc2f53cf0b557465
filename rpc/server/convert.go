package server

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/session/diag"
)

// maxConvert is the largest file, in bytes, that is read to convert columns.
const maxConvert = 16 << 20

// converter turns diagnostics into LSP's, whose lines and UTF-16 columns count
// from 0. Their columns count bytes of the file as it was built, which is the
// file on disk, not what an editor may have typed since. A converter reads each
// file once and is then thrown away.
type converter struct {
	related bool                // the client shows related information
	lines   map[string][][]byte // of the files read; nil for one that can't be
}

func newConverter(related bool) *converter {
	return &converter{related: related, lines: map[string][][]byte{}}
}

func (v *converter) diagnostics(list []diag.Diagnostic) []protocol.LSPDiagnostic {
	converted := make([]protocol.LSPDiagnostic, 0, len(list))
	for _, d := range list {
		converted = append(converted, v.diagnostic(d))
	}
	return converted
}

func (v *converter) diagnostic(d diag.Diagnostic) protocol.LSPDiagnostic {
	converted := protocol.LSPDiagnostic{
		Range:    v.span(d.Span),
		Severity: int(d.Severity),
		Code:     d.Code,
		Source:   "hotdev",
		Message:  d.Message,
	}
	for _, r := range d.Related {
		if v.related {
			converted.RelatedInformation = append(converted.RelatedInformation, protocol.RelatedInfo{
				Location: protocol.Location{URI: protocol.FileURI(r.File), Range: v.span(r.Span)},
				Message:  r.Message,
			})
		} else {
			converted.Message += fmt.Sprintf("\n%s:%d: %s", r.File, r.Line, r.Message)
		}
	}
	return converted
}

// span converts a place. Where the end is unknown it is the end of the word
// there, and without a column it is the text of the whole line, so that an
// editor has something to underline.
func (v *converter) span(s diag.Span) protocol.Range {
	if s.Line <= 0 {
		return protocol.Range{}
	}
	line := v.line(s.File, s.Line)
	from := protocol.Position{Line: s.Line - 1, Character: utf16Column(line, s.Col)}
	to := from
	switch {
	case s.EndLine > 0 && s.EndCol > 0:
		to = protocol.Position{Line: s.EndLine - 1, Character: utf16Column(v.line(s.File, s.EndLine), s.EndCol)}
	case s.Col > 0:
		to.Character = utf16Column(line, s.Col+wordLength(line, s.Col-1))
	default:
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		from.Character = indent
		to.Character = utf16Column(line, len(line)+1)
	}
	if to.Line < from.Line || to.Line == from.Line && to.Character < from.Character {
		to = from
	}
	return protocol.Range{Start: from, End: to}
}

// line returns line n of file, counted from 1, without its end; nil if there is
// none.
func (v *converter) line(file string, n int) []byte {
	lines, known := v.lines[file]
	if !known {
		lines = readLines(file)
		v.lines[file] = lines
	}
	if n < 1 || n > len(lines) {
		return nil
	}
	return bytes.TrimSuffix(lines[n-1], []byte("\r"))
}

func readLines(file string) [][]byte {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxConvert {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return bytes.Split(data, []byte("\n"))
}

// utf16Column converts a byte column that counts from 1 (0: unknown, the line's
// start) to UTF-16 code units that count from 0. What lies behind the end of
// line counts a unit a byte, so that a file that can't be read still has its
// place.
func utf16Column(line []byte, col int) int {
	if col <= 0 {
		return 0
	}
	rest := max(col-1-len(line), 0)
	units := 0
	for part := line[:min(col-1, len(line))]; len(part) > 0; {
		r, size := utf8.DecodeRune(part)
		units += 1
		if r > 0xFFFF {
			units++
		}
		part = part[size:]
	}
	return units + rest
}

// wordLength is the length in bytes of the identifier at offset in line, or of
// the one character there.
func wordLength(line []byte, offset int) int {
	if offset >= len(line) {
		return 0
	}
	text := string(line[offset:])
	end := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	switch end {
	case -1:
		return len(text)
	case 0:
		_, size := utf8.DecodeRuneInString(text)
		return size
	}
	return end
}
