package prompt

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// command is one of the prompt's.
type command struct {
	names   []string // the first is the full one
	group   string
	short   string // one line
	usage   string // what follows the name, and what it means
	stopped bool   // it needs a program that stands
	run     func(s *session, args string) error
}

const (
	groupRun    = "Running the program"
	groupBreaks = "Manipulating breakpoints"
	groupData   = "Viewing program variables and memory"
	groupGo     = "Listing and switching between goroutines"
	groupStack  = "Viewing the call stack and selecting frames"
	groupOther  = "Other commands"
)

// commands lists all, in the order of help.
func commands() []command {
	return []command{
		{[]string{"continue", "c"}, groupRun, "Run until breakpoint.",
			"\n\nIf the program runs already, waits for its next stop. Ctrl-C stops it.", false, (*session).cont},
		{[]string{"next", "n"}, groupRun, "Step over to next source line.", "", true, stepping("next")},
		{[]string{"step", "s"}, groupRun, "Single step through program.", "", true, stepping("stepIn")},
		{[]string{"step-instruction", "si"}, groupRun, "Single step a single cpu instruction.", "", true, (*session).instruction},
		{[]string{"stepout", "so"}, groupRun, "Step out of the current function.", "", true, stepping("stepOut")},
		{[]string{"halt", "pause"}, groupRun, "Stop a program that runs.", "", false, (*session).halt},
		{[]string{"restart", "r", "rebuild"}, groupRun, "Build and start the program anew (hotdev reload).", "", false, (*session).restart},
		{[]string{"call"}, groupRun, "Resumes process, injecting a function call.", " <expression>", true, (*session).call},

		{[]string{"break", "b"}, groupBreaks, "Sets a breakpoint.", ` [name] [locspec] [if <condition>]

A locspec is <file>:<line>, <line> or +<n>, -<n> in the current file, or a
function: <function>, <package>.<function>, (*<type>).<method>. Without one the
breakpoint is on the current line. File names are relative to the working
directory, or the end of the name of just one file of the program. Lines are
those of the file as it is now, and follow its edits.`, false, (*session).setBreak},
		{[]string{"condition", "cond"}, groupBreaks, "Set breakpoint condition.", ` <breakpoint> <boolean expression>
	condition -hitcount <breakpoint> <operator> <count>
	condition -clear <breakpoint>

The breakpoint stops if the expression is true; with -hitcount, if the number of
hits compares so: operators are >, >=, <, <=, ==, != and %.`, false, (*session).condition},
		{[]string{"on"}, groupBreaks, "Executes a command when a breakpoint is hit.", ` <breakpoint> <command>
	on <breakpoint> -clear`, false, (*session).on},
		{[]string{"breakpoints", "bp"}, groupBreaks, "Print out info for breakpoints.", "\n\nThose of this prompt; 'hotdev break list' shows those of all clients.", false, (*session).listBreaks},
		{[]string{"clear"}, groupBreaks, "Deletes breakpoint.", " <breakpoint name or id>", false, (*session).clear},
		{[]string{"clearall"}, groupBreaks, "Deletes multiple breakpoints.", " [locspec]\n\nAll, or those of a line or function.", false, (*session).clearAll},

		{[]string{"print", "p"}, groupData, "Evaluate an expression.", " <expression>", true, (*session).print},
		{[]string{"whatis"}, groupData, "Prints type of an expression.", " <expression>", true, (*session).whatis},
		{[]string{"set"}, groupData, "Changes the value of a variable.", " <variable> = <value>", true, (*session).set},
		{[]string{"args"}, groupData, "Print function arguments.", " [<regex>]", true, (*session).args},
		{[]string{"locals"}, groupData, "Print local variables.", " [<regex>]", true, (*session).locals},
		{[]string{"vars"}, groupData, "Print variables of the current package.", " [<regex>]", true, (*session).vars},
		{[]string{"display"}, groupData, "Print value of an expression every time the program stops.", ` -a <expression>
	display -d <number>
	display`, false, (*session).display},
		{[]string{"examinemem", "x"}, groupData, "Examine raw memory at the given address.", " …\n\nAs Delve has it: 'examinemem -x &variable'.", true, delve("examinemem")},

		{[]string{"goroutines", "grs"}, groupGo, "List program goroutines.", " [<regex>]", true, (*session).goroutines},
		{[]string{"goroutine", "gr"}, groupGo, "Shows or changes current goroutine.", ` [<id> [<command>]]

With a command, executes it on that goroutine and stays on this one.`, true, (*session).switchGoroutine},

		{[]string{"stack", "bt"}, groupStack, "Print stack trace.", " [<depth>]", true, (*session).stack},
		{[]string{"frame"}, groupStack, "Set the current frame, or execute command on a different frame.", " <n> [<command>]", true, (*session).setFrame},
		{[]string{"up"}, groupStack, "Move the current frame up.", " [<n>]", true, move(1)},
		{[]string{"down"}, groupStack, "Move the current frame down.", " [<n>]", true, move(-1)},

		{[]string{"list", "ls", "l"}, groupOther, "Show source code.", " [<file>:<line> | <line>]", false, (*session).list},
		{[]string{"sources"}, groupOther, "Print list of source files.", " [<regex>]", false, delve("sources")},
		{[]string{"types"}, groupOther, "Print list of types.", " [<regex>]", false, delve("types")},
		{[]string{"config"}, groupOther, "Changes configuration parameters.", " -list | <parameter> <value>", false, delve("config")},
		{[]string{"help", "h"}, groupOther, "Prints the help message.", " [<command>]", false, (*session).help},
		{[]string{"exit", "quit", "q"}, groupOther, "Leave; the program and the other clients go on.", "", false,
			func(*session, string) error { return errExit }},
	}
}

