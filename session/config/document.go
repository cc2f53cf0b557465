package config

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// kind is the form of a value.
type kind string

// The forms of a value, named as errors name them.
const (
	textKind  kind = "a string"
	boolKind  kind = "a boolean"
	listKind  kind = "an array"
	tableKind kind = "a table"
	otherKind kind = "" // numbers and dates: nothing in the format is one
)

// value is a value with its place. All layers become values, so that each of
// them is held to the same checks.
type value struct {
	kind  kind
	at    place
	text  string // of a string; the source of a boolean, number or date
	truth bool   // of a boolean
	items []*value
	pairs []pair // of a table, in the order of the file
}

// pair is one entry of a table.
type pair struct {
	name  string
	at    place // of the name where it was written first
	value *value
}

// parse reads a TOML document into a table. With an error the document is not
// TOML, and the error is the first one.
func parse(data []byte) (*value, *problem) {
	lines := newLines(data)
	if bad := lines.validate(); bad != nil {
		return nil, bad
	}
	doc := &value{kind: tableKind}
	current := doc
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			current = doc.descend(lines.key(e.Key()))
		case unstable.ArrayTable:
			path := lines.key(e.Key())
			current = &value{kind: listKind, at: path[len(path)-1].at}
			doc.put(path, current)
		case unstable.KeyValue:
			lines.entry(current, e)
		}
	}
	if err := p.Error(); err != nil {
		return nil, &problem{place{line: 1, col: 1, endCol: 1}, err.Error()}
	}
	return doc, nil
}

// problem is an error before it has a file.
type problem struct {
	at      place
	message string
}

// lines turns offsets of a document into places.
type lines struct {
	data   []byte
	starts []int // offset of each line
}

func newLines(data []byte) lines {
	l := lines{data: data, starts: []int{0}}
	for i, c := range data {
		if c == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// validate lets go-toml judge the whole document: the unstable parser sees
// neither duplicate keys nor impossible dates.
func (l lines) validate() *problem {
	var all map[string]any
	err := toml.Unmarshal(l.data, &all)
	if err == nil {
		return nil
	}
	row, col := 1, 1
	if decode := (*toml.DecodeError)(nil); errors.As(err, &decode) {
		row, col = decode.Position()
	}
	return &problem{l.token(row, col), "not valid TOML: " + strings.TrimPrefix(err.Error(), "toml: ")}
}

// token is the place of the word at a position; of the last word before it
// where the line ends there.
func (l lines) token(row, col int) place {
	row = min(max(row, 1), len(l.starts))
	rest := l.data[l.starts[row-1]:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	rest = bytes.TrimRight(rest, " \t\r")
	start := max(min(col-1, len(rest)-1), 0)
	end := start
	for end < len(rest) && isBare(rest[end]) {
		end++
	}
	return place{line: row, col: start + 1, endCol: min(max(end, start+1), len(rest)) + 1}
}

// isBare reports whether c may be in a bare key (TOML 1.0, Keys).
func isBare(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// span is the place of the bytes from start to end, cut at the end of the line.
func (l lines) span(start, end int) place {
	i, found := slices.BinarySearch(l.starts, start)
	if !found {
		i--
	}
	if n := bytes.IndexAny(l.data[start:end], "\r\n"); n >= 0 {
		end = start + n
	}
	return place{line: i + 1, col: start - l.starts[i] + 1, endCol: end - l.starts[i] + 1}
}

func (l lines) rangeOf(r unstable.Range) place {
	return l.span(int(r.Offset), int(r.Offset+r.Length))
}

// key returns the parts of a dotted key, without values.
func (l lines) key(parts unstable.Iterator) (path []pair) {
	for parts.Next() {
		n := parts.Node()
		path = append(path, pair{name: string(n.Data), at: l.rangeOf(n.Raw)})
	}
	return path
}

// descend returns the table at a path below v, made where it is absent.
func (v *value) descend(path []pair) *value {
	for _, part := range path {
		i := slices.IndexFunc(v.pairs, func(p pair) bool { return p.name == part.name })
		if i < 0 {
			i = len(v.pairs)
			part.value = &value{kind: tableKind, at: part.at}
			v.pairs = append(v.pairs, part)
		}
		v = v.pairs[i].value
	}
	return v
}

// put adds an entry at a path below v.
func (v *value) put(path []pair, entry *value) {
	last := path[len(path)-1]
	last.value = entry
	parent := v.descend(path[:len(path)-1])
	parent.pairs = append(parent.pairs, last)
}

// entry puts the key and value of an expression into a table.
func (l lines) entry(into *value, e *unstable.Node) {
	path := l.key(e.Key())
	end := int(e.Raw.Offset + e.Raw.Length)
	start := int(e.Raw.Offset)
	for parts := e.Key(); parts.Next(); {
		r := parts.Node().Raw
		start = int(r.Offset + r.Length)
	}
	start += bytes.IndexByte(l.data[start:end], '=') + 1
	start += len(l.data[start:end]) - len(bytes.TrimLeft(l.data[start:end], " \t"))
	into.put(path, l.value(e.Value(), l.span(start, end)))
}

// value copies a value out of the parser. Arrays and inline tables have no
// range of their own there: they are at around, the place of the whole value.
func (l lines) value(n *unstable.Node, around place) *value {
	v := &value{at: around}
	switch n.Kind {
	case unstable.Array:
		v.kind = listKind
		for items := n.Children(); items.Next(); {
			v.items = append(v.items, l.value(items.Node(), around))
		}
		return v
	case unstable.InlineTable:
		v.kind = tableKind
		for entries := n.Children(); entries.Next(); {
			l.entry(v, entries.Node())
		}
		return v
	case unstable.String:
		v.kind = textKind
	case unstable.Bool:
		v.kind = boolKind
		v.truth = string(n.Data) == "true"
	default:
		v.kind = otherKind
	}
	v.at = l.rangeOf(n.Raw)
	v.text = string(n.Data)
	return v
}
