package build_test

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/session/build"
)

// TestFunctionTables holds that the runtime's tables of functions, and debug
// information, say the same of every function, whether they were made before the
// app's own packages were known or not: frames, lines, inlined calls, what the
// garbage collector and defer need; variables and their types.
func TestFunctionTables(t *testing.T) {
	t.Parallel()
	p := newProject(t, "")
	for name, text := range demoApp(t).files() {
		p.write(name, text)
	}
	p.incrementally(build.Fast)
	r := build.Request{Debug: true, Debugged: true}
	p.mustBuildBy(r, "not known yet")
	p.awaitLinker()
	// What the program needs of the packages that are there changes, too.
	p.replace("main.go", "func main() {\n", `func main() {
	if len(os.Args) > 7 {
		defer fmt.Println(slices.Collect(maps.Keys(map[[3]int]float32{})), strings.NewReplacer("a", "b"))
	}
`)
	p.replace("main.go", "import (\n", "import (\n\t\"fmt\"\n\t\"maps\"\n\t\"slices\"\n\t\"strings\"\n")
	res := p.mustBuildBy(r, "")
	if !strings.HasPrefix(res.How.Link, "Go's linker, dependencies first") {
		t.Fatalf("it was linked by %s", res.How.Link)
	}
	plain := build.New(build.Options{CacheDir: filepath.Join(p.cache, "plain")})
	r.Root = p.root
	want := plain.Build(t.Context(), r)
	if want.Binary == nil {
		t.Fatal(want.Err)
	}
	early, stock := openProgram(t, res.Binary.Path), openProgram(t, want.Binary.Path)
	compareFunctions(t, readFunctions(t, early), readFunctions(t, stock))
	compareFunctions(t, readSubprograms(t, early), readSubprograms(t, stock))
	compareTypes(t, readTypes(t, early), readTypes(t, stock))
	compareFunctions(t, readByDelve(t, res.Binary.Path, p.root), readByDelve(t, want.Binary.Path, p.root))
	if is, want := staticFunctions(t, early), staticFunctions(t, stock); !slices.Equal(is, want) || len(want) == 0 {
		t.Errorf("static functions are %v, want %v", is, want)
	}
}

