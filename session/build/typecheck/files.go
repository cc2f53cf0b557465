package typecheck

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
)

// maxParsed bounds the size of the sources whose syntax trees are kept between
// checks; a tree takes some ten times as much.
const maxParsed = 2 << 20

// files are the files that were parsed.
type files struct {
	fset  *token.FileSet
	known map[string]*file // by path
	clock int              // counts uses
}

// file is what is known of a file.
type file struct {
	built, now content
	tree       *ast.File // of now; nil: it was dropped
	err        error     // of parsing now
	size, used int
}

// content is one version of a file.
type content struct {
	hash Hash
	// api is a hash of all that stands outside of function bodies, and so of
	// everything that other files may see.
	api Hash
}

// errChanged says that a file is not what the program says it is.
var errChanged = errors.New("the file changed meanwhile")

// keep drops what is known of files that p does not have, and takes note of the
// contents that archives were made from.
func (s *files) keep(p *Program) {
	gone := maps.Clone(s.known)
	for _, own := range p.Own {
		for _, f := range own.Files {
			if k := gone[f.Path]; k != nil {
				delete(gone, f.Path)
				if k.built.hash != f.Built && k.now.hash == f.Built {
					k.built = k.now
				}
			}
		}
	}
	for path, k := range gone {
		s.drop(k)
		delete(s.known, path)
	}
}

// parse returns what is known of a file with its present content parsed, or an
// error if it cannot be read. That it cannot be parsed is file.err.
func (s *files) parse(p *Program, f File) (*file, error) {
	k := s.known[f.Path]
	if k == nil {
		k = &file{}
		s.known[f.Path] = k
	}
	s.clock++
	k.used = s.clock
	if k.now.hash == f.Hash && (k.tree != nil || k.err != nil) {
		return k, nil
	}
	src, err := p.ReadFile(f.Path)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(src) != f.Hash {
		return nil, errChanged
	}
	s.drop(k)
	k.tree, k.err = parser.ParseFile(s.fset, f.Path, src, parser.SkipObjectResolution)
	k.size = len(src)
	k.now = content{hash: f.Hash}
	if k.err == nil {
		k.now.api = apiOf(s.fset, k.tree, src)
	}
	if k.now.hash == f.Built {
		k.built = k.now
	}
	return k, nil
}

// affects reports whether the present content of a file, which is parsed, may
// look different to other packages than the one that the archive was made from.
func (k *file) affects(f File) bool {
	return f.Hash != f.Built && (k.built.hash != f.Built || k.err != nil || k.built.api != k.now.api)
}

// drop gives the syntax tree of a file back.
func (s *files) drop(k *file) {
	if k.tree == nil {
		return
	}
	if f := s.fset.File(k.tree.FileStart); f != nil {
		s.fset.RemoveFile(f)
	}
	k.tree, k.err = nil, nil
}

// trim drops the trees that were not used for longest when there are too many.
func (s *files) trim() {
	size := 0
	for _, k := range slices.SortedFunc(maps.Values(s.known), func(a, b *file) int { return cmp.Compare(b.used, a.used) }) {
		if k.tree == nil {
			continue
		}
		if size += k.size; size > maxParsed {
			s.drop(k)
		}
	}
}

// apiOf returns the hash of a file without its function bodies.
func apiOf(fset *token.FileSet, tree *ast.File, src []byte) Hash {
	var api bytes.Buffer
	from := 0
	offset := func(pos token.Pos) int { return fset.PositionFor(pos, false).Offset }
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			api.Write(src[from:offset(f.Body.Lbrace)])
			api.WriteByte(0)
			from = offset(f.Body.Rbrace)
		}
	}
	api.Write(src[from:])
	return sha256.Sum256(api.Bytes())
}
