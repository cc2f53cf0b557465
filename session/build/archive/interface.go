package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
)

// Export data in the unified format, version 2, is a table of elements in ten
// sections. An element is a list of references to other elements, by which its
// data names them, and the data: a sequence of booleans (one byte) and numbers
// (varints) without any marks between them. The meaning of the data has to be
// known to find a position in it, and the data of types and declarations is
// all that is looked into here; of everything else each byte counts.

// The sections, in their order.
const (
	sectionString = iota
	sectionMeta
	sectionPosBase
	sectionPkg
	sectionName
	sectionType
	sectionObj
	sectionObjExt
	sectionObjDict
	sectionBody
	sectionCount
)

// formatVersion is the one that Go 1.26 writes.
const formatVersion = 2

// elements is export data by element.
type elements struct {
	starts [sectionCount]int // index of a section's first element in ends
	count  [sectionCount]int
	ends   []int // end of each element in data
	data   []byte
}

// readElements reads the table.
func readElements(exported []byte) (*elements, error) {
	word := func(i int) int { return int(binary.LittleEndian.Uint32(exported[4*i:])) }
	const header = 2 + sectionCount // words: version, flags, where each section ends
	if len(exported) < 4*header+fingerprintSize || word(0) != formatVersion || word(1) != 0 {
		return nil, errors.New("the export data has an unknown version")
	}
	e := &elements{}
	total := 0
	for i := range sectionCount {
		end := word(2 + i)
		if end < total {
			return nil, errors.New("the export data has a section that ends before it begins")
		}
		e.starts[i], e.count[i] = total, end-total
		total = end
	}
	if len(exported)-fingerprintSize < 4*(header+total) {
		return nil, errors.New("the export data ends in its table")
	}
	e.data = exported[4*(header+total) : len(exported)-fingerprintSize]
	last := 0
	for i := range total {
		end := word(header + i)
		if end < last || end > len(e.data) {
			return nil, errors.New("the export data has an element that ends outside it")
		}
		e.ends = append(e.ends, end)
		last = end
	}
	if last != len(e.data) {
		return nil, errors.New("the export data has more data than elements")
	}
	return e, nil
}

// element returns the bytes of an element.
func (e *elements) element(section, index int) []byte {
	i := e.starts[section] + index
	start := 0
	if i > 0 {
		start = e.ends[i-1]
	}
	return e.data[start:e.ends[i]]
}

// interfaceHash hashes all elements in order, those of types and declarations
// without the line and column of their positions.
func interfaceHash(exported []byte) (sum Hash, err error) {
	e, err := readElements(exported)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	for section := range sectionCount {
		writeNumber(h, e.count[section])
		for i := range e.count[section] {
			content := e.element(section, i)
			switch section {
			case sectionType:
				content, err = withoutPositions(content, func(r *reader) { r.typeElement() })
			case sectionObj:
				content, err = e.declaration(i)
			}
			if err != nil {
				return sum, fmt.Errorf("element %d of section %d of the export data: %w", i, section, err)
			}
			writeNumber(h, len(content))
			h.Write(content)
		}
	}
	h.Sum(sum[:0])
	return sum, nil
}

func writeNumber(h hash.Hash, n int) {
	h.Write(binary.AppendUvarint(nil, uint64(n)))
}

// declaration returns element i of the declarations without positions. What
// kind of declaration it is stands in the element of its name, and how many
// type parameters it has in that of its dictionary.
func (e *elements) declaration(i int) ([]byte, error) {
	if i >= e.count[sectionName] || i >= e.count[sectionObjDict] {
		return nil, errors.New("a declaration has no name or no dictionary")
	}
	var kind, implicit, params int
	_, err := withoutPositions(e.element(sectionName, i), func(r *reader) {
		r.references()
		r.ident()
		kind = r.number()
	})
	if err != nil {
		return nil, err
	}
	_, err = prefix(e.element(sectionObjDict, i), func(r *reader) {
		r.references()
		implicit, params = r.number(), r.number()
	})
	if err != nil {
		return nil, err
	}
	if implicit != 0 {
		return e.element(sectionObj, i), nil // a type inside a generic function: all of it counts
	}
	return withoutPositions(e.element(sectionObj, i), func(r *reader) { r.declaration(kind, params) })
}
