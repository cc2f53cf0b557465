package link

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"os"
)

// Twin links p, which Link has linked into the file running, with debug
// information into the file out. It fails if the two differ in what is loaded, and
// then leaves no file.
func (l *Linker) Twin(ctx context.Context, run Run, p Program, w Want, r Report, running, out string) error {
	s := r.step
	s.stripped, s.twin = false, true
	w.Fresh = true
	err := l.step(ctx, run, p, &s, w, out)
	if err == nil {
		err = sameImage(running, out)
	}
	if err != nil {
		_ = os.Remove(out)
		return fmt.Errorf("linking debug information for the program: %w", err)
	}
	return nil
}

// sameImage says in what two executables differ when they are loaded.
func sameImage(a, b string) error {
	f, err := elf.Open(a)
	if err != nil {
		return err
	}
	defer f.Close()
	g, err := elf.Open(b)
	if err != nil {
		return err
	}
	defer g.Close()
	x, y := loaded(f), loaded(g)
	if len(x) != len(y) || f.Entry != g.Entry {
		return fmt.Errorf("the programs with and without it have %d and %d sections to load, and begin at %#x and %#x", len(y), len(x), g.Entry, f.Entry)
	}
	for i := range x {
		same, err := sameSection(x[i], y[i])
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("the programs with and without it differ in section %s", x[i].Name)
		}
	}
	return nil
}

// loaded returns the sections that are part of the running program.
func loaded(f *elf.File) []*elf.Section {
	var list []*elf.Section
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 {
			list = append(list, s)
		}
	}
	return list
}

func sameSection(a, b *elf.Section) (bool, error) {
	if a.Name != b.Name || a.Type != b.Type || a.Addr != b.Addr || a.Size != b.Size {
		return false, nil
	}
	if a.Type == elf.SHT_NOBITS {
		return true, nil
	}
	r, s := a.Open(), b.Open()
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for left := a.Size; left > 0; {
		n := min(left, uint64(len(x)))
		if _, err := io.ReadFull(r, x[:n]); err != nil {
			return false, err
		}
		if _, err := io.ReadFull(s, y[:n]); err != nil {
			return false, err
		}
		if !bytes.Equal(x[:n], y[:n]) {
			return false, nil
		}
		left -= n
	}
	return true, nil
}
