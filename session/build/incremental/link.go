package incremental

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/hotdev/hotdev/session/build/archive"
)

// linkStep is the command that links the program, to be run in the directory of
// the go command.
type linkStep struct {
	env            []string
	args           []string // with the tool's path first
	out, cfg, main int      // where in args the names of these files stand
	buildID        string   // that is linked in; "" for none
	lines          []string // of the importcfg, beside the packages
	packages       []string // import paths
}

// buildIDMark stands in executables where the go command puts a build ID that
// lets it recognise its own work, which this is not.
const buildIDMark = "hotdev"

// readLink takes the step from the script.
func (c *capture) readLink(s *script) error {
	l := linkStep{env: s.link.env}
	for i := 0; i < len(s.link.args); i++ {
		arg := s.link.args[i]
		id, isID := strings.CutPrefix(arg, "-buildid=")
		switch {
		case arg == "-o":
			l.out = len(l.args) + 1
			l.args = append(l.args, arg, "")
			i++
		case arg == "-importcfg":
			l.cfg = len(l.args) + 1
			l.args = append(l.args, arg, "")
			i++
			l.lines = strings.Split(s.files[s.link.args[i]], "\n")
		case isID: // the last one counts, and it may be the developer's
			if l.buildID = id; strings.Contains(id, "/") {
				l.buildID = buildIDMark + strings.Repeat("-", max(0, len(id)-len(buildIDMark)))
			}
			l.args = append(l.args, "-buildid="+l.buildID)
		case i == len(s.link.args)-1:
			l.main = len(l.args)
			l.args = append(l.args, "")
		case strings.Contains(arg, "$WORK"):
			return fmt.Errorf("the program is linked with the generated file %s", arg)
		default:
			l.args = append(l.args, arg)
		}
	}
	if l.out == 0 || l.cfg == 0 || l.main == 0 {
		return errors.New("the command that links the program is not known")
	}
	l.lines = slices.DeleteFunc(l.lines, func(line string) bool {
		path, isPackage := strings.CutPrefix(line, "packagefile ")
		if isPackage {
			path, _, _ = strings.Cut(path, "=")
			l.packages = append(l.packages, path)
		}
		return isPackage
	})
	for _, path := range l.packages {
		if c.pkgs[path] == nil {
			return fmt.Errorf("the program is linked with package %s, which is not compiled", path)
		}
	}
	c.link = l
	return nil
}

// linkKey returns the hash of everything that the executable is made from.
func (c *capture) linkKey(contentOf func(path string) archive.Hash) archive.Hash {
	h := sha256.New()
	for _, s := range slices.Concat(c.link.env, c.link.args, c.link.lines) {
		fmt.Fprintf(h, "%d %s", len(s), s)
	}
	for _, path := range c.link.packages {
		content := contentOf(path)
		h.Write(content[:])
	}
	return archive.Hash(h.Sum(nil))
}

// runLink links the archives into the file out.
func (b *Builder) runLink(ctx context.Context, c *capture, archiveOf func(path string) string, out string) error {
	var cfg bytes.Buffer
	for _, path := range c.link.packages {
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", path, archiveOf(path))
	}
	cfg.WriteString(strings.Join(c.link.lines, "\n"))
	name := b.temp("importcfg.link")
	if err := os.WriteFile(name, cfg.Bytes(), 0o600); err != nil {
		return err
	}
	args := slices.Clone(c.link.args)
	args[c.link.out], args[c.link.cfg], args[c.link.main] = out, name, archiveOf(c.main.path)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = c.config.Dir
	cmd.Env = slices.Concat(c.config.Env, c.link.env, b.tempEnv())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := b.execute(cmd); err != nil {
		return fmt.Errorf("linking: %w: %s", err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}

// contentID returns the hash that the go command makes of an executable: that
// of its bytes with zeros in the place of the build ID, cut to 15 bytes
// (cmd/internal/buildid.FindAndHash). Without a build ID it is the same hash.
func contentID(path, buildID string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if err := hashWithout(h, f, []byte(buildID)); err != nil {
		return nil, err
	}
	return h.Sum(nil)[:15], nil
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
