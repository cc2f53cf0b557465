// Package incremental builds a Go program again after its sources changed, with
// the least that has to be run: the compiler for packages whose inputs changed,
// and the linker. It learns from the go command how the program is built, is
// held to the go command's result, and gives up with a Fallback wherever it is
// not sure what the go command would do. It knows nothing of requests, slots or
// diagnostics.
//
// # What is built again
//
// A compiler's output depends on its arguments, the package's files, what they
// embed, and the export data of the packages it imports; it reads nothing else.
// Capture gets the arguments from `go build -n -a`, and archives made by the go
// command from `go list -export`. Build reads all of the app's own sources,
// hashes these inputs for each package, dependencies first, and compiles where
// the hash is another one. Since it asks for the export data of imports, not for
// their sources, it stops at packages whose export data came out the same: that
// is the exact cut-off, and the archives are those that go build would make but
// for the build IDs in their headings, which the linker does not read.
//
// The go command is asked again (Fallback, then Capture) when a file comes or
// goes; when a build constraint, package clause, //go:embed, //go:debug, go.mod,
// go.sum, go.work or the environment of go env -w changes; when an import is new
// to the program or the last one of a package, outside the standard library, of
// which go list -export tells all that has to be known; when a file may be
// embedded that was not there; when a package with cgo, assembly, a profile or
// coverage changes; when the tools or the flags change; and when an archive has
// gone from the build cache. Files that were compiled are hashed again afterwards:
// if they changed meanwhile, what came out is thrown away.
//
// # Why positions need not count
//
// A line that is inserted moves every declaration below it, hence the export
// data, hence all dependents would be compiled. The cut-off Interface compares
// the export data without the line and column of declarations: types, fields,
// methods, parameters, constants, variables, functions. If the rest is the same,
// dependents keep seeing the old export data, and the new object is linked.
//
// This is sound if the compiler makes nothing of those positions but error
// messages. It rests on what the export data is made of (unified format,
// version 2; linker.go and writer.go in cmd/compile/internal/noder):
//
//   - The bodies of inlinable and of generic functions are elements of their own.
//     They hold positions that do end up in dependents, in line tables and
//     debug information, so each of their bytes counts: a body that moves
//     compiles the dependents.
//   - What the compiler found out about functions counts with every byte too:
//     escape notes, inlining costs, pragmas, ABI, linknames, and the numbers of
//     the symbols that dependents refer to by number. So the object and the old
//     export data fit together, which the linker checks by a fingerprint that
//     Archive.WithExport carries over.
//   - Constants count with their values, structs with their tags and order,
//     interfaces and method sets whole, embedded fields as such; which file a
//     declaration is in counts.
//   - Symbols that are not referred to by number, as by go:linkname, are found by
//     name, at link time, in both ways of building.
//   - Type descriptors, wrappers and debug information that a dependent makes of
//     imported types hold no positions of declarations.
//
// A format that is not exactly the known one has no interface hash, and the
// exact cut-off is left. The program is then the same as go build's, byte for
// byte: TestDifferential in session/build holds it to that, and a Builder there
// compares in the field. One difference can be seen: where a dependent's error
// points at a declaration in another package, the line is the one that was valid
// when the package's interface last changed.
//
// # What is shared
//
// Where GOCACHEPROG names a cache, the archives of a Capture are those that the go
// command has from there. What go build -n printed is kept in the same cache (Share),
// by a hash of all that Resume wants to be the same, of what go list says, and of
// the app's own sources; all of that is found out once more after the archives were
// taken. Paths are part of it: machines share it if they have everything in the same
// places, as containers do. Who may write to a shared cache decides on what is built
// from it, by the archives as by this; but what does not fit, or has another program
// do a tool's work, is not used, nor anything more once a program has come out that
// is not go build's. What a Builder has compiled is put nowhere: with the Interface
// cut-off it may not be what the go command takes it for.
//
// # Ahead of a save
//
// A build with an Overlay does the same for texts that an editor has not saved
// yet, and keeps nothing of it but objects and the executable, which are found
// by the hash of what they were made from. So a Build after the save, of the
// same texts, finds them, and one of any other does not. Overlaid files are
// compiled where they are not, but under the name that the go command knows
// (-trimpath, as go build -overlay does): the object is that of the saved file,
// byte for byte, which TestAhead holds.
//
// # From one Builder to the next
//
// Save leaves what a Builder knows to the next one in its directory: the Capture
// with the state that commits have made of it, hashes of the sources and archives
// included, and the executable of that state. Resume takes it up only if
//
//   - the same hotdev wrote it, all of it: there is a heading, and a hash;
//   - directory, package and flags are the same, and of the environment what the go
//     command and its tools look at;
//   - go env says the same, and the go command, Go's compiler and linker, and those
//     for C that PATH leads to are the same files;
//   - the Builder's own archives have the bytes that they had, and those in the go
//     command's cache are the same files, or have the content that their names are
//     hashes of;
//   - the cut-off is not more exact than the one that the archives came out of.
//
// The rest is the same question as between two saves, and has the same answer: the
// first Build compares the sources, go.mod and all other files that decide with
// what the archives were made from, and compiles, or gives up. A program whose
// packages ask pkg-config is not saved: what that says is in no file that is
// known here.
//
// The file is replaced as a whole, and the archives that it names stay until then:
// a Builder that is killed leaves what it has saved last, at the worst. A lock keeps
// the directory from a second Builder.
package incremental
