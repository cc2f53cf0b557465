package link

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// method is a way to link.
type method string

const (
	// The toolchain's own, extended so that it can load the packages that others
	// import before it knows of those.
	dependenciesFirst method = "Go's linker, dependencies first"

	internal method = "Go's linker"          // alone
	mold     method = "the linker mold"      // called by Go's
	lld      method = "the linker lld"       // called by Go's
	external method = "the system's linker"  // called by Go's
	plain    method = "the go command's way" // whatever that is
)

// step is a rung of the ladder for one program.
type step struct {
	method
	stripped    bool              // without debug information
	twin        bool              // with it, and with the build ID of the one without
	flags       []string          // beside the program's
	substitutes map[string]string // for archives, by file

	// For dependenciesFirst:
	linker  string    // its path
	early   []Archive // that are loaded first, by the files that are linked
	earlier []string  // archives of the others, or of earlier versions, which tell what to expect
}

// archive is the file that is linked for a package.
func (s step) archive(a Archive) string {
	if file, ok := s.substitutes[a.File]; ok {
		return file
	}
	return a.File
}

// arguments returns the flags for the linker beside the program's.
func (s step) arguments(w Want) []string {
	switch {
	case s.method == dependenciesFirst: // it is told the ID later
		if s.stripped {
			return slices.Concat(s.flags, []string{"-s"})
		}
		// Delve wants a symbol table, be it for nothing.
	case s.stripped && s.method == internal:
		return slices.Concat(s.flags, []string{"-s", "-B=0x" + w.ID})
	case s.stripped:
		return slices.Concat(s.flags, []string{"-w", "-B=0x" + w.ID})
	case s.twin:
		return slices.Concat(s.flags, []string{"-B=0x" + w.ID})
	}
	return s.flags
}

// dependenciesFirst returns the step with which a linker links p that loads the
// late packages last.
func (s step) dependenciesFirst(linker string, p Program, late []string) step {
	s.method, s.linker = dependenciesFirst, linker
	for _, a := range p.Archives {
		a.File = s.archive(a)
		if slices.Contains(late, a.Package) {
			s.earlier = append(s.earlier, a.File)
		} else {
			s.early = append(s.early, a)
		}
	}
	return s
}

func (s step) String() string {
	if s.stripped {
		return string(s.method) + ", without debug information"
	}
	return string(s.method)
}

// ladder returns the steps to try for p, the fastest first, and why others are
// not among them.
func (l *Linker) ladder(ctx context.Context, run Run, p Program, w Want) (steps []step, why []string) {
	add := func(s step) {
		if reason := l.reason(s.method); reason != "" {
			why = append(why, reason)
			return
		}
		s.stripped = !w.Debug
		steps = append(steps, s)
	}
	// addInternal adds what links with Go's linker alone.
	addInternal := func(s step) {
		if len(w.Late) > 0 {
			switch tool, reason := l.tool(); {
			case tool != "":
				add(s.dependenciesFirst(tool, p, w.Late))
			case reason != "":
				why = append(why, reason)
			}
		}
		s.method = internal
		add(s)
	}
	last := step{method: plain}
	if flag := unknownFlag(p.Args); flag != "" {
		return []step{last}, []string{"the linker has the flag " + flag}
	}
	substitutes, hasC, err := l.survey(ctx, run, p)
	switch {
	case ctx.Err() != nil:
		return []step{last}, nil
	case err != nil:
		why = append(why, err.Error())
	case !hasC:
		addInternal(step{})
		return append(steps, last), why
	default:
		addInternal(step{flags: []string{"-linkmode=internal"}, substitutes: substitutes})
	}
	for _, fast := range fastLinkers {
		if _, err := exec.LookPath(fast.program); err == nil {
			add(step{method: fast.method, flags: []string{"-linkmode=external", "-extldflags=-fuse-ld=" + fast.name}})
			break
		}
	}
	add(step{method: external, flags: []string{"-linkmode=external"}})
	return append(steps, last), why
}

// fastLinkers are those that the compiler driver can call, the fastest first.
var fastLinkers = []struct {
	method
	name, program string
}{{mold, "mold", "ld.mold"}, {lld, "lld", "ld.lld"}}

func (l *Linker) reason(m method) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.demoted[m]
}

// knownFlags are the linker's flags that leave open how a program is linked;
// a bool says whether the value may be the next argument.
var knownFlags = map[string]bool{
	"X": true, "B": true, "buildid": true, "buildmode": true, "compressdwarf": false, "extld": true, "race": false, "installsuffix": true,
}

// unknownFlag returns the first flag of a command line that may have to do with
// how the program is linked, "" for none.
func unknownFlag(args []string) string {
	for i := 1; i < len(args); i++ {
		name, value, given := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		separate, known := knownFlags[name]
		if separate && !given {
			if i++; i < len(args) {
				value = args[i]
			}
		}
		switch {
		case !known, name == "B" && value != "none", name == "buildmode" && value != "exe":
			return fmt.Sprint("-", name)
		}
	}
	return ""
}
