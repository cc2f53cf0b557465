package graph

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// constraints decides whether a Go file that go list has not seen would be
// built, by the rules of `go help buildconstraint`.
type constraints struct {
	ctx    build.Context
	target string // such as "linux/amd64 with tags dev,race", for reasons
}

func newConstraints(env goEnv, o Options) constraints {
	ctx := build.Default
	ctx.BuildTags = nil
	if env.GOOS != "" { // else go env failed
		ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = env.GOOS, env.GOARCH, env.CGO_ENABLED == "1"
		ctx.ReleaseTags = releaseTags(env.GOVERSION)
	}
	flags := append(strings.Fields(env.GOFLAGS), buildFlags(o)...)
	if tags := flagValues(flags, "tags", false); tags != nil {
		ctx.BuildTags = strings.FieldsFunc(tags[len(tags)-1], func(r rune) bool { return r == ',' || r == ' ' })
	}
	for _, mode := range []string{"race", "msan", "asan"} { // each sets the tag of its name
		if v := flagValues(flags, mode, true); v != nil && v[len(v)-1] == "true" {
			ctx.BuildTags = append(ctx.BuildTags, mode)
		}
	}
	target := ctx.GOOS + "/" + ctx.GOARCH
	if len(ctx.BuildTags) > 0 {
		target += " with tags " + strings.Join(ctx.BuildTags, ",")
	}
	return constraints{ctx: ctx, target: target}
}

// releaseTags returns go1.1 to go1.N for the version of the go command; hotdev's
// own for a development version.
func releaseTags(version string) []string {
	_, minor, _ := strings.Cut(version, "go1.")
	minor = minor[:len(minor)-len(strings.TrimLeft(minor, "0123456789"))]
	n, err := strconv.Atoi(minor)
	if err != nil {
		return slices.Clone(build.Default.ReleaseTags)
	}
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("go1.%d", i+1)
	}
	return tags
}

// excludes reports whether the build leaves the Go file at path out, and why,
// as a clause. Of a file that does not exist only the name decides; one that
// cannot be parsed is not left out: the build must report it.
func (c constraints) excludes(path string) (why string, excluded bool) {
	dir, name := filepath.Split(path)
	if name[0] == '_' || name[0] == '.' {
		return "its name begins with _ or ., so that the go command ignores it", true
	}
	src, err := os.ReadFile(path)
	if err != nil {
		src = []byte("package p\n")
	}
	if c.matches(dir, name, src) {
		if importsC(src) && !c.ctx.CgoEnabled {
			return `it imports "C", and cgo is off (CGO_ENABLED=0)`, true
		}
		return "", false
	}
	if !c.matches(dir, name, []byte("package p\n")) {
		return fmt.Sprintf("its name says that it is for another system, and the build is for %s/%s", c.ctx.GOOS, c.ctx.GOARCH), true
	}
	return fmt.Sprintf("its constraint %q does not hold for %s", buildLine(src), c.target), true
}

// matches reports whether a file with this name and content fits the build.
func (c constraints) matches(dir, name string, src []byte) bool {
	ctx := c.ctx
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(src)), nil }
	ok, err := ctx.MatchFile(dir, name)
	return ok || err != nil
}

// buildLine returns the build constraint of src as written.
func buildLine(src []byte) string {
	lines := bufio.NewScanner(bytes.NewReader(src))
	var plus []string
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if constraint.IsGoBuild(line) {
			return line
		}
		if constraint.IsPlusBuild(line) {
			plus = append(plus, line)
		}
		if strings.HasPrefix(line, "package ") {
			break
		}
	}
	return strings.Join(plus, "; ")
}

// importsC reports whether src is a cgo file.
func importsC(src []byte) bool {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly)
	return err == nil && slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"C"` })
}
