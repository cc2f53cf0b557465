package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FromAir turns a configuration of air (air-verse/air, .air.toml) into a
// hotdev.toml that Load accepts. notes say, one line for each key of air in the
// order of its file, what has no equal and why, and what differs; keys that ask
// for nothing (false, 0, "", []) are passed over. The error is of type Errors,
// with the position, when data is not TOML.
func FromAir(data []byte) (toml []byte, notes []string, err error) {
	doc, bad := parse(data)
	if bad != nil {
		return nil, nil, Errors{errorAt(".air.toml", bad.at, bad.message)}
	}
	a := &air{
		keys:  map[string]*value{},
		lists: map[string][]string{},
		env:   &value{kind: tableKind},
		into:  decoder{paths: map[string]place{}},
		set:   map[string]bool{},
	}
	order := a.flatten("", doc)
	for _, key := range order {
		v := a.keys[key]
		if v.asksNothing() {
			continue
		}
		switch rule := airRules[key]; {
		case rule.apply != nil:
			rule.apply(a, key, v)
		case rule.why != "":
			a.note(key, "%s", rule.why)
		case strings.HasPrefix(key, "build.windows."), strings.HasPrefix(key, "build.darwin."), strings.HasPrefix(key, "build.linux."):
			a.note(key, "there are no tables for one system; hotdev names and starts the executable of each by itself")
		case strings.HasPrefix(key, "color."):
			a.note(key, "colours follow the terminal and NO_COLOR")
		default:
			a.note(key, "is no key of air that hotdev knows")
		}
	}
	a.finish()
	return render(&a.tables, a.set), a.notes, nil
}

// air is a conversion in progress.
type air struct {
	keys   map[string]*value   // air's, by dotted name
	lists  map[string][]string // what is put into hotdev's lists at the end
	env    *value              // what is put into app.env at the end
	into   decoder             // holds the result to the same checks as a hotdev.toml
	tables Tables
	set    map[string]bool // the keys of tables that were put
	notes  []string
}

// airRule is what becomes of a key: it is applied, or the reason why not.
type airRule struct {
	apply func(a *air, key string, v *value)
	why   string
}

var airRules = map[string]airRule{
	"root":         {apply: (*air).root},
	"tmp_dir":      {why: "builds are kept in the user's cache, not in the project"},
	"testdata_dir": {why: "which files matter comes from the build itself"},
	"env_files":    {apply: (*air).envFiles},

	"build.pre_cmd":                   {apply: (*air).preCmd},
	"build.cmd":                       {apply: (*air).cmd},
	"build.post_cmd":                  {why: "nothing runs after the app stops"},
	"build.bin":                       {why: "hotdev starts what it has built"},
	"build.entrypoint":                {apply: (*air).entrypoint},
	"build.full_bin":                  {apply: (*air).fullBin},
	"build.args_bin":                  {apply: (*air).argsBin},
	"build.log":                       {why: "build errors are diagnostics in the editor and the terminal"},
	"build.include_ext":               {apply: (*air).includeExt},
	"build.exclude_dir":               {apply: (*air).excludeDir},
	"build.include_dir":               {why: "the directories to watch come from the build itself, also outside the root"},
	"build.exclude_file":              {apply: (*air).excludeFile},
	"build.include_file":              {apply: (*air).includeFile},
	"build.exclude_regex":             {apply: (*air).excludeRegex},
	"build.exclude_unchanged":         {why: "a file with the same content never counts as changed"},
	"build.ignore_dangerous_root_dir": {why: "only the directories of the build are watched"},
	"build.follow_symlink":            {why: "linked directories that are in the build are watched"},
	"build.poll":                      {apply: (*air).poll},
	"build.poll_interval":             {why: "hotdev chooses the interval"},
	"build.delay":                     {why: "the quiet period adapts to how saves come"},
	"build.stop_on_error":             {why: "a failed build never touches the running app"},
	"build.send_interrupt":            {why: "the app is always asked to stop (SIGTERM), and killed after run.stop_timeout"},
	"build.kill_delay":                {apply: (*air).killDelay},
	"build.rerun":                     {why: "an app that ended starts again with the next save, or `hotdev start`"},
	"build.rerun_delay":               {why: "an app that ended starts again with the next save, or `hotdev start`"},
	"build.rules":                     {why: "no command runs for a change of other files; watch.restart and watch.reload say what such a change does"},

	"log.time":      {why: "log lines carry their time in `hotdev logs --json`"},
	"log.main_only": {why: "the app's log and hotdev's own lines are separate streams"},
	"log.silent":    {why: "the app's log and hotdev's own lines are separate streams"},

	"misc.clean_on_exit":      {why: "nothing is left in the project that needs cleaning"},
	"misc.startup_banner":     {why: "there is no banner"},
	"screen.clear_on_rebuild": {why: "the key c clears the screen"},
	"screen.keep_scroll":      {why: "the log is never cleared by itself"},

	"proxy.enabled":           {apply: (*air).proxyEnabled},
	"proxy.proxy_port":        {apply: (*air).proxyPort},
	"proxy.app_port":          {why: "the port is found out from where the app listens"},
	"proxy.app_start_timeout": {why: "requests wait for a new version as long as proxy.hold_timeout says"},
}

