package prompt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-dap"
)

// point is a breakpoint of this prompt: on a line, or on a function.
type point struct {
	id       int    // the front's; stays over reloads
	name     string // that it was given; "" for none
	file     string // absolute
	line     int    // as the front has told it last
	function string // then file and line are where it is

	condition, hits string
	on              []string // commands at each hit

	verified bool
	message  string
}

// where is a point's place as it is shown.
func (s *session) where(p *point) string {
	at := ""
	if p.file != "" {
		at = fmt.Sprintf("%s:%d", s.short(p.file), p.line)
	}
	if p.function != "" {
		at = strings.TrimSpace(p.function + "() " + at)
	}
	return at
}

// label is what a point is called.
func (p *point) label() string {
	if p.name != "" {
		return p.name
	}
	return strconv.Itoa(p.id)
}

func (s *session) setBreak(args string) error {
	p := &point{}
	where, condition, _ := cutCondition(args)
	p.condition = condition
	if name, rest, two := strings.Cut(where, " "); two {
		p.name, where = name, strings.TrimSpace(rest)
		if _, err := strconv.Atoi(name); err == nil || s.find(name) != nil {
			return fmt.Errorf("%q can't be a breakpoint's name: it is a number, or another one's", name)
		}
	}
	var err error
	if p.file, p.line, p.function, err = s.locate(where); err != nil {
		return err
	}
	if same := s.at(p); same != nil {
		return fmt.Errorf("breakpoint exists at %s: %s", s.where(same), same.label())
	}
	s.points = append(s.points, p)
	if err := s.send(p); err != nil {
		s.points = slices.DeleteFunc(s.points, func(q *point) bool { return p == q })
		return err
	}
	s.tell(p)
	return nil
}

// tell shows how a point that was set stands.
func (s *session) tell(p *point) {
	if p.verified {
		fmt.Fprintf(s.out, "Breakpoint %s set at %s\n", p.label(), s.where(p))
		return
	}
	fmt.Fprintf(s.out, "Breakpoint %s at %s is not set yet: %s\n", p.label(), s.where(p), p.message)
}

// cutCondition parts "main.go:3 if x > 1".
func cutCondition(args string) (where, condition string, ok bool) {
	if rest, only := strings.CutPrefix(args, "if "); only {
		return "", strings.TrimSpace(rest), true
	}
	where, condition, ok = strings.Cut(args, " if ")
	return strings.TrimSpace(where), strings.TrimSpace(condition), ok
}

// locate finds what a locspec means.
func (s *session) locate(spec string) (file string, line int, function string, err error) {
	sign := strings.HasPrefix(spec, "+") || strings.HasPrefix(spec, "-")
	n, notNumber := strconv.Atoi(spec)
	switch {
	case spec == "" || sign && notNumber == nil:
		f, err := s.currentFrame()
		if err != nil {
			return "", 0, "", err
		}
		return f.Source.Path, f.Line + n, "", nil
	case notNumber == nil:
		f, err := s.currentFrame()
		if err != nil {
			return "", 0, "", err
		}
		return f.Source.Path, n, "", nil
	}
	if name, number, ok := cutLast(spec, ":"); ok {
		if line, err = strconv.Atoi(number); err == nil && line > 0 {
			file, err = s.findFile(name)
			return file, line, "", err
		}
		return "", 0, "", fmt.Errorf("%q is no place: the line is to be a number", spec)
	}
	if strings.ContainsAny(spec, "/ \t") && !strings.HasPrefix(spec, "(") || strings.HasPrefix(spec, "*") {
		return "", 0, "", fmt.Errorf("%q is no place: give <file>:<line>, a line or a function", spec)
	}
	return "", 0, spec, nil
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// findFile finds the file that a name means: a path, or the end of the path of
// just one source of the program.
func (s *session) findFile(name string) (string, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, path)
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	body, err := s.evaluate("dlv sources (^|/)"+regexp.QuoteMeta(filepath.ToSlash(name))+"$", "repl")
	if err != nil {
		return "", fmt.Errorf("there is no file %s, and the program's sources can't be looked up: %w", path, err)
	}
	switch found := strings.Fields(body.Result); len(found) {
	case 0:
		return "", fmt.Errorf("no source of the program is called %s", name)
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("%s is ambiguous: %s", name, strings.Join(found, ", "))
	}
}

// at returns the point that there is at the place of p, nil if there is none.
func (s *session) at(p *point) *point {
	for _, q := range s.points {
		if q.function == p.function && (p.function != "" || q.file == p.file && q.line == p.line) {
			return q
		}
	}
	return nil
}

// find returns the point with a name or number, nil if there is none.
func (s *session) find(label string) *point {
	for _, p := range s.points {
		if p.name == label && label != "" || strconv.Itoa(p.id) == label {
			return p
		}
	}
	return nil
}

