package proxy

import "strings"

// verdict is what a prologue says about the bytes that it was given and that it
// has not given a verdict on yet.
type verdict int

const (
	unclear   verdict = iota
	passes            // the tag comes after them, if at all
	tagBefore         // the tag comes before them: they begin something else than a head
	tagAfter          // they end the head's start tag: the tag comes next
	noTag             // this is no document
)

// prologue follows the bytes of an HTML page to the place where the head begins,
// or would begin if it had a tag (HTML Living Standard, section 13.2.6.4,
// insertion modes "initial" to "in head"). Before it there may be space,
// comments, a doctype and <html>. What does not begin as a document passes
// untouched: it has neither a doctype nor <html>, <head> or <body>.
type prologue struct {
	state    func(*prologue, byte) verdict // nil: between
	document bool                          // a doctype or <html> was seen
	name     []byte                        // what has come of a tag's name, a comment's or a doctype's beginning
	bom      int                           // bytes of a byte order mark that came
	inName   bool                          // an attribute's name has begun
	quote    byte                          // of an attribute's value
	fresh    bool                          // nothing but dashes has come of a comment
	dashes   int                           // at the end of what has come of a comment
	bang     bool                          // "--!" is the end of what has come of a comment
}

// next takes one byte.
func (p *prologue) next(c byte) verdict {
	if p.state == nil {
		p.state = (*prologue).start
	}
	return p.state(p, c)
}

const byteOrderMark = "\ufeff"

// start is the very beginning: there may be a byte order mark.
func (p *prologue) start(c byte) verdict {
	if c == byteOrderMark[p.bom] {
		p.bom++
		if p.bom == len(byteOrderMark) {
			p.state = (*prologue).between
			return passes
		}
		return unclear
	}
	if p.bom > 0 {
		return noTag
	}
	p.state = (*prologue).between
	return p.between(c)
}

// between is outside of tags and comments.
func (p *prologue) between(c byte) verdict {
	switch {
	case isSpace(c):
		return passes
	case c == '<':
		p.name = p.name[:0]
		p.state = (*prologue).opened
		return unclear
	}
	return p.elsewhere()
}

// elsewhere is the verdict on what comes in place of a head.
func (p *prologue) elsewhere() verdict {
	if p.document {
		return tagBefore
	}
	return noTag
}

// opened is after "<".
func (p *prologue) opened(c byte) verdict {
	switch {
	case c == '!':
		p.state = (*prologue).declared
		return unclear
	case c == '?': // such as an XML declaration: a bogus comment
		p.state = (*prologue).bogus
		return passes
	case isLetter(c):
		p.name = append(p.name, lower(c))
		p.state = (*prologue).named
		return unclear
	case c == '/':
		p.state = (*prologue).closing
		return unclear
	}
	return p.elsewhere()
}

// closing is after "</": an end tag, or what counts as a comment.
func (p *prologue) closing(c byte) verdict {
	if isLetter(c) {
		return p.elsewhere()
	}
	p.state = (*prologue).bogus
	return p.bogus(c)
}

// declared is after "<!": a comment, a doctype, or what counts as a comment.
func (p *prologue) declared(c byte) verdict {
	p.name = append(p.name, lower(c))
	switch name := string(p.name); {
	case name == "--":
		p.fresh, p.dashes, p.bang = true, 0, false
		p.state = (*prologue).comment
		return passes
	case name == "doctype":
		p.document = true
		p.state = (*prologue).bogus // it ends as one does
		return passes
	case strings.HasPrefix("--", name), strings.HasPrefix("doctype", name):
		return unclear
	}
	p.state = (*prologue).bogus
	return p.bogus(c)
}

// comment is inside of a comment, which ends with "-->" or "--!>"; "<!-->" and
// "<!--->" are whole ones.
func (p *prologue) comment(c byte) verdict {
	switch {
	case c == '-':
		p.dashes, p.bang = p.dashes+1, false
		return passes
	case c == '>' && (p.dashes >= 2 || p.bang || p.fresh):
		p.state = (*prologue).between
	}
	p.bang = c == '!' && p.dashes >= 2
	p.fresh, p.dashes = false, 0
	return passes
}

// bogus is inside of what ends with the next ">".
func (p *prologue) bogus(c byte) verdict {
	if c == '>' {
		p.state = (*prologue).between
	}
	return passes
}

// named is inside of the name of a start tag.
func (p *prologue) named(c byte) verdict {
	if !isSpace(c) && c != '/' && c != '>' {
		if p.name = append(p.name, lower(c)); len(p.name) > len("html") {
			return p.elsewhere()
		}
		return unclear
	}
	switch string(p.name) {
	case "html", "head":
		p.document = true
		p.inName = false
		p.state = (*prologue).attribute
		return p.attribute(c)
	case "body":
		p.document = true
	}
	return p.elsewhere()
}

// attribute is inside of the start tag of html or head, outside of values. A
// "=" where no name has begun is the first byte of one.
func (p *prologue) attribute(c byte) verdict {
	switch {
	case c == '>':
		return p.tagEnd()
	case c == '=' && p.inName:
		p.inName = false
		p.state = (*prologue).value
	case c == '/':
		p.inName = false
	case !isSpace(c):
		p.inName = true
	}
	return passes
}

// value is after the "=" of an attribute.
func (p *prologue) value(c byte) verdict {
	switch {
	case isSpace(c):
	case c == '"' || c == '\'':
		p.quote = c
		p.state = (*prologue).quoted
	case c == '>':
		return p.tagEnd()
	default:
		p.state = (*prologue).unquoted
	}
	return passes
}

// quoted is inside of a value in quotes.
func (p *prologue) quoted(c byte) verdict {
	if c == p.quote {
		p.state = (*prologue).attribute
	}
	return passes
}

// unquoted is inside of a value without quotes.
func (p *prologue) unquoted(c byte) verdict {
	switch {
	case isSpace(c):
		p.state = (*prologue).attribute
	case c == '>':
		return p.tagEnd()
	}
	return passes
}

// tagEnd is at the ">" of html's or head's start tag.
func (p *prologue) tagEnd() verdict {
	p.state = (*prologue).between
	if string(p.name) == "head" {
		return tagAfter
	}
	return passes
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'
}

func isLetter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
