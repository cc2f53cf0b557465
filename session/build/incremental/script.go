package incremental

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// script is what go build -n prints: the commands that it would run, as a shell
// script that is meant for people (cmd/go/internal/work/shell.go). The work
// directory in it is called $WORK.
type script struct {
	files    map[string]string // content by name, as written by cat >NAME << 'EOF'
	compiles []command
	link     command
}

// command is one line of a script.
type command struct {
	env  []string // set for this command, KEY=value
	args []string // with the tool's path first
}

// readScript reads the output of go build -n, run in dir.
func readScript(output []byte, dir string) (*script, error) {
	s := &script{files: map[string]string{}}
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, len(output)+1)
	cwd := dir
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "cat >"):
			name, _, ok := strings.Cut(strings.TrimPrefix(line, "cat >"), " << 'EOF'")
			if !ok {
				return nil, fmt.Errorf("go build -n prints a line that is not known: %q", line)
			}
			s.files[name] = readDocument(lines)
		case strings.HasPrefix(line, "cd "):
			cwd = strings.TrimPrefix(line, "cd ")
		default:
			if err := s.add(line, cwd, dir); err != nil {
				return nil, err
			}
		}
	}
	if len(s.compiles) == 0 || s.link.args == nil {
		return nil, errors.New("go build -n prints no commands that are known")
	}
	return s, nil
}

// readDocument reads up to the mark EOF, which has no line of its own when the
// document does not end with a newline.
func readDocument(lines *bufio.Scanner) string {
	var text strings.Builder
	for lines.Scan() {
		line, ended := strings.CutSuffix(lines.Text(), "EOF")
		text.WriteString(line)
		if ended {
			break
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// add takes the line if it compiles Go or links.
func (s *script) add(line, cwd, dir string) error {
	env, rest := splitEnv(line)
	tool, _, _ := strings.Cut(rest, " ")
	name := filepath.Base(tool)
	if !filepath.IsAbs(tool) || name != "compile" && name != "link" {
		return nil
	}
	args, err := splitArgs(rest, cwd)
	if err != nil {
		return err
	}
	c := command{env: env, args: args}
	if name == "link" {
		if s.link.args != nil {
			return errors.New("go build -n links more than one program")
		}
		s.link = c
		return nil
	}
	if cwd != dir {
		return fmt.Errorf("go build -n compiles in %s instead of %s", cwd, dir)
	}
	s.compiles = append(s.compiles, c)
	return nil
}

// foreign returns the first tool that lies in another directory; "" if all are in
// it.
func (s *script) foreign(dir string) string {
	for _, c := range slices.Concat(s.compiles, []command{s.link}) {
		if filepath.Dir(c.args[0]) != dir {
			return c.args[0]
		}
	}
	return ""
}

var envPrefix = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)='([^']*)' `)

// splitEnv cuts the variables off a line that begins with them.
func splitEnv(line string) (env []string, rest string) {
	for {
		m := envPrefix.FindStringSubmatch(line)
		if m == nil {
			return env, line
		}
		env = append(env, m[1]+"="+m[2])
		line = line[len(m[0]):]
	}
}

// splitArgs takes a command line apart. The go command quotes an argument like
// strconv.Quote where it must, and then puts "." in the place of its directory
// wherever that stands behind a space.
func splitArgs(line, cwd string) ([]string, error) {
	var args []string
	for line != "" {
		if line[0] == ' ' {
			line = line[1:]
			continue
		}
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("go build -n prints a malformed argument: %q", line)
			}
			arg, err := strconv.Unquote(quoted)
			if err != nil || strings.Contains(arg, " .") {
				return nil, fmt.Errorf("go build -n prints an argument that is ambiguous: %s", quoted)
			}
			args, line = append(args, arg), line[len(quoted):]
			continue
		}
		arg, rest, _ := strings.Cut(line, " ")
		if rel, ok := strings.CutPrefix(arg, "."); ok && cwd != "/" {
			arg = cwd + rel
		}
		args, line = append(args, arg), rest
	}
	return args, nil
}

// argument returns the value of a flag that is given as -name value, and where
// it stands; "" and 0 when it is not.
func (c command) argument(name string) (value string, at int) {
	for i := 1; i+1 < len(c.args); i++ {
		if c.args[i] == name {
			return c.args[i+1], i + 1
		}
	}
	return "", 0
}
