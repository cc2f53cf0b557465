package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// reader goes through the data of one element and keeps what it reads, but for
// the line and column of positions. What is kept says how it has to be read, so
// that different data never becomes the same.
//
// Its methods are the grammar of the elements (writer.go in
// cmd/compile/internal/noder writes them). They panic with a formatError at
// what they do not know.
type reader struct {
	data []byte
	kept []byte
}

type formatError struct{ error }

func fail(format string, args ...any) { panic(formatError{fmt.Errorf(format, args...)}) }

// withoutPositions returns an element as read by parse, which must read it to
// its end.
func withoutPositions(element []byte, parse func(*reader)) ([]byte, error) {
	r, err := prefix(element, parse)
	if err == nil && len(r.data) > 0 {
		err = errors.New("there is more in it than is known")
	}
	return r.kept, err
}

// prefix is withoutPositions for a parse that need not read to the end.
func prefix(element []byte, parse func(*reader)) (r *reader, err error) {
	r = &reader{data: element}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case formatError:
			err = e.error
		default:
			panic(e)
		}
	}()
	parse(r)
	return r, nil
}

// take reads n bytes.
func (r *reader) take(n int, keep bool) []byte {
	if n > len(r.data) {
		fail("it ends early")
	}
	b := r.data[:n]
	r.data = r.data[n:]
	if keep {
		r.kept = append(r.kept, b...)
	}
	return b
}

func (r *reader) varint(keep bool) int {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || int(v) < 0 {
		fail("it holds a malformed number")
	}
	r.take(n, keep)
	return int(v)
}

// number reads a number, a reference or a string, which is a reference too.
func (r *reader) number() int { return r.varint(true) }

func (r *reader) bool() bool { return r.take(1, true)[0] != 0 }

// repeat reads a count and as many items.
func (r *reader) repeat(item func()) { r.times(r.number(), item) }

func (r *reader) times(n int, item func()) {
	for range n {
		item()
	}
}

// references reads the list that every element begins with: section and index.
func (r *reader) references() { r.repeat(func() { r.number(); r.number() }) }

// position reads a position; which file it is in is kept.
func (r *reader) position() {
	if !r.bool() {
		return
	}
	r.number()
	r.varint(false) // line
	r.varint(false) // column
}

// ident reads a name with the package that it belongs to.
func (r *reader) ident() { r.number(); r.number() }

func (r *reader) typ() { r.bool(); r.number() }

func (r *reader) parameter() { r.position(); r.ident(); r.typ() }

func (r *reader) signature() {
	r.repeat(r.parameter)
	r.repeat(r.parameter)
	r.bool()
}

func (r *reader) typeParameters(n int) {
	r.times(n, func() { r.position(); r.ident() })
}

// The kinds of types (internal/pkgbits.CodeType).
const (
	typeBasic = iota
	typeNamed
	typePointer
	typeSlice
	typeArray
	typeChan
	typeMap
	typeSignature
	typeStruct
	typeInterface
	typeUnion
	typeTypeParam
)

// typeElement reads an element of the section of types.
func (r *reader) typeElement() {
	r.references()
	switch kind := r.number(); kind {
	case typeBasic, typeTypeParam:
		r.number()
	case typeNamed:
		r.number()
		r.repeat(r.typ)
	case typePointer, typeSlice:
		r.typ()
	case typeArray, typeChan:
		r.number()
		r.typ()
	case typeMap:
		r.typ()
		r.typ()
	case typeSignature:
		r.signature()
	case typeStruct:
		r.repeat(func() {
			r.position()
			r.ident()
			r.typ()
			r.number() // tag
			r.bool()   // embedded
		})
	case typeInterface:
		methods, embedded := r.number(), r.number()
		if methods == 0 && embedded == 1 {
			r.bool() // implicit
		}
		r.times(methods, func() { r.position(); r.ident(); r.signature() })
		r.times(embedded, r.typ)
	case typeUnion:
		r.repeat(func() { r.bool(); r.typ() })
	default:
		fail("kind %d of types is not known", kind)
	}
}

// The kinds of declarations (internal/pkgbits.CodeObj).
const (
	declAlias = iota
	declConst
	declType
	declFunc
	declVar
	declStub
)

// declaration reads an element of the section of declarations.
func (r *reader) declaration(kind, params int) {
	r.references()
	switch kind {
	case declStub:
		return
	case declAlias:
		r.position()
		r.typeParameters(params)
		r.typ()
	case declConst:
		r.position()
		r.typ()
		r.take(len(r.data), true) // the value
	case declType:
		r.position()
		r.typeParameters(params)
		r.typ()
		r.repeat(func() {
			r.position()
			r.ident()
			r.typeParameters(params)
			r.parameter() // receiver
			r.signature()
			r.position()
		})
	case declFunc:
		r.position()
		r.typeParameters(params)
		r.signature()
		r.position()
	case declVar:
		r.position()
		r.typ()
	default:
		fail("kind %d of declarations is not known", kind)
	}
}
