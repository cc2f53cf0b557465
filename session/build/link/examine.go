package link

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/build/archive"
)

// examined is what the C objects of an archive are found to hold.
type examined struct {
	directives
	stubs   map[string]bool   // functions of shared libraries whose address is in data
	defined map[string]bool   // global symbols
	oddly   map[string]string // symbols whose address an instruction takes that Go's linker does not rewrite, with the object
}

func isHostObject(e entry) bool {
	return e.name != archive.ExportEntry && e.name != archive.ObjectEntry && !bytes.HasPrefix(e.data, []byte(goObject))
}

// examine looks into all C objects of an archive. Its error says what Go's own
// linker is not known to link right.
func examine(entries []entry) (*examined, error) {
	c := &examined{stubs: map[string]bool{}, defined: map[string]bool{}, oddly: map[string]string{}}
	taken := map[string]bool{}
	for _, e := range entries {
		var err error
		switch {
		case e.name == archive.ExportEntry:
		case e.name == "preferlinkext", e.name == "dynimportfail":
			err = errors.New("the go command has marked it so")
		case e.name == archive.ObjectEntry:
			c.directives, err = readDirectives(e.data)
		case isHostObject(e):
			err = c.object(e, taken)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, flag := range c.flags {
		if !harmless(flag) {
			return nil, fmt.Errorf("its flag %s is for the system's linker", flag)
		}
	}
	for name := range taken {
		if _, imported := c.libraries[name]; imported && !c.defined[name] {
			c.stubs[name] = true
		}
	}
	return c, nil
}

// slots returns the symbols, sorted, whose address an instruction takes in a way
// that Go's own linker gets right for those of shared libraries only: local ones,
// and what has a stub.
func (c *examined) slots() (names []string, err error) {
	for name, object := range c.oddly {
		switch _, imported := c.libraries[name]; {
		case c.defined[name], c.stubs[name]:
			names = append(names, name)
		case !imported:
			return nil, fmt.Errorf("an instruction in %s refers to %s in an unusual way", object, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// object examines one C object, and adds the symbols without a definition in it
// whose address is in its data.
func (c *examined) object(e entry, taken map[string]bool) error {
	f, err := elf.NewFile(bytes.NewReader(e.data))
	if err != nil {
		return fmt.Errorf("%s: %w", e.name, err)
	}
	if f.Type != elf.ET_REL || f.Machine != elf.EM_X86_64 || f.Class != elf.ELFCLASS64 {
		return fmt.Errorf("%s is no object for this machine", e.name)
	}
	for _, s := range f.Sections {
		if why := refusedSection(s); why != "" {
			return fmt.Errorf("%s has %s (section %s)", e.name, why, s.Name)
		}
	}
	symbols, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("%s: %w", e.name, err)
	}
	for _, s := range symbols {
		if why := refusedSymbol(s); why != "" {
			return fmt.Errorf("%s has %s (%s)", e.name, why, s.Name)
		}
		if elf.ST_BIND(s.Info) == elf.STB_GLOBAL && s.Section != elf.SHN_UNDEF {
			c.defined[s.Name] = true
		}
	}
	for _, s := range f.Sections {
		if s.Type == elf.SHT_RELA && int(s.Info) < len(f.Sections) {
			if err := c.relocations(e.name, s, f.Sections[s.Info], symbols, taken); err != nil {
				return err
			}
		}
	}
	return nil
}

// refusedSection says what is in a section that Go's own linker would not link,
// "" for nothing.
func refusedSection(s *elf.Section) string {
	const unwind = elf.SectionType(0x70000001) // SHT_X86_64_UNWIND
	switch {
	case s.Type == elf.SHT_GROUP || s.Flags&elf.SHF_GROUP != 0:
		return "groups of sections, as of C++"
	case s.Flags&elf.SHF_ALLOC == 0:
		return ""
	case s.Flags&elf.SHF_TLS != 0:
		return "thread-local variables"
	case s.Type == elf.SHT_INIT_ARRAY, s.Type == elf.SHT_FINI_ARRAY, s.Type == elf.SHT_PREINIT_ARRAY,
		strings.HasPrefix(s.Name, ".init"), strings.HasPrefix(s.Name, ".fini"), strings.HasPrefix(s.Name, ".ctors"), strings.HasPrefix(s.Name, ".dtors"):
		return "constructors or destructors"
	case strings.HasPrefix(s.Name, ".gcc_except_table"):
		return "tables of exceptions"
	case s.Type == elf.SHT_PROGBITS, s.Type == elf.SHT_NOBITS, s.Type == elf.SHT_NOTE, s.Type == unwind:
		return ""
	}
	return "something that is not known"
}

// refusedSymbol says why Go's own linker might not link a symbol right.
func refusedSymbol(s elf.Symbol) string {
	switch elf.ST_TYPE(s.Info) {
	case elf.STT_NOTYPE, elf.STT_OBJECT, elf.STT_FUNC, elf.STT_SECTION, elf.STT_FILE:
	case elf.STT_TLS:
		return "a thread-local symbol"
	default:
		return "a symbol of an unusual type"
	}
	switch {
	case elf.ST_BIND(s.Info) != elf.STB_LOCAL && elf.ST_BIND(s.Info) != elf.STB_GLOBAL:
		return "a weak symbol"
	case s.Section == elf.SHN_COMMON:
		return "a common symbol"
	}
	return ""
}

// relocations examines those of one section.
func (c *examined) relocations(object string, rela, in *elf.Section, symbols []elf.Symbol, taken map[string]bool) error {
	if in.Flags&elf.SHF_ALLOC == 0 {
		return nil
	}
	table, err := rela.Data()
	if err != nil {
		return fmt.Errorf("%s: %w", object, err)
	}
	content, err := in.Data()
	if err != nil {
		return fmt.Errorf("%s: %w", object, err)
	}
	for r := range slices.Chunk(table, relaSize) {
		at, info := binary.LittleEndian.Uint64(r), binary.LittleEndian.Uint64(r[8:])
		n := elf.R_SYM64(info)
		if n == 0 || int(n) > len(symbols) {
			continue
		}
		s := symbols[n-1]
		switch elf.R_X86_64(elf.R_TYPE64(info)) {
		case elf.R_X86_64_64:
			if s.Section == elf.SHN_UNDEF {
				taken[s.Name] = true
			}
		default:
			if takesOddly(info, at, content) {
				c.oddly[s.Name] = object
			}
		}
	}
	return nil
}

// takesOddly reports whether a relocation is for an instruction that takes an
// address from the table of addresses, and is none that Go's own linker rewrites.
func takesOddly(info, at uint64, content []byte) bool {
	switch elf.R_X86_64(elf.R_TYPE64(info)) {
	case elf.R_X86_64_GOTPCREL, elf.R_X86_64_GOTPCRELX, elf.R_X86_64_REX_GOTPCRELX:
		const load = 0x8b // MOVQ, which becomes LEAQ
		return at < 2 || at > uint64(len(content)) || content[at-2] != load
	}
	return false
}
