package build_test

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-delve/delve/pkg/dwarf/op"
	"github.com/go-delve/delve/pkg/proc"
)

// entries are those of debug information that r reads.
func entries(t *testing.T, r interface{ Next() (*dwarf.Entry, error) }) iter.Seq[*dwarf.Entry] {
	return func(yield func(*dwarf.Entry) bool) {
		t.Helper()
		for {
			e, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if e == nil || !yield(e) {
				return
			}
		}
	}
}

// readSubprograms tells of each function of a program by its name what debug
// information says of it.
func readSubprograms(t *testing.T, f *elf.File) map[string][]string {
	t.Helper()
	info, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	names := map[dwarf.Offset]string{}
	functions := map[string][]string{}
	for pass := range 2 {
		var name string
		var text *strings.Builder
		depth := 0
		for e := range entries(t, info.Reader()) {
			if n, ok := e.Val(dwarf.AttrName).(string); ok && pass == 0 {
				names[e.Offset] = n
			}
			if pass == 0 {
				continue
			}
			origin, _ := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
			if e.Tag == dwarf.TagSubprogram && text == nil {
				text, name, depth = &strings.Builder{}, cmp.Or(names[e.Offset], names[origin]), 0
			}
			if text == nil {
				continue
			}
			if e.Tag != 0 {
				kind, _ := e.Val(dwarf.AttrType).(dwarf.Offset)
				fmt.Fprintf(text, "%s %s %s %s %v %v; ", e.Tag, names[e.Offset], names[origin], names[kind], e.Val(dwarf.AttrDeclLine), e.Val(dwarf.AttrVarParam))
			}
			switch {
			case e.Children:
				depth++
			case e.Tag == 0:
				depth--
			}
			if depth == 0 {
				functions[name] = append(functions[name], text.String())
				text = nil
			}
		}
	}
	return functions
}

// readByDelve tells of each function by its name, and of each file below root, the
// app's, what Delve takes from debug information: whether it was optimized, what it
// has inlined and where, where its parameters are at first, and how many
// instructions begin a line.
func readByDelve(t *testing.T, path, root string) map[string][]string {
	t.Helper()
	info := proc.NewBinaryInfo(runtime.GOOS, runtime.GOARCH, false)
	t.Cleanup(func() { info.Close() })
	if err := info.LoadBinaryInfo(path, 0, nil); err != nil {
		t.Fatal(err)
	}
	calls := map[string][]string{} // of inlined functions, by the name of who calls
	for _, f := range info.Functions {
		for _, c := range f.InlinedCalls {
			if in := info.PCToFunc(c.LowPC); in != nil {
				calls[in.Name] = append(calls[in.Name], fmt.Sprintf("%s at %d, %d long", f.Name, c.LowPC-in.Entry, c.HighPC-c.LowPC))
			}
		}
	}
	functions, locations := map[string][]string{}, map[string][]string{}
	for _, f := range info.Functions {
		if f.Entry == 0 {
			continue // it is nowhere but inlined
		}
		slices.Sort(calls[f.Name])
		functions[f.Name] = append(functions[f.Name], fmt.Sprintf("%d long, optimized: %t, inlines %q", f.End-f.Entry, f.Optimized(), calls[f.Name]))
	}
	located := 0
	var in *proc.Function
	for e := range entries(t, info.Images[0].DwarfReader()) {
		if low, ok := e.Val(dwarf.AttrLowpc).(uint64); ok && e.Tag == dwarf.TagSubprogram {
			in = info.PCToFunc(low)
		}
		if field := e.AttrField(dwarf.AttrLocation); in == nil || e.Tag != dwarf.TagFormalParameter || field == nil || field.Class != dwarf.ClassLocListPtr {
			continue
		}
		address, pieces, _, err := info.Location(e, dwarf.AttrLocation, in.Entry, op.DwarfRegisters{CFA: 1 << 20}, nil)
		if err == nil {
			located++
		}
		locations[in.Name] = append(locations[in.Name], fmt.Sprint(e.Val(dwarf.AttrName), address, pieces, err == nil))
	}
	if located < 10000 {
		t.Errorf("only %d parameters are somewhere", located)
	}
	files := 0
	for _, file := range info.Sources {
		if strings.HasPrefix(file, root) {
			files++
			lines := make([]int, 1000)
			for i := range lines {
				lines[i] = i + 1
			}
			var counts []string
			for line, pcs := range info.AllPCsForFileLines(file, lines) {
				counts = append(counts, fmt.Sprint(line, " ", len(pcs)))
			}
			slices.Sort(counts)
			functions[file] = counts
		}
	}
	if files == 0 {
		t.Error("no file of the app has lines")
	}
	for name, list := range locations {
		slices.Sort(list)
		functions["parameters of "+name] = []string{strings.Join(list, ", ")}
	}
	return functions
}

