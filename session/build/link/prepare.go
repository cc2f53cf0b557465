package link

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// prepare makes of an archive with C objects one that Go's own linker can link;
// "" if it is that already.
func (l *Linker) prepare(ctx context.Context, run Run, p Program, a Archive) (file string, err error) {
	if runtime.GOARCH != "amd64" {
		return "", errors.New("objects of C are known to come out right on amd64 only")
	}
	entries, err := readArchive(a.File)
	if err != nil {
		return "", err
	}
	c, err := examine(entries)
	if err != nil {
		return "", err
	}
	slots, err := c.slots()
	if err != nil || len(c.stubs)+len(slots) == 0 {
		return "", err
	}
	driver := driverOf(p)
	tmp, err := os.MkdirTemp(l.options.Dir, "prepare")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := l.areFunctions(ctx, run, p, tmp, driver, c); err != nil {
		return "", err
	}
	if entries, err = withSlots(entries, slots); err != nil {
		return "", err
	}
	if entries, err = l.withStubs(ctx, run, p, tmp, driver, entries, c, slots); err != nil {
		return "", err
	}
	l.mu.Lock()
	l.prepared++
	file = filepath.Join(l.options.Dir, fmt.Sprintf("%d.a", l.prepared))
	l.mu.Unlock()
	return file, writeArchive(file, entries)
}

// driverOf returns the compiler driver that calls the system's linker.
func driverOf(p Program) string {
	for i, arg := range p.Args {
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "extld" && given {
			return value
		}
		if name == "extld" && i+1 < len(p.Args) {
			return p.Args[i+1]
		}
	}
	return "gcc"
}

// areFunctions requires that what gets stubs are functions in the shared
// libraries that they come from.
func (l *Linker) areFunctions(ctx context.Context, run Run, p Program, tmp, driver string, c *examined) error {
	kinds := map[string]map[string]elf.SymType{} // by library and symbol
	for _, name := range slices.Sorted(maps.Keys(c.stubs)) {
		library := c.libraries[name]
		if library == "" {
			return fmt.Errorf("the address of %s is in its data, and the library of that is not known", name)
		}
		if kinds[library] == nil {
			out, err := l.command(ctx, run, p, tmp, driver, "-print-file-name="+library)
			if err != nil {
				return err
			}
			if kinds[library], err = dynamicSymbols(strings.TrimSpace(string(out))); err != nil {
				return fmt.Errorf("looking for %s in %s: %w", name, library, err)
			}
		}
		switch kinds[library][name] {
		case elf.STT_FUNC, elf.STT_GNU_IFUNC:
		default:
			return fmt.Errorf("the address of %s, which is no function in %s, is in its data", name, library)
		}
	}
	return nil
}

// dynamicSymbols returns the kinds of symbols that a shared library defines.
func dynamicSymbols(file string) (map[string]elf.SymType, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	kinds := map[string]elf.SymType{}
	for _, s := range list {
		if s.Section != elf.SHN_UNDEF {
			kinds[s.Name] = elf.ST_TYPE(s.Info)
		}
	}
	return kinds, nil
}

// stubPrefix begins the names of stubs.
const stubPrefix = "hotdev_stub_"

// withStubs returns the entries with stubs in the place of functions, and an
// object that has them, and the slots. Objects lose their debug information with
// that, which the linker drops anyhow.
func (l *Linker) withStubs(ctx context.Context, run Run, p Program, tmp, driver string, entries []entry, c *examined, slots []string) ([]entry, error) {
	var source strings.Builder
	source.WriteString("\t.text\n")
	rename := []string{"--strip-debug"}
	for _, name := range slices.Sorted(maps.Keys(c.stubs)) {
		stub := stubPrefix + name
		rename = append(rename, "--redefine-sym="+name+"="+stub)
		fmt.Fprintf(&source, "\t.globl %s\n\t.type %[1]s, @function\n%[1]s:\n\tjmp %s@PLT\n\t.size %[1]s, .-%[1]s\n", stub, name)
	}
	source.WriteString("\t.data\n")
	for _, name := range slots {
		target := name
		if c.stubs[name] {
			target = stubPrefix + name
		}
		fmt.Fprintf(&source, "\t.globl %s\n\t.balign 8\n%[1]s:\n\t.quad %s\n\t.size %[1]s, .-%[1]s\n", slotPrefix+name, target)
	}
	source.WriteString("\t.section .note.GNU-stack,\"\",@progbits\n")
	stubs := filepath.Join(tmp, "stubs.s")
	if err := os.WriteFile(stubs, []byte(source.String()), 0o600); err != nil {
		return nil, err
	}
	object := filepath.Join(tmp, "stubs.o")
	if _, err := l.command(ctx, run, p, tmp, driver, "-c", "-o", object, stubs); err != nil {
		return nil, err
	}
	list := slices.Clone(entries)
	for i, e := range list {
		if !isHostObject(e) || len(c.stubs) == 0 {
			continue
		}
		file := filepath.Join(tmp, "object.o")
		err := os.WriteFile(file, e.data, 0o600)
		if err == nil {
			_, err = l.command(ctx, run, p, tmp, "objcopy", append(rename, file)...)
		}
		if err == nil {
			list[i].data, err = os.ReadFile(file)
		}
		if err != nil {
			return nil, fmt.Errorf("renaming functions in %s: %w", e.name, err)
		}
	}
	data, err := os.ReadFile(object)
	return append(list, entry{name: "_xstubs.o", data: data}), err
}
