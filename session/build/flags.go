package build

import (
	"fmt"
	"go/version"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/graph"
)

// Flags that hotdev gives go build, beside the developer's:
//
//   - -json: output by package, while others are still compiled (Go 1.24).
//   - -buildvcs=false: the state of the repository changes with every save and
//     commit, and would make a different program of the same code. A
//     -buildvcs of the developer's wins.
//   - -gcflags=-e for the app's own packages: all errors, not the first ten.
//     Dependencies are compiled without it, so that the build cache has them.
//   - -gcflags=-N -l for the app's own packages in a debuggable build. Those of
//     dependencies stay optimized: they are in the build cache already, C code
//     included, and the app runs nearly as fast as ever. Who debugs into them
//     sets -gcflags=all=-N -l.
//   - -ldflags=-compressdwarf=false: links faster, and a debugger starts sooner.
//   - -ldflags=-B=none on Linux (Go 1.24): no GNU build ID. It is made of the
//     inputs of the build, so that a changed comment in package main would make
//     a different program. Debuggers work without it.
//   - -debug-actiongraph: when the link began, and the build ID.
//
// The go command lets the last -gcflags or -ldflags that matches a package
// decide alone. Those of the developer, in Flags and GOFLAGS, are therefore
// taken out, and put back with hotdev's flags before them.

// jsonSince is the first Go version whose go build has -json and whose linker
// has -B=none.
const jsonSince = "go1.24"

// goFlags are the flags of one go build or go vet.
type goFlags struct {
	args []string // everything but -json, -o and the package
	json bool     // -json is understood
}

// flagsFor works out the flags for r. They are the same for go vet, which
// compiles nothing again then.
func flagsFor(r *Request, tc toolchain, dir string) (goFlags, error) {
	user, err := splitFlags(tc.flags, r.Flags)
	if err != nil {
		return goFlags{}, err
	}
	modern := tc.version == "" || version.Compare(tc.version, jsonSince) >= 0
	f := goFlags{json: modern}
	if !user.buildvcs {
		f.args = append(f.args, "-buildvcs=false")
	}
	compile, link := "-e", "-compressdwarf=false"
	if r.Debug && !r.Optimize {
		compile = "-e -N -l"
	}
	if modern && runtime.GOOS == "linux" {
		link += " -B=none"
	}
	for _, pattern := range ownPatterns(r.Graph, dir) {
		f.args = append(f.args, "-gcflags="+pattern+compile)
	}
	f.args = append(f.args, merge("-gcflags=", compile, user.gcflags)...)
	f.args = append(f.args, "-ldflags="+link)
	f.args = append(f.args, merge("-ldflags=", link, user.ldflags)...)
	if r.Race {
		f.args = append(f.args, "-race")
	}
	if tags := slices.Concat(user.tags, r.Tags); len(tags) > 0 {
		f.args = append(f.args, "-tags="+strings.Join(tags, ","))
	}
	f.args = append(f.args, user.rest...)
	return f, nil
}

// ownPatterns returns the patterns of the app's own packages for -gcflags, each
// with its equals sign; "" means the packages named on the command line. Those
// below the build's directory go by one pattern.
func ownPatterns(g *graph.Graph, dir string) []string {
	patterns := []string{"./...="}
	if g != nil {
		for _, p := range g.Packages() {
			if rel, err := filepath.Rel(dir, p.Dir); err != nil || !filepath.IsLocal(rel) {
				patterns = append(patterns, p.ImportPath+"=")
			}
		}
	}
	return append(patterns, "")
}

// merge puts own before each of the values that the developer gave, behind the
// pattern that a value may begin with (go help build).
func merge(flag, own string, values []string) []string {
	var args []string
	for _, v := range values {
		v = strings.TrimSpace(v)
		pattern := ""
		if i := strings.IndexByte(v, '='); i > 0 && v[0] != '-' && v[0] != '\'' && v[0] != '"' {
			pattern, v = v[:i+1], v[i+1:]
		}
		args = append(args, strings.TrimSpace(flag+pattern+own+" "+v))
	}
	return args
}

// userFlags are the developer's flags, those apart that hotdev must merge.
type userFlags struct {
	gcflags, ldflags, tags []string
	buildvcs               bool
	rest                   []string
}

// splitFlags sorts the flags of GOFLAGS and of the configuration. The rest of
// GOFLAGS is left to the go command, which reads it by itself.
func splitFlags(goflags, flags []string) (userFlags, error) {
	var u userFlags
	if err := u.add(goflags); err != nil {
		return u, err
	}
	u.rest = nil
	if err := u.add(flags); err != nil {
		return u, err
	}
	for _, arg := range u.rest {
		switch name, _, _ := strings.Cut(arg[1:], "="); name {
		case "o", "C", "n", "json":
			return u, fmt.Errorf("build flag -%s cannot be used here: hotdev decides on the output and the directory", name)
		}
	}
	return u, nil
}

// add sorts more flags.
func (u *userFlags) add(flags []string) error {
	for i := 0; i < len(flags); i++ {
		arg := flags[i]
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "" || arg[0] != '-' {
			return fmt.Errorf("build flag %q does not begin with -: packages cannot be given there", arg)
		}
		if !given && takesValue[name] {
			if i++; i == len(flags) {
				return fmt.Errorf("build flag %s needs a value", arg)
			}
			value, given = flags[i], true
		}
		arg = "-" + name
		if given {
			arg += "=" + value
		}
		switch name {
		case "gcflags":
			u.gcflags = append(u.gcflags, value)
		case "ldflags":
			u.ldflags = append(u.ldflags, value)
		case "tags": // the last one counts
			u.tags = strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })
		case "buildvcs":
			u.buildvcs = true
			u.rest = append(u.rest, arg)
		default:
			u.rest = append(u.rest, arg)
		}
	}
	return nil
}

// takesValue are the flags of go build that may have their value in the next
// argument (go help build).
var takesValue = map[string]bool{
	"C": true, "o": true, "p": true, "asmflags": true, "buildmode": true, "compiler": true, "covermode": true, "coverpkg": true,
	"debug-actiongraph": true, "debug-trace": true,
	"gccgoflags": true, "gcflags": true, "installsuffix": true, "ldflags": true, "mod": true, "modfile": true,
	"overlay": true, "pgo": true, "pkgdir": true, "tags": true, "toolexec": true,
}
