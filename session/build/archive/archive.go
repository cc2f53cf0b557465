// Package archive reads and joins the archives that the Go compiler writes: one
// half for the compilers of dependents, the export data, and one for the
// linker, the object. It knows the formats of Go 1.26 (cmd/compile/internal/gc,
// internal/pkgbits and cmd/internal/goobj in the Go distribution, none of which
// promises to stay), and answers with an error to everything else. It runs
// nothing and decides nothing.
package archive

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

// The entries of an archive that the compiler made alone.
const (
	ExportEntry = "__.PKGDEF"
	ObjectEntry = "_go_.o"
)

// An archive is the magic and then its entries, each a heading and a content,
// which an odd size pads.
const (
	Magic      = "!<arch>\n"
	HeaderSize = 60 // of a heading: name 16, date 12, uid 6, gid 6, mode 8, size 10, end 2
)

// Archive is a parsed archive. It refers to the bytes that it was parsed from.
type Archive struct {
	data     []byte
	exported []byte // export data, between its marks
	split    int    // where the header of the object's entry begins
	object   int    // where the object begins
	end      int    // where it ends; padding may follow
	print    int    // where the object's fingerprint begins
}

// fingerprintSize is the size of the hash of the export data that an object,
// and everything compiled against it, has in it.
const fingerprintSize = 8

// Parse takes apart the archive of a package of Go files only: export data,
// then one object.
func Parse(data []byte) (*Archive, error) {
	a := &Archive{data: data}
	if !bytes.HasPrefix(data, []byte(Magic)) {
		return nil, errors.New("it is no archive")
	}
	exported, next, err := entry(data, len(Magic), ExportEntry)
	if err != nil {
		return nil, err
	}
	a.split = next
	object, next, err := entry(data, next, ObjectEntry)
	if err != nil {
		return nil, err
	}
	if next < len(data) {
		return nil, errors.New("it holds more than export data and an object")
	}
	a.object = next - padded(len(object))
	a.end = a.object + len(object)
	if a.exported, err = unwrap(exported); err != nil {
		return nil, err
	}
	at, err := fingerprint(object)
	a.print = a.object + at
	return a, err
}

// Export returns the hash of the export data: two archives with the same one
// look the same to the compiler of a dependent.
func (a *Archive) Export() Hash { return sha256.Sum256(a.exported) }

// Content returns the hash of all that compilers and the linker see in the
// archive, which is all but the build IDs in its headings.
func (a *Archive) Content() Hash {
	h := sha256.New()
	h.Write(a.exported)
	h.Write(a.data[a.print:a.end])
	return Hash(h.Sum(nil))
}

// Interface returns the hash of the export data without the positions of
// declarations; see package incremental for what it is good for.
func (a *Archive) Interface() (Hash, error) { return interfaceHash(a.exported) }

// WithExport returns an archive with the export data of old and the object of
// a. Everything that was compiled against old can be linked with it, if the
// interfaces of both are the same: the linker compares the fingerprint of the
// export data that a dependent was compiled against with the one in the object,
// so the object gets the old one. The linker's check that symbol numbers fit is
// thereby taken over by the caller.
func (a *Archive) WithExport(old *Archive) []byte {
	joined := make([]byte, 0, old.split+len(a.data)-a.split)
	joined = append(joined, old.data[:old.split]...)
	joined = append(joined, a.data[a.split:]...)
	at := old.split + a.print - a.split
	copy(joined[at:at+fingerprintSize], old.data[old.print:old.print+fingerprintSize])
	return joined
}

// ReadExport reads the export data from the beginning of an archive, which may
// hold more than Parse takes, with the letter of its format before it, as
// gcexportdata.Read wants it.
func ReadExport(r io.Reader) ([]byte, error) {
	head := make([]byte, len(Magic)+HeaderSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fmt.Errorf("it is no archive: %w", err)
	}
	if !bytes.HasPrefix(head, []byte(Magic)) {
		return nil, errors.New("it is no archive")
	}
	size, err := entrySize(head[len(Magic):], ExportEntry)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err != nil {
		return nil, err
	}
	exported, err := unwrap(text)
	return append([]byte{unified}, exported...), err
}

// entry returns the content of the entry at offset at, which must have the
// given name, and where the next one begins.
func entry(data []byte, at int, name string) (content []byte, next int, err error) {
	if len(data)-at < HeaderSize {
		return nil, 0, fmt.Errorf("it ends before its entry %s", name)
	}
	size, err := entrySize(data[at:at+HeaderSize], name)
	at += HeaderSize
	if err == nil && padded(size) > len(data)-at {
		err = fmt.Errorf("it ends in its entry %s", name)
	}
	if err != nil {
		return nil, 0, err
	}
	return data[at : at+size], at + padded(size), nil
}

// entrySize takes the size of an entry from its heading, if it has the given
// name.
func entrySize(header []byte, name string) (int, error) {
	got, size, err := ReadHeader(header)
	if got != name {
		return 0, fmt.Errorf("it has an entry %q in the place of %s", got, name)
	}
	return size, err
}

// ReadHeader returns what the heading of an entry says, HeaderSize bytes.
func ReadHeader(header []byte) (name string, size int, err error) {
	name = string(bytes.TrimRight(header[:16], " "))
	size, err = strconv.Atoi(string(bytes.TrimRight(header[48:58], " ")))
	if err != nil || size < 0 {
		return name, 0, fmt.Errorf("its entry %s has no valid size", name)
	}
	return name, size, nil
}

// padded is what an entry of a size takes.
func padded(size int) int { return size + size&1 }

// unified is the letter of the unified format of export data.
const unified = 'u'

// unwrap returns the export data in the entry for compilers: text lines, the
// mark of binary data, u for the unified format, the data, and an end mark.
func unwrap(text []byte) ([]byte, error) {
	const begin, end = "\n$$B\n" + string(unified), "\n$$\n"
	at := bytes.Index(text, []byte(begin))
	if at < 0 || !bytes.HasSuffix(text, []byte(end)) {
		return nil, errors.New("its export data is in an unknown format")
	}
	return text[at+len(begin) : len(text)-len(end)], nil
}

// fingerprint returns where the fingerprint is in an object: text lines, an
// exclamation mark, the name of the format, the fingerprint.
func fingerprint(object []byte) (int, error) {
	const begin = "\n!\n\x00go120ld"
	at := bytes.Index(object, []byte(begin))
	if at < 0 || len(object) < at+len(begin)+fingerprintSize {
		return 0, errors.New("its object is in an unknown format")
	}
	return at + len(begin), nil
}