// staticFunctions are the symbols that Delve looks for.
func staticFunctions(t *testing.T, f *elf.File) (names []string) {
	t.Helper()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatalf("Delve refuses a program like this: %v", err)
	}
	for _, s := range symbols {
		if s.Info == byte(elf.STT_FUNC) {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

func openProgram(t *testing.T, path string) *elf.File {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// compareFunctions requires that two programs' functions are told of in the same way.
func compareFunctions(t *testing.T, early, stock map[string][]string) {
	t.Helper()
	compared := 0
	for _, name := range slices.Sorted(maps.Keys(stock)) {
		if strings.Contains(name, "[") || strings.HasPrefix(name, "type:") {
			continue // several packages may have it, compiled with other inlined calls
		}
		compared++
		for _, want := range stock[name] {
			if is := early[name]; !slices.Contains(is, want) {
				t.Errorf("%s is\n%s\nbut go build makes\n%s", name, strings.Join(is, "\n"), want)
			}
		}
	}
	if compared < 5000 {
		t.Errorf("only %d functions were compared", compared)
	}
}

// functionReader reads the tables of a program: runtime/symtab.go and
// cmd/link/internal/ld/pcln.go say what they are made of.
type functionReader struct {
	names, units, files, pcs, funcs []byte
	data                            []byte // of functions

	byEntry map[uint32]string
	entries []uint32 // and the end of the last function
	offsets []uint32
}

// readFunctions tells of each function of a program by its name, once for each
// function that has it.
func readFunctions(t *testing.T, f *elf.File) map[string][]string {
	t.Helper()
	section := f.Section(".gopclntab")
	table, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int) uint64 { return binary.LittleEndian.Uint64(table[8+8*n:]) }
	r := functionReader{names: table[at(3):], units: table[at(4):], files: table[at(5):], pcs: table[at(6):], funcs: table[at(7):], byEntry: map[uint32]string{}}
	r.data = table[functionData(t, f)-section.Addr:]
	count := at(0)
	for i := range count {
		entry, offset := r.uint32(r.funcs, 8*i), r.uint32(r.funcs, 8*i+4)
		r.entries, r.offsets = append(r.entries, entry), append(r.offsets, offset)
		r.byEntry[entry] = cString(r.names[r.uint32(r.funcs, uint64(offset)+4):])
	}
	r.entries = append(r.entries, r.uint32(r.funcs, 8*count))
	functions := map[string][]string{}
	for i := range count {
		name := r.byEntry[r.entries[i]]
		functions[name] = append(functions[name], r.describe(int(i)))
	}
	return functions
}

// functionData is the address of the data of functions: the runtime has it in a
// variable, of which debug information tells.
func functionData(t *testing.T, f *elf.File) uint64 {
	t.Helper()
	info, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	for r := info.Reader(); ; {
		e, err := r.Next()
		if e == nil || err != nil {
			t.Fatalf("the program has no module data: %v", err)
		}
		if name, _ := e.Val(dwarf.AttrName).(string); e.Tag != dwarf.TagVariable || name != "runtime.firstmoduledata" {
			continue
		}
		kind, err := info.Type(e.Val(dwarf.AttrType).(dwarf.Offset))
		if err != nil {
			t.Fatal(err)
		}
		at := binary.LittleEndian.Uint64(e.Val(dwarf.AttrLocation).([]byte)[1:]) // after the operation
		fields := kind.(*dwarf.TypedefType).Type.(*dwarf.StructType).Field
		at += uint64(fields[slices.IndexFunc(fields, func(f *dwarf.StructField) bool { return f.Name == "gofunc" })].ByteOffset)
		for _, s := range f.Sections {
			if s.Type == elf.SHT_PROGBITS && at >= s.Addr && at < s.Addr+s.Size {
				data := make([]byte, 8)
				if _, err := s.ReadAt(data, int64(at-s.Addr)); err != nil {
					t.Fatal(err)
				}
				return binary.LittleEndian.Uint64(data)
			}
		}
	}
}

func (r *functionReader) uint32(table []byte, at uint64) uint32 {
	return binary.LittleEndian.Uint32(table[at:])
}

func cString(b []byte) string { return string(b[:bytes.IndexByte(b, 0)]) }

// describe says all that the tables know of a function.
func (r *functionReader) describe(i int) string {
	var b strings.Builder
	f := r.funcs[r.offsets[i]:]
	word := func(n uint64) uint32 { return r.uint32(f, 4*n) }
	size := r.entries[i+1] - r.entries[i]
	fmt.Fprintf(&b, "size %d args %d defer %d line %d id, flags %v", size, word(2), word(3), word(9), f[40:43])
	tables, data := uint64(word(7)), uint64(f[43])
	fmt.Fprintf(&b, " frame %s", r.steps(word(4), nil))
	fmt.Fprintf(&b, " file %s", r.steps(word(5), func(n int32) string { return r.file(word(8), n) }))
	fmt.Fprintf(&b, " line %s", r.steps(word(6), nil))
	calls := int32(-1) // the last inlined one
	for n := range tables {
		fmt.Fprintf(&b, " table %d %s", n, r.steps(word(11+n), func(v int32) string {
			if n == 2 { // abi.PCDATA_InlTreeIndex
				calls = max(calls, v)
			}
			return fmt.Sprint(v)
		}))
	}
	for n := range data {
		at := word(11 + tables + n)
		fmt.Fprintf(&b, " data %d ", n)
		switch {
		case at == ^uint32(0):
			b.WriteString("none")
		case n == 3: // abi.FUNCDATA_InlTree
			for call := range calls + 1 {
				c := r.data[at+16*uint32(call):]
				fmt.Fprintf(&b, "%d %s %d %d, ", c[0], cString(r.names[r.uint32(c, 4):]), r.uint32(c, 8), r.uint32(c, 12))
			}
		case n == 7: // abi.FUNCDATA_WrapInfo
			b.WriteString(r.byEntry[r.uint32(r.data, uint64(at))])
		default:
			fmt.Fprint(&b, r.content(n, r.data[at:]))
		}
	}
	return b.String()
}

// content is the part of a function's data whose length is known.
func (r *functionReader) content(n uint64, data []byte) []byte {
	count := r.uint32(data, 0)
	switch n {
	case 0, 1: // bitmaps: runtime.stackmap
		return data[:8+uint64(count)*uint64((r.uint32(data, 4)+7)/8)]
	case 2: // stack objects: a count, then runtime.stackObjectRecord without its reference to a type
		out := bytes.Clone(data[:8])
		for i := range uint64(binary.LittleEndian.Uint64(data)) {
			out = append(out, data[8+16*i:8+16*i+12]...)
		}
		return out
	case 5: // arguments, up to traceArgsEndSeq
		return data[:bytes.IndexByte(data, 0xff)]
	}
	return data[:1]
}

// steps decodes a table of values by program counter.
func (r *functionReader) steps(at uint32, show func(int32) string) string {
	if at == 0 {
		return "none"
	}
	if show == nil {
		show = func(v int32) string { return fmt.Sprint(v) }
	}
	var b strings.Builder
	p, value := r.pcs[at:], int32(-1)
	for first := true; ; first = false {
		delta, n := binary.Uvarint(p)
		if delta == 0 && !first {
			return b.String()
		}
		p = p[n:]
		value += int32(-(delta & 1) ^ (delta >> 1))
		length, n := binary.Uvarint(p)
		p = p[n:]
		fmt.Fprintf(&b, "%s*%d ", show(value), length)
	}
}

// file names a file of a unit.
func (r *functionReader) file(unit uint32, n int32) string {
	at := r.uint32(r.units, 4*(uint64(unit)+uint64(n)))
	if at == ^uint32(0) {
		return "missing"
	}
	return cString(r.files[at:])
}
