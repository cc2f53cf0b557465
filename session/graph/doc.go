// Package graph knows which files make up the app under development, from one
// run of `go list -deps -e`, and says of every path what a change of it calls
// for, and why. It starts no builds and watches nothing: session/watch asks it
// where to look, session what a change means.
//
// # Precedence
//
// [Graph.Classify] applies the first rule that matches. What the build really
// reads beats every glob except [watch] ignore, so that a glob can never leave
// a stale binary behind; what a person wrote beats what is guessed from names.
//
//  1. hotdev.toml: config.
//  2. A [watch] ignore glob: ignored.
//  3. A file that was in the build at Load, or go.mod, go.sum, go.work,
//     go.work.sum, vendor/modules.txt: rebuild.
//  4. An env file: restart.
//  5. Editors' temporary files, version control, node_modules: ignored.
//  6. A file that joins the build: a Go, C or assembly file in a package
//     directory, a match of a //go:embed pattern, a file of a package that is
//     imported and missing: rebuild.
//  7. A directory: outside; the files in it count on their own.
//  8. A [watch] restart glob: restart.
//  9. A [watch] reload glob: reload.
//  10. A _test.go file, or anything below testdata: test.
//  11. Any other Go file: outside (not imported, excluded by a constraint, in
//     another module, …).
//  12. A template, script, style sheet, image or font below the root or the
//     app's directory, and not in vendor or a hidden directory: reload.
//  13. Anything else: outside.
//
// # Paths
//
// Every path inside a graph is canonical up to its last element: the directory
// has no symbolic links. The queries accept any spelling, absolute or relative
// to the root, of files that exist, do not exist yet, or no longer exist.
package graph
