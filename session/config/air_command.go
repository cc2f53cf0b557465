package config

import (
	"path"
	"slices"
	"strings"
)

// valueFlags are the flags of go build that take the next word when they are
// written without "=" (go help build).
var valueFlags = []string{
	"C", "asmflags", "buildmode", "compiler", "covermode", "coverpkg", "gccgoflags", "gcflags",
	"installsuffix", "ldflags", "mod", "modfile", "o", "overlay", "p", "pgo", "pkgdir", "tags", "toolexec",
}

// cmd maps the build command: a plain go build to its package and flags,
// anything else to build.command.
func (a *air) cmd(key string, v *value) {
	words, wrong := splitWords(v.text)
	env, words := assignments(words)
	if wrong != "" || len(words) < 2 || words[0] != "go" || words[1] != "build" {
		if !a.put(key, "build.command", shellCommand(v.text)) {
			return
		}
		a.note(key, "[build] command must write the executable to the path in $HOTDEV_OUTPUT; where it only calls go build, set app.package and build.flags instead: that is faster")
		return
	}
	if len(env) > 0 {
		a.note(key, "the build has the environment of hotdev: set %s there", strings.Join(env, " "))
	}
	packages := a.goBuildFlags(key, words[2:])
	if len(packages) > 0 && strings.HasSuffix(packages[0], ".go") {
		packages = []string{packageOf(packages[0])}
	}
	switch len(packages) {
	case 0:
		packages = []string{"."}
	case 1:
	default:
		a.note(key, "one app is developed at a time: app.package is the first of %s", strings.Join(packages, ", "))
	}
	a.put(key, "app.package", ofText(&packages[0]))
}

// packageOf is the package, as go build takes it, of a file in it.
func packageOf(file string) string {
	if dir := path.Dir(relative(file)); dir != "." && !path.IsAbs(dir) {
		return "./" + dir
	}
	return path.Dir(relative(file))
}

// goBuildFlags maps the flags of a go build and returns its packages.
func (a *air) goBuildFlags(key string, words []string) (packages []string) {
	var flags []string
	race := false
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		word := words[0]
		words = words[1:]
		name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if !given && slices.Contains(valueFlags, name) && len(words) > 0 {
			value, words = words[0], words[1:]
			word += "=" + value
		}
		switch {
		case name == "o": // hotdev starts what it has built
		case name == "race":
			race = value != "false"
		case name == "tags":
			tags := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
			a.put(key, "build.tags", ofTexts(tags))
		case name == "gcflags" && strings.Contains(value, "-N"):
			a.note(key, "%s is left out: hotdev builds for the debugger by itself", word)
		case flagHome[name] != "":
			a.note(key, "%s is left out: %s", word, flagHome[name])
		default:
			flags = append(flags, word)
		}
	}
	if len(flags) > 0 {
		a.put(key, "build.flags", ofTexts(flags))
	}
	if race {
		a.put(key, "build.race", ofBool(&race))
	}
	return words
}

// preCmd maps the commands before a build.
func (a *air) preCmd(key string, v *value) {
	commands := &value{kind: listKind}
	for _, line := range a.strings(key, v) {
		commands.items = append(commands.items, shellCommand(line))
	}
	if len(commands.items) == 0 {
		return
	}
	if a.put(key, "run.before", commands) {
		a.note(key, "run.before runs after the build, before each start; a code generator belongs in [build] command")
	}
}

// shellCommand is the command for a line that air gives to a shell: its words
// where no shell is needed.
func shellCommand(line string) *value {
	words, wrong := splitWords(line)
	env, _ := assignments(words)
	if wrong != "" || len(env) > 0 || strings.ContainsAny(line, "$*?~") {
		words = []string{"sh", "-c", line}
	}
	return ofTexts(words)
}

// fullBin maps a command line that starts the app: assignments to app.env, the
// words behind the executable to app.args.
func (a *air) fullBin(key string, v *value) {
	words, wrong := splitWords(v.text)
	env, words := assignments(words)
	switch {
	case wrong != "" || strings.Contains(v.text, "$"):
		a.note(key, "left out: it needs a shell; app.env and app.args hold its variables and arguments")
		return
	case len(words) > 0 && strings.TrimSuffix(path.Base(relative(words[0])), ".exe") == "dlv":
		a.note(key, "left out: hotdev runs the app under Delve by itself, see [debug]")
		return
	}
	for _, assignment := range env {
		name, content, _ := strings.Cut(assignment, "=")
		a.env.put([]pair{{name: name}}, ofText(&content))
	}
	if len(words) > 1 {
		a.addArgs(words[1:])
	}
}

// entrypoint maps the executable and its first arguments.
func (a *air) entrypoint(key string, v *value) {
	if v.kind == textKind {
		return
	}
	if words := a.strings(key, v); len(words) > 1 {
		a.addArgs(words[1:])
	}
}

func (a *air) argsBin(key string, v *value) {
	a.addArgs(a.strings(key, v))
}

func (a *air) addArgs(words []string) {
	a.lists["app.args"] = append(a.lists["app.args"], words...)
}

// assignments splits the NAME=value words at the front off a command.
func assignments(words []string) (env, rest []string) {
	n := slices.IndexFunc(words, func(w string) bool {
		name, _, ok := strings.Cut(w, "=")
		return !ok || !isName(name)
	})
	if n < 0 {
		n = len(words)
	}
	return words[:n], words[n:]
}

// isName reports whether s is a variable's name (POSIX XBD 3.216, Name).
func isName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