// flatten fills keys with what is below v and returns their order.
func (a *air) flatten(prefix string, v *value) (order []string) {
	for _, p := range v.pairs {
		name := prefix + p.name
		if p.value.kind == tableKind {
			order = append(order, a.flatten(name+".", p.value)...)
			continue
		}
		if a.keys[name] == nil {
			order = append(order, name)
		}
		a.keys[name] = p.value
	}
	return order
}

// asksNothing reports whether v is the zero of its type.
func (v *value) asksNothing() bool {
	switch v.kind {
	case textKind:
		return v.text == ""
	case boolKind:
		return !v.truth
	case listKind:
		return len(v.items)+len(v.pairs) == 0
	}
	return v.text == "0"
}

func (a *air) note(key, format string, args ...any) {
	a.notes = append(a.notes, key+": "+fmt.Sprintf(format, args...))
}

// put sets a key of hotdev and reports whether v passed its checks. from is
// air's key.
func (a *air) put(from, path string, v *value) bool {
	v.setName(path)
	if a.into.set(keyAt(path), v, &a.tables); len(a.into.errs) > 0 {
		a.note(from, "left out: %s", a.into.errs[0].Message)
		a.into.errs = nil
		return false
	}
	a.set[path] = true
	return true
}

// finish puts what several keys of air add to.
func (a *air) finish() {
	base := defaults()
	for _, l := range []struct {
		from, path string
		below      []string
	}{
		{"build.args_bin", "app.args", nil},
		{"build.include_ext", "watch.restart", base.Watch.Restart},
		{"build.exclude_dir", "watch.ignore", base.Watch.Ignore},
	} {
		if more := a.lists[l.path]; len(more) > 0 {
			a.put(l.from, l.path, ofTexts(slices.Concat(l.below, more)))
		}
	}
	if len(a.env.pairs) > 0 {
		a.put("build.full_bin", "app.env", a.env)
	}
}

// strings returns the strings of an array, and notes what is none.
func (a *air) strings(key string, v *value) (all []string) {
	if v.kind != listKind || slices.ContainsFunc(v.items, func(i *value) bool { return i.kind != textKind }) {
		a.note(key, "left out: it is not an array of strings")
		return nil
	}
	for _, item := range v.items {
		all = append(all, item.text)
	}
	return all
}

func (a *air) root(key string, v *value) {
	if v.text != "." && v.text != "./" {
		a.note(key, "hotdev.toml belongs in that directory: move it to %s and start hotdev there, or with -C", show(v.text))
	}
}

