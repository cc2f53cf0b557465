package dap

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-dap"
)

// view is how a client wants to see the app. Delve has one view for its one
// client; the front gives it the one of whoever asks next (see loop.look), so
// that each client gets the answers that it would get alone.
type view struct {
	types, paging bool              // what it said in initialize that it supports
	options       map[string]string // presentation options by name, as `dlv config` takes them
}

// defaults are Delve's values of the options that a view has.
var defaults = map[string]string{
	"stackTraceDepth":      "50",
	"maxStringLen":         "0",
	"maxArrayValues":       "0",
	"showGlobalVariables":  "false",
	"showRegisters":        "false",
	"showRawStrings":       "false",
	"hideSystemGoroutines": "false",
	"goroutineFilters":     "",
	"showPprofLabels":      "", // joined by spaces
}

func newView(can dap.InitializeRequestArguments) view {
	return view{types: can.SupportsVariableType, paging: can.SupportsVariablePaging, options: maps.Clone(defaults)}
}

// config is the part of a launch or attach configuration that the front heeds.
// The rest says how to build and start an app, and that is hotdev.toml's.
type config struct {
	Launch
	NoDebug        bool  `json:"noDebug"`
	StopOnEntry    bool  `json:"stopOnEntry"`
	SubstitutePath paths `json:"substitutePath"`
	HotdevEvents   bool  `json:"hotdevEvents"` // the client takes the events of Front.Announce

	StackTraceDepth      int      `json:"stackTraceDepth"`
	MaxStringLen         int      `json:"maxStringLen"`
	MaxArrayValues       int      `json:"maxArrayValues"`
	ShowGlobalVariables  bool     `json:"showGlobalVariables"`
	ShowRegisters        bool     `json:"showRegisters"`
	ShowRawStrings       bool     `json:"showRawStrings"`
	HideSystemGoroutines bool     `json:"hideSystemGoroutines"`
	GoroutineFilters     string   `json:"goroutineFilters"`
	ShowPprofLabels      []string `json:"showPprofLabels"`
}

// configure takes over what c says; numbers of 0 and less are the defaults.
func (v view) configure(c config) {
	for name, n := range map[string]int{
		"stackTraceDepth": c.StackTraceDepth, "maxStringLen": c.MaxStringLen, "maxArrayValues": c.MaxArrayValues,
	} {
		if n > 0 {
			v.options[name] = strconv.Itoa(n)
		}
	}
	for name, on := range map[string]bool{
		"showGlobalVariables": c.ShowGlobalVariables, "showRegisters": c.ShowRegisters,
		"showRawStrings": c.ShowRawStrings, "hideSystemGoroutines": c.HideSystemGoroutines,
	} {
		v.options[name] = strconv.FormatBool(on)
	}
	v.options["goroutineFilters"] = c.GoroutineFilters
	v.options["showPprofLabels"] = strings.Join(c.ShowPprofLabels, " ")
}

// commands returns the `dlv config` commands that lead from v's options to those
// of to.
func (v view) commands(to view) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(to.options)) {
		value := to.options[name]
		switch {
		case value == v.options[name]:
		case name == "showPprofLabels":
			list = append(list, "dlv config showPprofLabels -clear")
			for _, label := range strings.Fields(value) {
				list = append(list, "dlv config showPprofLabels "+label)
			}
		case name == "goroutineFilters":
			list = append(list, "dlv config goroutineFilters "+strconv.Quote(value))
		default:
			list = append(list, "dlv config "+name+" "+value)
		}
	}
	return list
}

func (v view) clone() view {
	v.options = maps.Clone(v.options)
	return v
}

// initialize returns the arguments that give Delve the capabilities of v.
// Events that some client does not support are dropped by the front.
func (v view) initialize() dap.InitializeRequestArguments {
	return dap.InitializeRequestArguments{
		ClientID: "hotdev", AdapterID: "go", PathFormat: "path", LinesStartAt1: true, ColumnsStartAt1: true,
		SupportsVariableType: v.types, SupportsVariablePaging: v.paging,
		SupportsMemoryReferences: true, SupportsInvalidatedEvent: true, SupportsMemoryEvent: true,
	}
}

// console finds the option and the value in a command for Delve that a person
// has typed.
var console = regexp.MustCompile(`^\s*dlv\s+config\s+(\S+)\s+(.*\S)\s*$`)

// typed takes over an option that was set in Delve by expression, if v has it.
// Labels and path rules are changed one at a time there; they stay as they are
// for everyone until the next start of the app.
func (v view) typed(expression string) {
	m := console.FindStringSubmatch(expression)
	if m == nil || m[1] == "showPprofLabels" {
		return
	}
	if _, ok := v.options[m[1]]; !ok {
		return
	}
	value := m[2]
	if s, err := strconv.Unquote(value); err == nil {
		value = s
	}
	v.options[m[1]] = value
}
