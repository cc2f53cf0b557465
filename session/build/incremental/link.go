package incremental

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/build/archive"
	"github.com/hotdev/hotdev/session/build/link"
)

// linkStep is the command that links the program, to be run in the directory of
// the go command.
type linkStep struct {
	Env      []string
	Args     []string // with the tool's path first, without -o, -importcfg and the main package's archive
	BuildID  string   // that is linked in; "" for none
	Lines    []string // of the importcfg, beside the packages
	Packages []string // import paths, sorted
	Implied  bool     // all packages are those that the main package depends on
}

// buildIDMark stands in executables where the go command puts a build ID that
// lets it recognise its own work, which this is not.
const buildIDMark = "hotdev"

// readLink takes the step from the script.
func (c *capture) readLink(s *script) error {
	l := linkStep{Env: s.link.env}
	cfg, known := "", false
	for i := 0; i < len(s.link.args)-1; i++ { // the main package's archive comes last
		arg := s.link.args[i]
		id, isID := strings.CutPrefix(arg, "-buildid=")
		switch {
		case arg == "-o":
			i++
		case arg == "-importcfg":
			i++
			cfg, known = s.files[s.link.args[i]]
		case isID: // the last one counts, and it may be the developer's
			if l.BuildID = id; strings.Contains(id, "/") {
				l.BuildID = buildIDMark + strings.Repeat("-", max(0, len(id)-len(buildIDMark)))
			}
			l.Args = append(l.Args, "-buildid="+l.BuildID)
		case strings.Contains(arg, "$WORK"):
			return fmt.Errorf("the program is linked with the generated file %s", arg)
		default:
			l.Args = append(l.Args, arg)
		}
	}
	if !known {
		return errors.New("the command that links the program is not known")
	}
	l.Lines = slices.DeleteFunc(strings.Split(cfg, "\n"), func(line string) bool {
		path, isPackage := strings.CutPrefix(line, "packagefile ")
		if isPackage {
			path, _, _ = strings.Cut(path, "=")
			l.Packages = append(l.Packages, path)
		}
		return isPackage
	})
	for _, path := range l.Packages {
		if c.Pkgs[path] == nil {
			return fmt.Errorf("the program is linked with package %s, which is not compiled", path)
		}
	}
	slices.Sort(l.Packages)
	l.Implied = slices.Equal(l.Packages, slices.Sorted(maps.Keys(c.reachable(c.main.Path, func(p *pkg) []string { return p.Deps }))))
	c.Link = l
	return nil
}

// linkKey returns the hash of everything that the executable of some packages is
// made from.
func (c *capture) linkKey(packages []string, contentOf func(path string) archive.Hash) archive.Hash {
	h := sha256.New()
	for _, s := range slices.Concat(c.Link.Env, c.Link.Args, c.Link.Lines) {
		fmt.Fprintf(h, "%d %s", len(s), s)
	}
	for _, path := range packages {
		content := contentOf(path)
		h.Write(content[:])
	}
	return archive.Hash(h.Sum(nil))
}

// programKey returns the linkKey of the program that was built last.
func (c *capture) programKey() archive.Hash {
	return c.linkKey(c.Link.Packages, func(path string) archive.Hash { return c.Pkgs[path].Content })
}

// linkable returns the program of some packages for the linker.
func (c *capture) linkable(packages []string, archiveOf func(path string) string) link.Program {
	p := link.Program{
		Dir:    c.Config.Dir,
		Env:    slices.Concat(c.Config.Env, c.Link.Env),
		Args:   c.Link.Args,
		Config: c.Link.Lines,
		Main:   c.main.Path,
	}
	for _, path := range packages {
		p.Archives = append(p.Archives, link.Archive{Package: path, File: archiveOf(path)})
	}
	return p
}

// built returns the program that was built last.
func (c *capture) built() link.Program {
	return c.linkable(c.Link.Packages, func(path string) string { return c.Pkgs[path].Archive })
}

// contentIDSize is that of the go command's hashes.
const contentIDSize = 15

// hashExecutable returns the hash that the go command makes of an executable:
// that of its bytes with zeros in the place of the build ID, cut short
// (cmd/internal/buildid.FindAndHash). Without a build ID it is the same hash.
func hashExecutable(path, buildID string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if err := hashWithout(h, f, []byte(buildID)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:contentIDSize]), nil
}

// hashWithout copies r to h with zeros in the place of id.
func hashWithout(h io.Writer, r io.Reader, id []byte) error {
	const size = 256 << 10
	buf := make([]byte, 0, size+len(id))
	zeros := make([]byte, len(id))
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		for len(id) > 0 {
			at := bytes.Index(buf, id)
			if at < 0 {
				break
			}
			h.Write(buf[:at])
			h.Write(zeros)
			buf = append(buf[:0], buf[at+len(id):]...)
		}
		keep := max(0, len(id)-1) // the beginning of an ID may be there
		if last {
			keep = 0
		}
		keep = min(keep, len(buf))
		h.Write(buf[:len(buf)-keep])
		buf = append(buf[:0], buf[len(buf)-keep:]...)
		if last {
			return nil
		}
	}
}
