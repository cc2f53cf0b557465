package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

const (
	archiveMagic = "!<arch>\n"
	headerSize   = 60 // name 16, date 12, uid 6, gid 6, mode 8, size 10, end 2
	exportEntry  = "__.PKGDEF"
	objectEntry  = "_go_.o"
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
	header := make([]byte, headerSize)
	for at := int64(len(archiveMagic)); ; {
		switch _, err := f.ReadAt(header, at); {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		}
		name, size, err := readHeader(header)
		if err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
		if name != exportEntry && name != objectEntry {
			magic := make([]byte, len(goObject))
			if _, err := f.ReadAt(magic, at+headerSize); err != nil || string(magic) != goObject {
				return false, nil
			}
		}
		at += headerSize + size + size&1
	}
}

// goObject is what objects of the Go assembler begin with.
const goObject = "go object "

func readHeader(header []byte) (name string, size int64, err error) {
	size, err = strconv.ParseInt(string(bytes.TrimRight(header[48:58], " ")), 10, 64)
	if err != nil || size < 0 {
		return "", 0, errors.New("an entry of the archive has no valid size")
	}
	return string(bytes.TrimRight(header[:16], " ")), size, nil
}

// readArchive returns the entries of an archive.
func readArchive(file string) ([]entry, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []entry
	data, ok := bytes.CutPrefix(data, []byte(archiveMagic))
	for ok && len(data) >= headerSize {
		name, size, err := readHeader(data[:headerSize])
		if err != nil {
			return nil, err
		}
		rest := data[headerSize:]
		if size > int64(len(rest)) {
			break
		}
		list = append(list, entry{name, rest[:size]})
		data = rest[min(size+size&1, int64(len(rest))):]
	}
	if !ok || len(data) > 0 {
		return nil, errors.New("the archive is malformed")
	}
	return list, nil
}

// writeArchive writes entries into a file.
func writeArchive(file string, entries []entry) error {
	out := bytes.NewBufferString(archiveMagic)
	for _, e := range entries {
		fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", e.name, 0, 0, 0, 0o644, len(e.data))
		out.Write(e.data)
		if len(e.data)%2 == 1 {
			out.WriteByte(0)
		}
	}
	return os.WriteFile(file, out.Bytes(), 0o600)
}
