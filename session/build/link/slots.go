package link

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
)

// slotPrefix begins the names of slots: variables that hold the address of what
// the rest of the name says.
const slotPrefix = "hotdev_slot_"

// withSlots returns the entries with objects whose instructions take the addresses
// of the named symbols from slots, where Go's own linker does not rewrite them.
func withSlots(entries []entry, names []string) ([]entry, error) {
	if len(names) == 0 {
		return entries, nil
	}
	list := slices.Clone(entries)
	for i, e := range list {
		if !isHostObject(e) {
			continue
		}
		var err error
		if list[i].data, err = takeFromSlots(e.data, names); err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return list, nil
}

// takeFromSlots makes relocations, of an object that was examined, ones to slots,
// which become undefined symbols at the end of its symbol table.
func takeFromSlots(object []byte, names []string) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	table := slices.IndexFunc(f.Sections, func(s *elf.Section) bool { return s.Type == elf.SHT_SYMTAB })
	if table < 0 {
		return object, nil
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(object)
	added := map[string]uint64{} // number by name
	var order []string
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA || int(s.Info) >= len(f.Sections) || f.Sections[s.Info].Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		content, err := f.Sections[s.Info].Data()
		if err != nil {
			return nil, err
		}
		for r := range slices.Chunk(out[s.Offset:s.Offset+s.Size], relaSize) {
			info := binary.LittleEndian.Uint64(r[8:])
			n := elf.R_SYM64(info)
			if n == 0 || int(n) > len(symbols) || !takesOddly(info, binary.LittleEndian.Uint64(r), content) {
				continue
			}
			name := symbols[n-1].Name
			if !slices.Contains(names, name) {
				continue
			}
			number, ok := added[name]
			if !ok {
				number = uint64(len(symbols) + 1 + len(added)) // after that of no symbol
				added[name] = number
				order = append(order, name)
			}
			binary.LittleEndian.PutUint64(r[8:], number<<32|uint64(elf.R_X86_64_PC32)) // with the same addend
		}
	}
	return withUndefined(out, f, table, order)
}

// relaSize is the size of an elf.Rela64.
const relaSize = 24

// withUndefined adds undefined symbols to the object f, by longer copies of its
// symbol table and of the names in that.
func withUndefined(object []byte, f *elf.File, table int, names []string) ([]byte, error) {
	if len(names) == 0 {
		return object, nil
	}
	symbols, err := f.Sections[table].Data()
	if err != nil {
		return nil, err
	}
	texts, err := f.Sections[f.Sections[table].Link].Data()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		s := elf.Sym64{Name: uint32(len(texts)), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_NOTYPE)}
		if symbols, err = binary.Append(symbols, binary.LittleEndian, s); err != nil {
			return nil, err
		}
		texts = append(append(texts, slotPrefix+name...), 0)
	}
	for _, longer := range []struct {
		section int
		content []byte
	}{{table, symbols}, {int(f.Sections[table].Link), texts}} {
		object = append(object, make([]byte, -len(object)&7)...)
		const offset, size = 24, 32 // in elf.Section64
		header := object[binary.LittleEndian.Uint64(object[40:]):][longer.section*int(binary.LittleEndian.Uint16(object[58:])):]
		binary.LittleEndian.PutUint64(header[offset:], uint64(len(object)))
		binary.LittleEndian.PutUint64(header[size:], uint64(len(longer.content)))
		object = append(object, longer.content...)
	}
	return object, nil
}