// lookUp finds a command by one of its names.
func lookUp(name string) (command, bool) {
	for _, c := range commands() {
		if slices.Contains(c.names, name) {
			return c, true
		}
	}
	return command{}, false
}

// complete is the terminal's: Tab completes the name of a command.
func complete(line string, pos int, key rune) (string, int, bool) {
	if key != '\t' || pos != len(line) || strings.Contains(line, " ") {
		return "", 0, false
	}
	var match string
	for _, c := range commands() {
		name := c.names[0]
		switch {
		case !strings.HasPrefix(name, line):
		case match == "":
			match = name + " "
		default:
			for !strings.HasPrefix(name, match) {
				match = match[:len(match)-1]
			}
		}
	}
	if len(match) <= len(line) {
		return "", 0, false
	}
	return match, len(match), true
}

func (s *session) help(name string) error {
	if name != "" {
		c, ok := lookUp(name)
		if !ok {
			return fmt.Errorf("command not available: %s", name)
		}
		fmt.Fprintf(s.out, "%s\n\n\t%s%s\n", c.short, c.names[0], c.usage)
		if len(c.names) > 1 {
			fmt.Fprintf(s.out, "\nAliases: %s\n", strings.Join(c.names[1:], " "))
		}
		return nil
	}
	fmt.Fprintln(s.out, "The following commands are available:")
	group := ""
	w := tabwriter.NewWriter(s.out, 0, 8, 1, ' ', 0)
	for _, c := range commands() {
		if c.group != group {
			group = c.group
			fmt.Fprintf(w, "\n%s:\n", group)
		}
		alias := ""
		if len(c.names) > 1 {
			alias = " (alias: " + strings.Join(c.names[1:], " | ") + ")"
		}
		fmt.Fprintf(w, "    %s%s\t%s\n", c.names[0], alias, c.short)
	}
	fmt.Fprintln(w, "\nType help followed by a command for full documentation.")
	return w.Flush()
}

// delve makes a command of one of those that Delve has on the right of "dlv" in
// an expression.
func delve(name string) func(*session, string) error {
	return func(s *session, args string) error {
		body, err := s.evaluate(strings.TrimSpace("dlv "+name+" "+args), "repl")
		if err == nil {
			fmt.Fprintln(s.out, strings.TrimRight(body.Result, "\n"))
		}
		return err
	}
}
