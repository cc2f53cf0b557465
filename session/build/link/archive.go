package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hotdev/hotdev/session/build/archive"
)

// entry is a file in an archive.
type entry struct {
	name string
	data []byte
}

// onlyGo reports whether an archive holds nothing but export data and objects
// of the Go compiler and assembler, by the names of its entries alone.
func onlyGo(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	header := make([]byte, archive.HeaderSize)
	for at := int64(len(archive.Magic)); ; {
		switch _, err := f.ReadAt(header, at); {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		}
		name, size, err := archive.ReadHeader(header)
		if err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
		if name != archive.ExportEntry && name != archive.ObjectEntry {
			magic := make([]byte, len(goObject))
			if _, err := f.ReadAt(magic, at+archive.HeaderSize); err != nil || string(magic) != goObject {
				return false, nil
			}
		}
		at += int64(archive.HeaderSize + size + size&1)
	}
}

// goObject is what objects of the Go assembler begin with.
const goObject = "go object "

// readArchive returns the entries of an archive.
func readArchive(file string) ([]entry, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []entry
	data, ok := bytes.CutPrefix(data, []byte(archive.Magic))
	for ok && len(data) >= archive.HeaderSize {
		name, size, err := archive.ReadHeader(data[:archive.HeaderSize])
		if err != nil {
			return nil, err
		}
		rest := data[archive.HeaderSize:]
		if size > len(rest) {
			break
		}
		list = append(list, entry{name, rest[:size]})
		data = rest[min(size+size&1, len(rest)):]
	}
	if !ok || len(data) > 0 {
		return nil, errors.New("the archive is malformed")
	}
	return list, nil
}

// writeArchive writes entries into a file.
func writeArchive(file string, entries []entry) error {
	out := bytes.NewBufferString(archive.Magic)
	for _, e := range entries {
		fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", e.name, 0, 0, 0, 0o644, len(e.data))
		out.Write(e.data)
		if len(e.data)%2 == 1 {
			out.WriteByte(0)
		}
	}
	return os.WriteFile(file, out.Bytes(), 0o600)
}
