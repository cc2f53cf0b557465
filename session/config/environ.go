package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// Environ returns the environment to start the app with: the variables of
// App.EnvFiles, a later file winning over an earlier one; over them base, the
// environment of hotdev itself, so that `PORT=9000 hotdev run` means what it
// says (godotenv.Load has the same rule); over all [app.env]. An entry without
// "=" or name in base is kept as it is, at the front.
//
// The files are read at each call. They hold KEY=value lines in the syntax of
// godotenv; ${KEY} in a value stands for an earlier variable of the same file.
// A file that is missing or malformed is an error of type Errors: at its entry
// in hotdev.toml, or at the line in that file.
func Environ(c *Config, base []string) ([]string, error) {
	vars := newVars()
	var errs Errors
	for _, file := range c.App.EnvFiles {
		found, err := readEnvFile(c, file)
		if err != nil {
			errs = append(errs, *err)
		}
		vars.setAll(found)
	}
	if err := errs.sorted(); err != nil {
		return nil, err
	}
	var kept []string
	for _, entry := range base {
		// Windows has entries such as =C:=C:\dir: the name begins with "=".
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			kept = append(kept, entry)
			continue
		}
		vars.set(name, value)
	}
	vars.setAll(c.App.Env)
	return append(kept, vars.list()...), nil
}

// readEnvFile reads the variables of an env file.
func readEnvFile(c *Config, file string) (map[string]string, *Error) {
	data, err := os.ReadFile(file)
	if err != nil {
		at := c.paths[file]
		message := fmt.Sprintf("env file %s does not exist", file)
		if !errors.Is(err, fs.ErrNotExist) {
			message = fmt.Sprintf("the env file cannot be read: %v", err)
		}
		if at.name != "" {
			message = at.name + ": " + message
		}
		e := errorAt(c.File, at, message)
		return nil, &e
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	found, err := godotenv.UnmarshalBytes(data)
	if err != nil {
		e := badLine(file, data, err)
		return nil, &e
	}
	return found, nil
}

// badLine finds the place of an error that godotenv gives none for: the line
// after the longest run of lines that it reads.
func badLine(file string, data []byte, err error) Error {
	l := newLines(data)
	good := len(l.starts) - 1
	for good > 0 {
		if _, e := godotenv.UnmarshalBytes(data[:l.starts[good]]); e == nil {
			break
		}
		good--
	}
	at := l.span(l.starts[good], len(data))
	// The messages quote what follows in the file, which may be secret.
	message, _, _ := strings.Cut(err.Error(), " near ")
	if strings.HasPrefix(message, "unterminated quoted value") {
		message = "a quoted value is not closed"
	}
	return errorAt(file, at, "not a KEY=value line: "+message)
}

// vars are environment variables in the order of their first mention.
type vars struct {
	names  []string
	values map[string]string // by the folded name
}

func newVars() *vars { return &vars{values: map[string]string{}} }

// fold makes equal the names that the system takes for equal.
func fold(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

func (v *vars) set(name, value string) {
	if _, ok := v.values[fold(name)]; !ok {
		v.names = append(v.names, name)
	}
	v.values[fold(name)] = value
}

func (v *vars) setAll(all map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v.set(name, all[name])
	}
}

// list returns KEY=value entries.
func (v *vars) list() []string {
	entries := make([]string, len(v.names))
	for i, name := range v.names {
		entries[i] = name + "=" + v.values[fold(name)]
	}
	return entries
}
