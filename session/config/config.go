// Package config reads hotdev.toml and everything that overrides it: profiles,
// HOTDEV_* variables and flags. The file is wholly optional. Reading is
// strict: an unknown key or a bad value is an error with its place in the file,
// and all errors are reported at once.
//
// The struct tags of App, Build, Watch, Run, Proxy and Debug are the one
// description of the format: the decoder, the JSON schema, the table of
// environment variables and the file that `hotdev init` writes come from them.
//
//   - toml: the key's name
//   - help: what it means, one line
//   - enum: the permitted values, separated by |
//   - check: the check (see check.go) of the value or of each of its elements
//   - example: a value to show where the default is to find out
//   - short: a second, shorter environment variable
//
// The package knows nothing of Go packages, builds or processes; it checks
// only what can be checked without them.
package config

import (
	"path/filepath"
	"time"
)

// FileName is the name of the configuration file in the workspace's root.
const FileName = "hotdev.toml"

// Config is the configuration in force: every layer applied, every path
// absolute.
type Config struct {
	File    string // absolute path of the hotdev.toml in force, or of where one would be
	Exists  bool   // whether File exists
	Profile string // the selected profile; "" for none
	Tables

	paths map[string]place // where each path of Tables was written
}

// Tables are the tables of hotdev.toml, at its top and in each profile.
type Tables struct {
	App   App   `toml:"app" help:"What is run."`
	Build Build `toml:"build" help:"How it is built."`
	Watch Watch `toml:"watch" help:"What a save of a file that is not Go source does. Globs are relative to this file and may use ** and {a,b}."`
	Run   Run   `toml:"run" help:"How a version is started and stopped."`
	Proxy Proxy `toml:"proxy" help:"The front door that holds requests while versions are swapped."`
	Debug Debug `toml:"debug" help:"The debugger."`
}

// App is the table [app].
type App struct {
	Package  string            `toml:"package" check:"package" example:"./cmd/api" short:"HOTDEV_PACKAGE" help:"Main package, as go build takes it. Found out when there is only one."`
	Args     []string          `toml:"args" help:"Arguments of the app."`
	Dir      string            `toml:"dir" check:"path" help:"Working directory of the app, relative to this file."` // absolute in a Config
	Env      map[string]string `toml:"env" help:"Environment of the app; wins over env_files and over hotdev's own environment."`
	EnvFiles []string          `toml:"env_files" check:"path" help:"Files of KEY=value lines for the environment of the app; later ones win, hotdev's own environment wins over them."` // absolute in a Config
}

// Build is the table [build].
type Build struct {
	Flags        []string `toml:"flags" check:"flag" help:"Further flags for go build."`
	Tags         []string `toml:"tags" check:"tag" help:"Build tags."`
	Race         bool     `toml:"race" help:"Build with the race detector; races are shown at their lines."`
	Optimize     bool     `toml:"optimize" help:"Optimize even when debugging; variables may then be missing in the debugger."`
	Incremental  bool     `toml:"incremental" help:"Run only the compilers and the linker that a change needs, where it is sure what go build would do; false: always go build."`
	BeforeSave   bool     `toml:"before_save" help:"Build what an editor holds unsaved once typing pauses, so that the save finds it built: with one processor at most, and not on battery."`
	CheckUnsaved bool     `toml:"check_unsaved" help:"Show the type errors in what an editor holds unsaved once typing pauses, for editors without gopls."`
	Vet          bool     `toml:"vet" help:"Check calls of printf-like functions after each build; findings are warnings."`
	Command      Command  `toml:"command" example:"make build" help:"Build command, where go build is not enough; it writes the executable to the path in $HOTDEV_OUTPUT. A string is split into words, no shell is used."`
}

// Watch is the table [watch]. Globs are in doublestar's syntax, with slashes,
// relative to the directory of hotdev.toml.
type Watch struct {
	Restart []string `toml:"restart" check:"glob" help:"Files that restart the app without a build, besides env_files."`
	Reload  []string `toml:"reload" check:"glob" help:"Files that only reload the browser, besides templates, style sheets, scripts, images and fonts; embedded ones are built in instead."`
	Ignore  []string `toml:"ignore" check:"glob" help:"Files that do nothing, besides version control, node_modules and the temporary files of editors."`
	Poll    string   `toml:"poll" enum:"auto|always|never" help:"Look for changes instead of being told: auto does so on network and container mounts."`
}

// Run is the table [run].
type Run struct {
	Address     string        `toml:"address" check:"address" example:":8080" short:"HOTDEV_ADDRESS" help:"Public address, host:port. Found out from where the app listens."`
	Ready       Ready         `toml:"ready" help:"When a new version serves: auto (it listens, or lives on without), tcp (it accepts connections), or http /path (the path answers below 500)."`
	StopTimeout time.Duration `toml:"stop_timeout" help:"How long the app may take to stop before it is killed."`
	Exclusive   bool          `toml:"exclusive" help:"Stop the old version before the new one starts, for apps of which two cannot run side by side."`
	Before      []Command     `toml:"before" help:"Commands to run after a good build, before each start; strings or lists of words, no shell is used."`
}

// Proxy is the table [proxy].
type Proxy struct {
	Enabled     bool          `toml:"enabled" help:"Keep the public address open over swaps."`
	HoldTimeout time.Duration `toml:"hold_timeout" help:"How long a request waits for a new version."`
	Inject      bool          `toml:"inject" help:"Add a script to HTML pages that reloads them."`
}

// Debug is the table [debug].
type Debug struct {
	Mode        string `toml:"mode" enum:"lazy|always|off" help:"Run under the debugger: lazy once an editor asks for it, always, or off."`
	WhilePaused string `toml:"while_paused" enum:"wait|restart" help:"What a save does while the app is paused: wait for continue, or restart."`
}

// Command is a program and its arguments. In TOML it is an array of words, or
// a string that is split as a POSIX shell would split it, without expansions.
type Command []string

// Ready says when a new version counts as serving.
type Ready struct {
	Mode string // auto, tcp or http
	Path string // with http: the path that must answer, with its leading slash
}

// String is the TOML form.
func (r Ready) String() string {
	if r.Path != "" {
		return r.Mode + " " + r.Path
	}
	return r.Mode
}

// Default returns the configuration in force where nothing is configured. root
// is absolute.
func Default(root string) *Config {
	c := &Config{File: filepath.Join(root, FileName), Tables: defaults()}
	c.App.Dir = root
	return c
}

// defaults are the tables as if hotdev.toml held every key at its default.
func defaults() Tables {
	return Tables{
		App:   App{Dir: "."},
		Build: Build{Incremental: true, BeforeSave: true},
		Watch: Watch{
			Restart: []string{
				"**/.env", "**/.env.*",
				"[!.]*.{yaml,yml,toml,ini}",
				"**/{conf,config,configs}/**/*.{yaml,yml,toml,ini,json}",
			},
			Poll: "auto",
		},
		Run:   Run{Ready: Ready{Mode: "auto"}, StopTimeout: 10 * time.Second},
		Proxy: Proxy{Enabled: true, HoldTimeout: 30 * time.Second, Inject: true},
		Debug: Debug{Mode: "lazy", WhilePaused: "wait"},
	}
}
