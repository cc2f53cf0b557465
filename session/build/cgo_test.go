package build_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// cgoApp is an app with C: functions of the C library that are called, and one
// whose address is data; a function of Go's that C calls; a header.
func cgoApp(t *testing.T) subject {
	t.Helper()
	base := map[string]string{}
	for _, f := range txtar.Parse([]byte(cgoFiles)).Files {
		base[f.Name] = string(f.Data)
	}
	return newTextApp(t, base, cgoEdits, "./words")
}

const cgoFiles = `
-- go.mod --
module example.com/app

go 1.26
-- main.go --
package main

import (
	"fmt"

	"example.com/app/native"
	"example.com/app/numbers"
	"example.com/app/words"
)

func main() {
	fmt.Println("main", native.Number("12"), native.Root(2), native.Back(4), native.Greeting())
	fmt.Println(numbers.Sum(1, 2, 3), numbers.Where(), words.Hello, words.Long("x"))
}
-- numbers/numbers.go --
package numbers

import "runtime"

func Sum[N int | float64](list ...N) (sum N) {
	for _, n := range list {
		sum += n
	}
	return sum
}

func Where() int {
	_, _, line, _ := runtime.Caller(0)
	return line
}
-- words/words.go --
package words

import "strings"

// Hello is what native greets with.
const Hello = "hello"

//go:noinline
func Long(s string) string {
	return strings.Repeat(s, 2)
}
-- native/native.go --
package native

/*
#cgo LDFLAGS: -lm
#include <math.h>
#include "native.h"

static double root(double x) { return sqrt(x); }
*/
import "C"

import (
	"unsafe"

	"example.com/app/words"
)

func Number(s string) int {
	text := C.CString(s)
	defer C.free(unsafe.Pointer(text))
	return int(C.number(text))
}

func Root(x float64) float64 { return float64(C.root(C.double(x))) }

func Back(n int) int { return int(C.back(C.int(n))) }

func Greeting() string { return words.Hello + words.Long("!") }

//export goTwice
func goTwice(n C.int) C.int { return 2 * n }
-- native/native.h --
#include <stdlib.h>
#define OFFSET 0

int number(const char *text);
int back(int n);
-- native/native.c --
#include "native.h"
#include "_cgo_export.h"

static int (*const convert)(const char *) = atoi;
static const struct { int (*f)(const char *); const char *name; } table[] = {{atoi, "atoi"}};

int number(const char *text) { return convert(text) + table[0].f(text) + OFFSET; }

int back(int n) { return goTwice(n) + 1; }
`

var cgoEdits = []textEdit{
	{name: "body of main", file: "main.go", old: `"main"`, new: `"main %[1]d"`, numbers: 9},
	{name: "generic body", file: "numbers/numbers.go", old: "sum += n", new: "sum += n + %[1]d", numbers: 9},
	{name: "move", file: "numbers/numbers.go", old: "func Where", new: "// Where %[1]d.\n\nfunc Where", numbers: 3},
	{name: "signature", file: "numbers/numbers.go", old: "Where() int {", new: "Where(_ ...[%[1]d]int) int {", numbers: 3},
	{name: "body of what C's package imports", file: "words/words.go", old: "(s, 2)", new: "(s, 2+%[1]d)", numbers: 9},
	{name: "comment in what C's package imports", file: "words/words.go", old: "// Hello is", new: "// Hello %[1]d is", numbers: 9},
	{name: "move in what C's package imports", file: "words/words.go", old: "//go:noinline", new: "// Long is.\n//\n//go:noinline", numbers: 1},
	{name: "constant that C's package has", file: "words/words.go", old: `"hello"`, new: `"hello%[1]d"`, numbers: 9},
	{name: "type that C's package imports", file: "words/words.go", old: "//go:noinline", new: "type Added struct{ A [%[1]d]int }\n\n//go:noinline", numbers: 3},
	{name: "function of C", file: "native/native.c", old: "+ OFFSET", new: "+ OFFSET + %[1]d", numbers: 9, falls: true},
	{name: "header", file: "native/native.h", old: "OFFSET 0", new: "OFFSET %[1]d", numbers: 9, falls: true},
	{name: "C in a comment", file: "native/native.go", old: "sqrt(x)", new: "sqrt(x) + %[1]d", numbers: 9, falls: true},
	{name: "Go beside C", file: "native/native.go", old: "2 * n", new: "2 * n + %[1]d", numbers: 9, falls: true},
	{name: "type error", file: "numbers/numbers.go", old: "return line", new: "return line + \"%[1]d\"", numbers: 3, breaks: true},
	{name: "file", file: "numbers/more.go", new: "package numbers\n\nfunc init() { println(%[1]d) }\n", numbers: 1, falls: true},
	{name: "file of C", file: "native/more.c", new: "int unused(void) { return %[1]d; }\n", numbers: 1, falls: true},
	{name: "import", file: "numbers/numbers.go", old: `import "runtime"`, new: "import (\n\t\"runtime\"\n\n\t_ \"example.com/app/words\"\n)", numbers: 1},
	{name: "import of C's package", file: "numbers/numbers.go", old: "package numbers\n", new: "package numbers\n\nimport _ \"example.com/app/native\"\n", numbers: 1},
	{name: "import of a new package", file: "words/words.go", old: `import "strings"`, new: "import (\n\t_ \"container/ring\"\n\t\"strings\"\n)", numbers: 1},
	{name: tagEdit, file: "main.go", old: "package main", new: "package main", numbers: 1, falls: true},
	{name: "go.mod", file: "go.mod", old: "go 1.26\n", new: "go 1.26 // %[1]d\n", numbers: 9, falls: true},
}
