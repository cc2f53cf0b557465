package diag

import (
	"path/filepath"
	"regexp"
	"strings"
)

// The codes of build diagnostics.
const (
	codeBuild       = "build"              // anything else
	codeSyntax      = "syntax-error"       // Go syntax
	codeType        = "type-error"         // everything else that the Go compiler finds
	codeCycle       = "import-cycle"       //
	codeMissing     = "missing-package"    // no such package where it would have to be
	codeModule      = "missing-module"     // no required module has the package, or it cannot be had
	codeSum         = "missing-go-sum"     //
	codeChecksum    = "checksum-mismatch"  //
	codeConstraints = "build-constraints"  // all files of a package are excluded
	codeEmbed       = "embed"              // a //go:embed pattern
	codeImport      = "import-not-allowed" // internal, main and relative packages
	codePackages    = "mixed-packages"     // two package names in a directory
	codeVersion     = "go-version"         // a newer Go is required
	codeMod         = "go-mod"             // go.mod is wrong or out of date
	codeWork        = "go-work"            // go.work is wrong or out of date
	codeVendor      = "vendor"             // the vendor directory is out of date
	codeCgo         = "cgo"                //
	codeC           = "c-compiler"         // gcc or clang
	codeAsm         = "assembler"          //
	codeLink        = "link"               //
	codeNoMain      = "no-main"            //
	codeFlag        = "build-flag"         // a flag that a tool does not know
)

// messageCodes gives messages their codes; the first that matches counts.
var messageCodes = []struct {
	re   *regexp.Regexp
	code string
}{
	{regexp.MustCompile(`import cycle not allowed`), codeCycle},
	{regexp.MustCompile(`missing go\.sum entry`), codeSum},
	{regexp.MustCompile(`checksum mismatch`), codeChecksum},
	{regexp.MustCompile(`no required module provides|cannot find module providing|unknown revision|no matching versions|replacement directory .* does not exist`), codeModule},
	{regexp.MustCompile(`is not in std|does not contain package|cannot find package|no Go files in|directory not found|outside main module`), codeMissing},
	{regexp.MustCompile(`build constraints exclude all Go files|no non-test Go files in`), codeConstraints},
	{regexp.MustCompile(`^pattern .*: |go:embed`), codeEmbed},
	{regexp.MustCompile(`use of (?:internal|vendored) package|is a program, not an importable package|local import|relative import|invalid import path`), codeImport},
	{regexp.MustCompile(`^found packages `), codePackages},
	{regexp.MustCompile(`requires go >=|requires Go |toolchain not available|invalid toolchain|invalid go version`), codeVersion},
	{regexp.MustCompile(`inconsistent vendoring|vendor/modules\.txt`), codeVendor},
	{regexp.MustCompile(`go\.work`), codeWork},
	{regexp.MustCompile(`updates to go\.mod needed|go\.mod file`), codeMod},
	{regexp.MustCompile(`flag provided but not defined|invalid value .* for flag`), codeFlag},
	{regexp.MustCompile(`could not determine what C\.|^cgo: `), codeCgo},
	{symbolError, codeLink},
	{regexp.MustCompile(`^\S+@v\S+: `), codeModule},
	{regexp.MustCompile(`^syntax error|^expected |newline in string|literal not terminated|string not terminated|invalid UTF-8|comment not terminated`), codeSyntax},
}

// codeOf returns the code of a message in a file, which may be "".
func codeOf(message, file string) string {
	for _, m := range messageCodes {
		if m.re.MatchString(message) {
			return m.code
		}
	}
	switch filepath.Ext(file) {
	case ".mod":
		return codeMod
	case ".work":
		return codeWork
	case ".s", ".S":
		return codeAsm
	case "", ".sum":
		return codeBuild
	default:
		return codeType // a //line directive may name any file
	}
}

// suggestion takes a command that the go command suggests below a message as
// the fix of the finding i.
func (p *buildParser) suggestion(i int, text string) bool {
	d := &p.found[i]
	fields := strings.Fields(text)
	if len(fields) < 3 || fields[0] != "go" || !suggestible[fields[1]] || d.Fix != nil {
		return false
	}
	if d.Code == codeModule {
		if dir, own := p.inModule(fields[2]); own && fields[1] == "get" {
			d.Code = codeMissing
			d.Message = "package " + fields[2] + " is not in this module: there are no Go files in " + filepath.Join(filepath.Dir(p.GoMod), filepath.FromSlash(dir))
			return true
		}
	}
	d.Fix = &Fix{Title: text, Command: fields, Dir: p.fixDir(d)}
	d.Message += " " + text
	return true
}

// fixDir is where the fix of d has to run: near its file, but in a module that is
// the developer's to change.
func (p *buildParser) fixDir(d *Diagnostic) string {
	dir := filepath.Dir(d.File)
	switch {
	case d.Code == codeWork && p.GoWork != "":
		return filepath.Dir(p.GoWork)
	case p.GoMod == "" || isBelow(dir, filepath.Dir(p.GoMod)) || p.GoWork != "" && isBelow(dir, filepath.Dir(p.GoWork)):
		return dir
	}
	return filepath.Dir(p.GoMod)
}

// isBelow reports whether dir is parent, or lies somewhere in it.
func isBelow(dir, parent string) bool {
	rel, err := filepath.Rel(parent, dir)
	return err == nil && filepath.IsLocal(rel)
}

// suggestible are the subcommands of go that mend what a build found.
var suggestible = map[string]bool{"get": true, "mod": true, "work": true}