// named is find with an error for a person.
func (s *session) named(label string) (*point, error) {
	if p := s.find(label); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no breakpoint with name or id %q", label)
}

// send tells the front all points of p's file, or all of functions, and takes
// over how they stand.
func (s *session) send(p *point) error {
	var group []*point
	for _, q := range s.points {
		if p.function == "" && q.function == "" && q.file == p.file || p.function != "" && q.function != "" {
			group = append(group, q)
		}
	}
	request := "setBreakpoints"
	args := map[string]any{}
	if p.function != "" {
		request = "setFunctionBreakpoints"
		list := make([]dap.FunctionBreakpoint, len(group))
		for i, q := range group {
			list[i] = dap.FunctionBreakpoint{Name: q.function, Condition: q.condition, HitCondition: q.hits}
		}
		args["breakpoints"] = list
	} else {
		list := make([]dap.SourceBreakpoint, len(group))
		for i, q := range group {
			list[i] = dap.SourceBreakpoint{Line: q.line, Condition: q.condition, HitCondition: q.hits}
		}
		args["source"], args["breakpoints"] = dap.Source{Path: p.file}, list
	}
	var body dap.SetBreakpointsResponseBody
	if err := s.request(request, args, &body); err != nil {
		return err
	}
	for i, b := range body.Breakpoints[:min(len(group), len(body.Breakpoints))] {
		group[i].id = b.Id
		group[i].take(b)
	}
	return nil
}

// take takes over what the front says of a point.
func (p *point) take(b dap.Breakpoint) {
	p.verified, p.message = b.Verified, b.Message
	if b.Source != nil && b.Line > 0 {
		p.file, p.line = b.Source.Path, b.Line
	}
}

// pointChanged takes in an event of the front's, and shows what is news.
func (s *session) pointChanged(b dap.Breakpoint) {
	for _, p := range s.points {
		if p.id != b.Id {
			continue
		}
		was := *p
		p.take(b)
		if p.verified != was.verified || p.message != was.message {
			s.tell(p)
		}
	}
}

func (s *session) condition(args string) error {
	flag, rest := "", args
	if strings.HasPrefix(args, "-") {
		flag, rest, _ = strings.Cut(args, " ")
	}
	label, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
	value = strings.TrimSpace(value)
	p, err := s.named(label)
	if err != nil {
		return err
	}
	was := *p
	switch {
	case flag == "-clear" && value == "":
		p.condition, p.hits = "", ""
	case flag == "-hitcount" && value != "":
		p.hits = value
	case flag == "" && value != "":
		p.condition = value
	default:
		return errors.New("condition <breakpoint> <expression>, -hitcount <breakpoint> <operator> <count>, or -clear <breakpoint>")
	}
	if err := s.send(p); err != nil {
		p.condition, p.hits = was.condition, was.hits
		return err
	}
	if !p.verified {
		s.tell(p)
	}
	return nil
}

func (s *session) on(args string) error {
	label, line, _ := strings.Cut(args, " ")
	p, err := s.named(label)
	if err != nil {
		return err
	}
	if line == "-clear" {
		p.on = nil
		return nil
	}
	name, _, _ := strings.Cut(line, " ")
	if _, ok := lookUp(name); !ok {
		return fmt.Errorf("command not available: %q", name)
	}
	p.on = append(p.on, line)
	return nil
}

func (s *session) listBreaks(string) error {
	for _, p := range s.points {
		state := "enabled"
		if !p.verified {
			state = "not set"
		}
		fmt.Fprintf(s.out, "Breakpoint %s (%s) at %s\n", p.label(), state, s.where(p))
		if p.message != "" {
			fmt.Fprintf(s.out, "\t%s\n", p.message)
		}
		if p.condition != "" {
			fmt.Fprintf(s.out, "\tcond %s\n", p.condition)
		}
		if p.hits != "" {
			fmt.Fprintf(s.out, "\tcond -hitcount %s\n", p.hits)
		}
		for _, line := range p.on {
			fmt.Fprintf(s.out, "\t%s\n", line)
		}
	}
	return nil
}

func (s *session) clear(label string) error {
	p, err := s.named(label)
	if err != nil {
		return err
	}
	return s.remove(p)
}

func (s *session) clearAll(spec string) error {
	match := func(*point) bool { return true }
	if spec != "" {
		file, line, function, err := s.locate(spec)
		if err != nil {
			return err
		}
		match = func(p *point) bool {
			return function != "" && p.function == function || function == "" && p.file == file && p.line == line
		}
	}
	for _, p := range slices.Clone(s.points) {
		if !match(p) {
			continue
		}
		if err := s.remove(p); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes a point.
func (s *session) remove(p *point) error {
	s.points = slices.DeleteFunc(s.points, func(q *point) bool { return p == q })
	if err := s.send(p); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Breakpoint %s cleared at %s\n", p.label(), s.where(p))
	return nil
}