func (a *air) envFiles(key string, v *value) {
	if a.put(key, "app.env_files", v) {
		a.note(key, "a file that does not exist is an error in hotdev")
	}
}

// ownExts are the extensions that hotdev knows what to do with: those of the
// build, and those that reload the browser.
var ownExts = []string{
	"go", "mod", "sum", "work", "html", "htm", "tmpl", "gohtml", "tpl",
	"css", "js", "mjs", "svg", "png", "jpg", "jpeg", "gif", "webp", "ico", "woff", "woff2",
}

func (a *air) includeExt(key string, v *value) {
	for _, ext := range a.strings(key, v) {
		switch ext = strings.TrimPrefix(ext, "."); {
		case ext == "*":
			a.note(key, `"*" has no equal: watch.restart names the files that matter`)
		case ext != "" && !slices.Contains(ownExts, ext):
			a.lists["watch.restart"] = append(a.lists["watch.restart"], "**/*."+globQuote(ext))
		}
	}
}

func (a *air) excludeDir(key string, v *value) {
	for _, dir := range a.strings(key, v) {
		a.ignore(key, strings.TrimSuffix(dir, "/"), "/**")
	}
}

func (a *air) excludeFile(key string, v *value) {
	for _, file := range a.strings(key, v) {
		a.ignore(key, file, "")
	}
}

// ignore adds a path of air, and what is below it, to watch.ignore.
func (a *air) ignore(key, path, below string) {
	if path = relative(path); path != "" {
		a.lists["watch.ignore"] = append(a.lists["watch.ignore"], globQuote(path)+below)
	}
}

func (a *air) includeFile(key string, v *value) {
	for _, file := range a.strings(key, v) {
		if file = relative(file); file != "" {
			a.lists["watch.restart"] = append(a.lists["watch.restart"], globQuote(file))
		}
	}
}

// relative writes a path with slashes and without a leading ./
func relative(path string) string {
	return strings.TrimPrefix(strings.ReplaceAll(path, `\`, "/"), "./")
}

// globQuote makes a text match only itself.
func globQuote(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`!*?[]{}\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (a *air) excludeRegex(key string, v *value) {
	for _, regex := range a.strings(key, v) {
		if name := strings.TrimRight(strings.ReplaceAll(regex, `\`, ""), "$"); name == "_test.go" {
			a.note(key, "tests are not in the build, so they never restart the app")
			continue
		}
		a.note(key, "%s is a regular expression: write it as a glob in watch.ignore", show(regex))
	}
}

func (a *air) poll(key string, v *value) {
	always := "always"
	a.put(key, "watch.poll", ofText(&always))
}

// killDelay maps air's time from SIGINT to SIGKILL: a duration as a string, or
// nanoseconds.
func (a *air) killDelay(key string, v *value) {
	delay, err := time.ParseDuration(v.text)
	if v.kind == otherKind {
		delay, err = time.ParseDuration(v.text + "ns")
	}
	interrupt := a.keys["build.send_interrupt"]
	switch {
	case err != nil:
		a.note(key, "left out: %s is not a duration", v.describe())
	case interrupt == nil || !interrupt.truth:
		a.note(key, "left out: without send_interrupt air does not use it; run.stop_timeout stays at %s", defaults().Run.StopTimeout)
	case delay < time.Millisecond:
		a.note(key, "left out: in air %s is %s; run.stop_timeout stays at %s", v.describe(), delay, defaults().Run.StopTimeout)
	default:
		s := delay.String()
		a.put(key, "run.stop_timeout", ofText(&s))
	}
}

func (a *air) proxyEnabled(key string, v *value) {
	a.put(key, "proxy.enabled", v)
}

func (a *air) proxyPort(key string, v *value) {
	if on := a.keys["proxy.enabled"]; on == nil || !on.truth {
		a.note(key, "left out: air's proxy is off")
		return
	}
	address := ":" + v.text
	a.put(key, "run.address", ofText(&address))
}