// debugType is what debug information says of a type.
type debugType struct {
	text string // with its fields
	kind int64  // reflect.Kind
	hash uint32 // of the type that the program itself has; 0 if it has none
}

// compareTypes requires that the types of a program, and perhaps more, are there.
func compareTypes(t *testing.T, early, stock map[string]debugType) {
	t.Helper()
	runtimes := 0
	for name, want := range stock {
		is := early[name]
		if strings.Contains(name, " .param") {
			continue // a function's own
		}
		if want.kind == 0 { // it was not asked for
			is.kind = 0
		}
		if strings.Contains(name, "go.shape.") {
			want.hash = 0 // several packages may have what refers to it: see compareFunctions
		}
		if is.text != want.text || is.kind != want.kind || want.hash != 0 && is.hash != want.hash {
			t.Errorf("type %s is\n%+v\nbut go build makes\n%+v", name, is, want)
		}
		if want.hash != 0 {
			runtimes++
		}
	}
	if len(stock) < 5000 || runtimes < 1000 {
		t.Errorf("only %d types were compared, %d of the program's own", len(stock), runtimes)
	}
}

// readTypes tells of each type by its name.
func readTypes(t *testing.T, f *elf.File) map[string]debugType {
	t.Helper()
	info, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	const attrKind, attrRuntimeType = 0x2900, 0x2904 // cmd/internal/dwarf
	contents, err := f.Section(".rodata").Data()
	if err != nil {
		t.Fatal(err)
	}
	names := map[dwarf.Offset]string{}
	types := map[string]debugType{}
	for pass := range 2 {
		var name string
		var is debugType
		depth := 0
		for e := range entries(t, info.Reader()) {
			called, _ := e.Val(dwarf.AttrName).(string)
			if names[e.Offset] == "" {
				names[e.Offset] = called
			}
			if pass == 0 || name == "" && (called == "" || !isType(e.Tag)) {
				continue
			}
			if name == "" {
				name = fmt.Sprint(e.Tag, " ", called)
			}
			for _, field := range e.Field {
				if kind, ok := field.Val.(int64); ok && field.Attr == attrKind {
					is.kind = kind
					continue
				}
				switch value := field.Val.(type) {
				case uint64:
					if field.Attr == attrRuntimeType && value != 0 {
						is.hash = binary.LittleEndian.Uint32(contents[value+16:]) // internal/abi.Type
					}
				case dwarf.Offset:
					if field.Attr != dwarf.AttrSibling {
						is.text += fmt.Sprintf("%v %s, ", field.Attr, names[value])
					}
				default:
					is.text += fmt.Sprintf("%v %v, ", field.Attr, value)
				}
			}
			switch {
			case e.Children:
				depth++
			case e.Tag == 0:
				depth--
			}
			if depth == 0 {
				types[name] = is
				name, is = "", debugType{}
			}
		}
	}
	return types
}

func isType(tag dwarf.Tag) bool {
	return strings.HasSuffix(tag.String(), "Type") || tag == dwarf.TagTypedef
}
