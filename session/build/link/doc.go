// Package link links Go programs faster than the go command does, in ways that
// make the same code. It knows how to link a program without debug information
// and to make that later, as a debug twin; what a program is made of, and when a
// debugger wants to look into it, others know.
//
// # The ladder
//
// Link takes the first of these that the program allows and that succeeds:
//
//   - Go's own linker alone, extended to load dependencies first: see below.
//   - Go's own linker alone. The go command uses it for programs without C, and
//     for those whose only C is that of a few standard packages. For others,
//     each archive with C is checked, and prepared once: see below.
//   - The system's linker is called with -fuse-ld=mold or lld, if there is one.
//   - The system's linker as it is.
//   - What go build does.
//
// A step that fails where a later one succeeds is not tried again (Report.Why).
//
// # C objects in Go's own linker
//
// That linker reads C objects, but some of what they may hold it can't link, and
// some it drops without a word. An archive is left to the system's linker unless
// everything in it is known to come out right: no constructors or destructors, no
// thread-local, common, weak or indirect symbols, no groups (C++), no tables of
// exceptions, no linker flags but libraries, nothing that the go command has
// marked.
//
// It can't fill in data with the address of a function in a shared library. Such
// a function gets a stub in the archive, which jumps to it, and which all of the
// archive's objects then mean by its name, so that they agree on its address. An
// address of data in a shared library has no such way. Nor can it give most
// instructions the address of a symbol of the archive's own from the table of
// addresses: they get it from a slot, a variable that is added to the archive.
//
// What is lost is debug information for C code, which it does not pass on.
//
// # Dependencies first
//
// Most of what Go's linker does, with a program that is mostly dependencies, is to
// load archives, to find out what of them can be reached, and to make tables of
// that. It need not wait for the archives that a save changes. So Await builds a
// second linker, from the source that the toolchain has of its own with the files
// in patch added, and starts it: it loads the packages that are not in Want.Late,
// marks what their initialization, and the archives of the other packages as they
// were, refer to, makes what the runtime's tables of functions hold of that, and the
// debug information of its types, and waits. Link tells it where the others are now,
// and about packages that are new.
//
// The program is the same but for the order of symbols, also within those tables,
// for what the earlier version needed and this one does not, since a superset is
// reached, and for what is there so that Delve has less to read: the symbol table
// names no more than Delve looks for, and in the debug information, which says the
// same, structs tell where they end, functions are in partial units, which those of
// the packages import, and the runtime's variables come first. What is reached is not
// too little, since the search goes on from the new packages, with the state that
// it had; what it had visited is visited again if meanwhile it got another
// definition, or another package's use of a type in an interface came to be known,
// or a symbol that it refers to. A function that got another definition is
// tabulated again; if what others' tables hold of it is not the same any more, all
// are made anew. A symbol whose definition would have had to come first, as a type's,
// fails the link, which then is one by the toolchain's linker. The linker itself checks that
// each package was compiled against the others that it is linked with, and that
// whatever is referred to was reached. Before it is used, the second linker has to
// make the same bytes as the toolchain's without loading anything early; it is not
// made of a source that it does not know.
//
// # The debug twin
//
// Without debug information, a program has the same code and data at the same
// addresses. So it can be linked again with it when a debugger comes, or before,
// from the same archives, loaded in the same order, and the debugger is given both:
// they belong together by the GNU build ID, which Want.ID makes unique. Twin
// compares all that is loaded, since debuggers do not.
package link
