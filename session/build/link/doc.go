// Package link links Go programs faster than the go command does, in ways that
// make the same code. It knows how to link a program without debug information
// and to make that later, as a debug twin; what a program is made of, and when a
// debugger wants to look into it, others know.
//
// # The ladder
//
// Link takes the first of these that the program allows and that succeeds:
//
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
// address of data in a shared library has no such way.
//
// What is lost is debug information for C code, which it does not pass on.
//
// # The debug twin
//
// Without debug information, a program has the same code and data at the same
// addresses. So it can be linked again with it when a debugger comes, from the
// same archives, and the debugger is given both: they belong together by the GNU
// build ID, which Want.ID makes unique. Twin compares all that is loaded, since
// debuggers do not.
package link
